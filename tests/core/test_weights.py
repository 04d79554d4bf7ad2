import pytest
import torch
from torch import nn

from editgan.core.errors import InputError
from editgan.core.weights import check_weights


def test_weights_that_fit_pass() -> None:
    check_weights(lambda: nn.Linear(3, 2), nn.Linear(3, 2).state_dict())


@pytest.mark.parametrize("outputs", [10**9, 10**15, 10**18, -5])
def test_a_shape_beyond_all_memory_is_refused_without_taking_any(outputs: int) -> None:
    with pytest.raises(InputError, match=r"but the file has|no network"):
        check_weights(lambda: nn.Linear(3, outputs), nn.Linear(3, 2).state_dict())


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"weight": torch.zeros(2, 4)}, r"weight should be \[2, 3\], but the file has \[2, 4\]"),
        ({"more": torch.zeros(1)}, "more should be None"),
        ({"bias": torch.tensor([1.0, torch.nan])}, "bias has values that are not finite"),
    ],
)
def test_what_does_not_fit_is_named(change: dict[str, torch.Tensor], reason: str) -> None:
    with pytest.raises(InputError, match=reason):
        check_weights(lambda: nn.Linear(3, 2), nn.Linear(3, 2).state_dict() | change)
