"""The network that finds a class's subjects: its files, and that it says where things are."""

import json
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file

from editgan.core.errors import InputError
from editgan.data.detect import SUBJECTS
from editgan.perception.blazeface import blazeface
from editgan.perception.finder import (
    UNITS_PX,
    Finder,
    FinderConfig,
    finder_file,
    finder_of,
    load_finder,
    new_finder,
    placed,
    save_finder,
)

SMALL = FinderConfig(blocks=1, coarse_width=96)


@pytest.fixture
def finder() -> Finder:
    return new_finder(SMALL, "cat").eval().requires_grad_(False)


def noise(rows: int = 64, columns: int = 96) -> torch.Tensor:
    return torch.rand(2, 3, rows, columns) * 2 - 1


def test_saving_and_loading_are_inverse(finder: Finder, tmp_path: Path) -> None:
    for head in finder.heads:
        torch.nn.init.normal_(head.weight, std=0.1)
    save_finder(finder.half().float(), tmp_path / "finder.safetensors", {"learnt": 3})
    loaded, image = load_finder(tmp_path / "finder.safetensors"), noise()
    assert loaded.subject == "cat" and loaded.config == SMALL
    for found, wanted in zip(loaded(image), finder(image), strict=True):
        assert torch.equal(found, wanted)
    with safe_open(tmp_path / "finder.safetensors", framework="pt") as file:
        assert json.loads(file.metadata()["finder"])["facts"] == {"learnt": 3}


def test_what_is_no_finder_is_refused_and_so_is_one_that_diverged(finder: Finder, tmp_path: Path) -> None:
    path = tmp_path / "finder.safetensors"
    save_finder(finder, path, {})
    with safe_open(path, framework="pt") as file:
        notes, state = file.metadata(), {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    for damaged, metadata in (
        (state | {"more": torch.zeros(1)}, notes),
        (state, None),
        (state, {"finder": notes["finder"].replace('"format": 1', '"format": 2')}),
        (state, {"finder": notes["finder"].replace('"blocks": 1', '"blocks": 2')}),
    ):
        save_file(damaged, path, metadata=metadata)
        with pytest.raises(InputError, match=r"finder"):
            load_finder(path)
    path.write_bytes(b"<html>")
    with pytest.raises(InputError, match="should be a finder"):
        load_finder(path)
    finder.heads[0].bias.data.fill_(torch.nan)
    with pytest.raises(InputError, match="diverged"):
        save_finder(finder, path, {})


def test_a_new_one_sees_nothing_and_has_the_faces_trunk(finder: Finder) -> None:
    assert all(len(found.scores) == 0 for found in finder.frames(noise(), 0.0))
    assert torch.equal(finder.blocks[5].pointwise.weight, blazeface().blocks[5].pointwise.weight)


def test_maps_speak_of_their_own_places_in_pixels(finder: Finder) -> None:
    """Of a picture that is wider than high: 16 px a step of the coarse map, 8 of the fine one."""
    raw = torch.zeros(1, 4, 4, 6)
    raw[0, 2, 1, 3] = 1.0  # pointing right, one unit long
    where = placed(raw, 1)[0, :, 1, 3]
    assert where.tolist() == [3.5 * 16, 1.5 * 16, UNITS_PX[1], 0.0]
    found = finder.frames(noise(), -9.0)[1]
    assert len(found.scores) == 8 * 12 + 4 * 6
    assert found.places[13, :2].tolist() == [1.5 * 8, 1.5 * 8]
    assert found.places[-1, :2].tolist() == [5.5 * 16, 3.5 * 16]


@pytest.mark.parametrize("subject", [one for one in SUBJECTS if one != "face"])
def test_every_subject_has_its_finder_and_a_small_one(subject: str) -> None:
    assert finder_of(subject).subject == subject
    assert finder_file(subject).stat().st_size < 1_000_000
