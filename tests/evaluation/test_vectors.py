import json
from dataclasses import replace

import pytest
import torch
from torch import Tensor

from editgan.bundle.bundle import ModelBundle
from editgan.core.errors import InputError, LabelError
from editgan.editing.vector import EditVector
from editgan.editor import Editor
from editgan.evaluation.vectors import VectorRow, as_report, measure_vectors


@pytest.fixture(scope="module")
def vector(bundle: ModelBundle) -> EditVector:
    editor = Editor(bundle)
    return editor.learn([editor.sample(seed) for seed in range(6)], [("grow", "eye:1")], name="larger")


@pytest.fixture(scope="module")
def w_plus(bundle: ModelBundle) -> Tensor:
    editor = Editor(bundle)
    return torch.cat([editor.sample(seed).w_plus for seed in range(30, 36)])


@pytest.fixture(scope="module")
def rows(bundle: ModelBundle, vector: EditVector, w_plus: Tensor) -> list[VectorRow]:
    return list(measure_vectors(bundle, w_plus, [vector], strengths=(0.0, 2.0), refine_steps=(0, 20)))


def test_without_strength_nothing_happens(rows: list[VectorRow]) -> None:
    nothing = rows[0]
    assert (nothing.strength, nothing.refine_steps, nothing.photos) == (0.0, 0, 6)
    assert nothing.label_change == nothing.works == nothing.outside_mse == 0
    assert nothing.outside_distance == pytest.approx(0, abs=1e-6)


def test_a_vector_does_what_was_asked_and_refining_takes_back_the_rest(rows: list[VectorRow]) -> None:
    alone, refined = rows[1], rows[3]
    assert (alone.strength, alone.refine_steps, refined.refine_steps) == (2.0, 0, 20)
    assert alone.label_change > 0.3 and alone.outside_mse > 0
    assert refined.outside_mse < alone.outside_mse * 2 / 3
    assert refined.label_change > alone.label_change - 0.1
    assert alone.outside_psnr_db == pytest.approx(-10 * torch.tensor(alone.outside_mse).log10().item())


def test_label_maps_may_be_smaller_than_the_pictures(coarse_bundle: ModelBundle, vector: EditVector) -> None:
    editor = Editor(coarse_bundle)
    w_plus = torch.cat([editor.sample(seed).w_plus for seed in range(4)])
    alone, refined = measure_vectors(coarse_bundle, w_plus, [vector], strengths=(2.0,), refine_steps=(0, 20))
    assert 0 < alone.region_share < 1 and refined.outside_mse < alone.outside_mse


def test_photos_without_the_part_are_not_counted(
    bundle: ModelBundle, vector: EditVector, w_plus: Tensor
) -> None:
    brow = replace(vector, learnt={"operations": [["move", "brow:0,-40"]]}, classes=("brow",))
    (row,) = measure_vectors(bundle, w_plus, [brow], strengths=(1.0,), refine_steps=(0,))
    assert row.photos <= len(w_plus)
    nowhere = replace(vector, learnt={"operations": [["grow", "eye:0"]]})
    with pytest.raises(LabelError, match="none of the photos"):
        list(measure_vectors(bundle, w_plus, [nowhere]))


def test_a_vector_that_nobody_knows_the_aim_of_is_refused(
    bundle: ModelBundle, vector: EditVector, w_plus: Tensor
) -> None:
    with pytest.raises(InputError, match="not learnt from part operations"):
        list(measure_vectors(bundle, w_plus, [replace(vector, learnt={})]))


def test_rows_become_a_report(bundle: ModelBundle, rows: list[VectorRow]) -> None:
    report = json.loads(json.dumps(as_report(bundle, 6, rows)))
    assert report["bundle"] == "tiny-32" and len(report["rows"]) == len(rows) == 4
