"""Pictures that do not look like a class's photos are told."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image as PilImage
from skimage.data import astronaut
from torch import Tensor

from editgan.bundle.bundle import ModelBundle
from editgan.bundle.facts import FamiliarFacts
from editgan.bundle.folder import load_bundle, save_bundle
from editgan.core.errors import InputError
from editgan.core.images import from_pil, from_pixels, to_pil, to_pixels
from editgan.data.align import crop
from editgan.data.frame import Framing
from editgan.editor import Editor
from editgan.inversion.embed import Embedding
from editgan.jobs.familiar import learn_familiar
from editgan.perception.familiar import Familiar, FamiliarConfig

pytestmark = pytest.mark.slow

PHOTO = torch.from_numpy(astronaut())[None]
SMALL = FamiliarConfig(num_axes=8)


def faces(count: int, seed: int) -> Tensor:
    """The astronaut's face in frames a few pixels off, lighter and darker: as a class would be."""
    rng = np.random.default_rng(seed)
    views = []
    for _ in range(count):
        x, y, size, turn = rng.normal(0, 1, 4)
        frame = Framing(centre_x=224 + 4 * x, centre_y=120 + 4 * y, side=150 + 6 * size, angle=0.05 * turn)
        views.append((crop(PHOTO, frame, 64) * (1 + 0.1 * rng.normal())).clamp(-1, 1))
    return torch.cat(views)


@pytest.fixture(scope="module")
def familiar() -> Familiar:
    return Familiar(SMALL).fit(faces(48, 1).split(16), faces(32, 2).split(16))


def test_a_class_is_known_and_what_is_no_such_photo_is_told(familiar: Familiar) -> None:
    assert (familiar(faces(24, 3)) <= 1.2).float().mean() > 0.85
    elsewhere = crop(PHOTO, Framing(centre_x=300, centre_y=400, side=150), 64)
    upside_down = faces(1, 4).flip(2)
    noise = torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(0)) * 2 - 1
    assert familiar(torch.cat([elsewhere, upside_down, noise])).min() > 1.5


def test_how_large_or_sharp_a_picture_is_hardly_counts(familiar: Familiar) -> None:
    large = crop(PHOTO, Framing(centre_x=224, centre_y=120, side=150), 256)
    assert familiar(large).item() == pytest.approx(familiar(faces(1, 5)).item(), abs=0.6)


def test_a_shape_that_cannot_be_is_refused() -> None:
    for odd in ({"num_axes": -1}, {"num_axes": 10**9}):
        with pytest.raises(InputError, match="along 1 to 1728 axes"):
            FamiliarConfig(**odd)


def test_too_few_photos_are_refused() -> None:
    with pytest.raises(InputError, match="takes 16 photos or more, got 4"):
        Familiar(SMALL).fit([faces(4, 1)], [faces(4, 2)])


def test_a_bundle_carries_it_and_opening_warns_by_it(
    bundle: ModelBundle, familiar: Familiar, tmp_path: Path
) -> None:
    knowing = bundle.having(familiar=familiar)
    assert isinstance(knowing, ModelBundle)
    save_bundle(knowing, tmp_path / "knowing")
    loaded = load_bundle(tmp_path / "knowing")
    assert loaded.familiar is not None
    assert torch.allclose(loaded.familiar(faces(4, 6)), familiar(faces(4, 6)), rtol=0.05)
    assert loaded.fingerprint == bundle.fingerprint
    editor, portrait = Editor(loaded), PilImage.fromarray(astronaut())
    right = editor.open(portrait, box=(149, 45, 150, 150), embedding=Embedding(steps=0))
    wrong = editor.open(portrait, box=(225, 325, 150, 150), embedding=Embedding(steps=0))
    assert right.report.unfamiliar is not None and right.report.unfamiliar < 1 and right.warning is None
    assert wrong.warning is not None and "a wrong frame, or no such photo" in wrong.warning
    assert Editor(replace(bundle)).open(portrait, box=(149, 45, 150, 150)).report.unfamiliar is None


def test_it_is_learnt_from_a_folder_of_photos(own_bundle: Path, tmp_path: Path) -> None:
    folder = tmp_path / "photos"
    folder.mkdir()
    for i, face in enumerate(faces(300, 7).split(1)):
        to_pil(to_pixels(face)).save(folder / f"{i:03}.png")
    learn_familiar(own_bundle, folder, held_out=10, device=torch.device("cpu"))
    learnt = load_bundle(own_bundle)
    assert learnt.facts.familiar == FamiliarFacts(photos=232, usual_by=58)
    assert learnt.familiar is not None
    assert learnt.familiar(from_pixels(from_pil(PilImage.new("RGB", (64, 64), "green")))).item() > 1.5
