from typing import Any

import pytest
import torch
from torch import Tensor

from editgan.bundle.bundle import ModelBundle
from editgan.core.errors import InputError
from editgan.core.labels import LabelSchema
from editgan.editing.composition import Composition, compose, warnings_about
from editgan.editing.vector import EditVector


def vector(seed: int, classes: tuple[str, ...] = ("iris",), **notes: Any) -> EditVector:
    delta = torch.randn(8, 16, generator=torch.Generator().manual_seed(seed))
    return EditVector(name=f"v{seed}", delta=delta, classes=classes, bundle="b", fingerprint="0", **notes)


def test_composing_adds_each_vector_at_its_strength() -> None:
    a, b, w_plus = vector(1), vector(2), torch.randn(2, 8, 16)
    assert torch.allclose(compose(w_plus, {a: 0.5, b: -2.0}), w_plus + 0.5 * a.delta - 2 * b.delta, atol=1e-6)
    assert torch.equal(compose(w_plus, {a: 0.0}), w_plus) and torch.equal(compose(w_plus, {}), w_plus)


def test_the_order_of_vectors_makes_no_difference_at_all() -> None:
    vectors, w_plus = [vector(seed) for seed in range(5)], torch.randn(1, 8, 16)
    forwards = compose(w_plus, {v: 0.3 * i - 0.7 for i, v in enumerate(vectors)})
    backwards = compose(w_plus, {v: 0.3 * i - 0.7 for i, v in reversed(list(enumerate(vectors)))})
    assert torch.equal(forwards, backwards)


@pytest.mark.parametrize("strength", [11.0, -1e9, float("nan"), float("inf")])
def test_an_absurd_strength_is_refused(strength: float) -> None:
    with pytest.raises(InputError, match="-10 to 10"):
        compose(torch.zeros(1, 8, 16), {vector(1): strength})


def test_a_vector_of_another_shape_is_refused() -> None:
    with pytest.raises(InputError, match=r"\(8, 16\).*\(10, 16\).*bundle b"):
        compose(torch.zeros(1, 10, 16), {vector(1): 1.0})


def test_a_strength_beyond_the_useful_range_is_warned_of(bundle: ModelBundle, schema: LabelSchema) -> None:
    label_map = torch.zeros(1, 32, 32, dtype=torch.int64)
    careful = vector(1, strengths=(-0.5, 1.25))
    assert warnings_about({careful: 1.25}, label_map, label_map, schema) == []
    (sentence,) = warnings_about({careful: -0.75}, label_map, label_map, schema)
    assert "-0.75 of v1" in sentence and "-0.5 to 1.25" in sentence


def test_vectors_that_edit_the_same_place_are_warned_of(schema: LabelSchema) -> None:
    before = torch.zeros(1, 32, 32, dtype=torch.int64)
    before[:, 4:8, 4:8], before[:, 20:24, 4:8] = 4, 3  # iris, brow
    iris, brow, also_iris = vector(1), vector(2, ("brow",)), vector(3, ("iris",))
    assert warnings_about({iris: 1.0, brow: 1.0}, before, before, schema) == []
    (sentence,) = warnings_about({iris: 1.0, also_iris: 1.0}, before, before, schema)
    assert "v1 and v3" in sentence and "100%" in sentence
    assert warnings_about({iris: 1.0, also_iris: 0.0}, before, before, schema) == []
    after = before.clone()
    after[:, 4:6, 4:8] = 3  # the brow has come down upon half of where the iris was
    (sentence,) = warnings_about({iris: 1.0, brow: 1.0}, before, after, schema)
    assert "50%" in sentence


@pytest.mark.parametrize(
    "keep", [torch.ones(1, 1, 8, 9, dtype=torch.bool), torch.ones(1, 1, 0, 0, dtype=torch.bool)]
)
def test_a_keep_of_another_shape_is_refused(keep: Tensor) -> None:
    with pytest.raises(InputError, match=r"bool mask of the frame, \[1, 1, k, k\]"):
        Composition({}, keep=keep)
