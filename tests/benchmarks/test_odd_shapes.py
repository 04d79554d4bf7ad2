"""False alarms and misses of the warning of painted shapes."""

from dataclasses import replace

import pytest
import torch
from torch import Tensor

from benchmarks.odd_shapes import alarms, one_moved, pixel, specks
from editgan.bundle.bundle import ModelBundle
from editgan.models.part_shapes import PartShapes, ShapesConfig

BROW, IRIS, UPPER, INSIDE = 3, 4, 1, 2


def face(dx: int, dy: int, wide: int, raised: int) -> Tensor:
    """Of the tests' parts, in 32 px."""
    label_map = torch.zeros(1, 32, 32, dtype=torch.int64)
    for left in (8, 18):
        label_map[0, 8 + dy - raised : 10 + dy - raised, left + dx : left + 6 + dx] = BROW
        label_map[0, 12 + dy : 15 + dy, left + 1 + dx : left + 5 + dx] = IRIS
    label_map[0, 22 + dy : 24 + dy, 12 - wide + dx : 20 + wide + dx] = UPPER
    label_map[0, 24 + dy : 26 + dy, 12 - wide + dx : 20 + wide + dx] = INSIDE
    return label_map


def faces(count: int, seed: int, most: int = 2) -> list[Tensor]:
    """Off by at most so many pixels."""
    rng = torch.Generator().manual_seed(seed)
    return [face(*torch.randint(-most, most + 1, (4,), generator=rng).tolist()) for _ in range(count)]


@pytest.fixture(scope="module")
def knowing(bundle: ModelBundle) -> ModelBundle:
    return replace(bundle, shapes=PartShapes(ShapesConfig(classes=5)).fit(torch.cat(faces(200, 0))))


def test_tasks_are_hardly_warned_of_and_the_absurd_mostly(knowing: ModelBundle) -> None:
    rows = {
        name: (is_absurd, count, warned)
        for name, is_absurd, count, warned in alarms(knowing, faces(20, 1, most=1))
    }
    assert rows["brows-up"][:2] == (False, 20) and rows["brows-up"][2] <= 2
    assert rows["narrower-nose"] == (False, 0, 0)  # these faces have none
    absurd = {name: row for name, row in rows.items() if row[0] and row[1]}
    assert {"an eye on the cheek", "brows at the hair line", "brows of one pixel"} <= absurd.keys()
    caught = {name: warned for name, (_, _, warned) in absurd.items()}
    assert sum(caught.values()) > sum(count for _, count, _ in absurd.values()) / 2, caught


def test_what_is_repainted_is_what_its_name_says(bundle: ModelBundle) -> None:
    before = face(0, 0, 0, 0)
    one = one_moved("iris", 0, 0.25)(before, bundle.schema)
    assert torch.equal(one[..., 16:], before[..., 16:])  # the other eye stays
    assert (one[0, 20:23, 9:13] == IRIS).all() and not (one[0, 12:15, :16] == IRIS).any()
    assert (pixel("brow")(before, bundle.schema) == BROW).sum() == 1
    more = (specks("brow")(before, bundle.schema) == BROW).sum() - (before == BROW).sum()
    assert 5 <= more <= 10
