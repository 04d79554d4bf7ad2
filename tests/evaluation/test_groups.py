"""Rows by group: whom edits fail."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image as PilImage
from skimage.color import rgb2lab
from torch import Tensor

from editgan.core.errors import InputError, PhotoError
from editgan.core.images import from_pixels, to_lab
from editgan.core.types import Photo
from editgan.data.frame import Framing
from editgan.evaluation.asked import Seen
from editgan.evaluation.grading import GRADED
from editgan.evaluation.groups import as_groups_table, glasses_by_labels, read_attributes, skin_tones
from editgan.evaluation.skin_tone import tone_of, typology_angle

SKIN = GRADED.ids("skin")[0]


def plain(*rgb: int) -> Tensor:
    return from_pixels(torch.tensor(rgb, dtype=torch.uint8).expand(1, 20, 20, 3))


def test_colours_are_those_of_cielab() -> None:
    pixels = torch.randint(0, 256, (1, 8, 8, 3), generator=torch.Generator().manual_seed(0)).to(torch.uint8)
    found = to_lab(from_pixels(pixels))[0].permute(1, 2, 0).numpy()
    assert np.abs(found - rgb2lab(pixels[0].numpy())).max() < 0.1


@pytest.mark.parametrize(
    "rgb, angle, tone",
    [
        ((245, 220, 205), 74, "light"),
        ((198, 145, 110), 27, "intermediate or tan"),
        ((90, 56, 37), -48, "brown"),
    ],
)
def test_skin_is_light_or_dark_by_its_typology_angle(
    rgb: tuple[int, int, int], angle: float, tone: str
) -> None:
    everywhere = torch.ones(1, 20, 20, dtype=torch.bool)
    found = typology_angle(plain(*rgb), everywhere)
    lightness, _, yellow = rgb2lab(np.array(rgb, dtype=np.uint8)[None, None])[0, 0]
    expected = np.degrees(np.arctan((lightness - 50) / yellow))
    assert found == pytest.approx(expected, abs=0.5) and found == pytest.approx(angle, abs=5)
    assert tone_of(found).startswith(tone)
    assert typology_angle(plain(*rgb), torch.zeros(1, 20, 20, dtype=torch.bool)) is None


def test_only_skin_counts() -> None:
    image, skin = plain(245, 220, 205), torch.ones(1, 20, 20, dtype=torch.bool)
    image[..., :8], skin[..., :8] = -1.0, False
    assert typology_angle(image, skin) == pytest.approx(typology_angle(plain(245, 220, 205), skin))


def seen(photo: Photo) -> Seen:
    """Everything is skin; black photos show nobody."""
    if not photo.any():
        raise PhotoError("nobody")
    framing = Framing(centre_x=10, centre_y=10, side=20)
    return Seen(photo, framing, from_pixels(photo), torch.full((1, 20, 20), SKIN))


def test_photos_are_grouped_by_the_skin_that_is_seen() -> None:
    light, dark = (
        torch.tensor(c, dtype=torch.uint8).expand(1, 20, 20, 3) for c in ((245, 220, 205), (90, 56, 37))
    )
    photos = [("light.png", light), ("nobody.png", light * 0), ("dark.png", dark)]
    found = skin_tones(seen, photos)
    assert {name: tone.partition(" (")[0] for name, tone in found.items()} == {
        "light.png": "light",
        "dark.png": "brown or dark",
    }


def test_glasses_are_those_that_people_labelled(tmp_path: Path) -> None:
    for folder in ("photos", "labels"):
        (tmp_path / folder).mkdir()
    for name, worn in (("a", 12), ("b", 1), ("c", 0)):
        PilImage.new("RGB", (100, 100), "pink").save(tmp_path / "photos" / f"{name}.jpg")
        label_map = np.ones((100, 100), dtype=np.uint8)
        label_map.flat[:worn] = 3  # CelebAMask-HQ's eyeglasses; one pixel is a slip of the brush
        PilImage.fromarray(label_map).save(tmp_path / "labels" / f"{name}.png")
    found = glasses_by_labels(tmp_path, ["photos/a.jpg", "photos/b.jpg"])
    assert found == {"photos/a.jpg": "glasses", "photos/b.jpg": "no glasses"}


def test_attributes_are_found_by_a_files_name(tmp_path: Path) -> None:
    path, photos = tmp_path / "attributes.csv", ["photos/a.jpg", "photos/b.jpg"]
    path.write_text("file,identity,Young,Hat\na.webp,7,1,0\nc.webp,8,-1,1\nb.webp,9,-1,\n")
    assert read_attributes(path, [], photos) == {
        "Young": {"photos/a.jpg": "yes", "photos/b.jpg": "no"},
        "Hat": {"photos/a.jpg": "no"},
    }
    assert list(read_attributes(path, ["Hat"], photos)) == ["Hat"]
    with pytest.raises(InputError, match="has no column 'Male'; there are Young, Hat"):
        read_attributes(path, ["Male"], photos)
    with pytest.raises(InputError, match="names none of them"):
        read_attributes(path, [], ["z.jpg"])
    with pytest.raises(InputError, match="reading it failed"):
        read_attributes(tmp_path / "none.csv", [], photos)


def test_the_table_has_each_groups_own_means_and_refusals() -> None:
    def row(photo: str, **figures: Any) -> Mapping[str, Any]:
        return {"method": "motion", "task": "smile", "photo": photo, **figures}

    good = {"iou_before": 0.4, "iou_after": 0.8, "points_before": 5.0, "points_after": 2.0, "identity": 0.9}
    bad = good | {"iou_after": 0.5, "identity": 0.7}
    rows = [row("a", **good), row("b", **bad), row("b", refused="no brow"), row("c", seconds=1.0)]
    table = as_groups_table(rows, {"glasses": {"a": "no", "b": "yes"}})
    assert "| motion | glasses: no | 1 | 1 | 0 | 0.400 to 0.800 | 5.0 to 2.0 | 0.900 |" in table
    assert "| motion | glasses: yes | 1 | 1 | 1 | 0.400 to 0.500 | 5.0 to 2.0 | 0.700 |" in table
    assert table.rstrip().endswith("| motion | glasses: not known | 1 | 1 | 0 | – | – | – |")
