"""Compared with the package itself, on trunks with random weights, which need no download."""

from types import SimpleNamespace
from typing import Any, Literal
from urllib.error import URLError

import pytest
import torch
import torchvision.models
from torch import nn

from editgan.core.errors import UnavailableError
from editgan.perception.judge import Judge, perceptual_distance
from editgan.perception.lpips import LpipsJudge


def random_trunk(convolutions: list[nn.Module]) -> Any:
    return lambda pretrained: SimpleNamespace(features=nn.Sequential(*convolutions))


def alexnet() -> list[nn.Module]:
    conv = nn.Conv2d
    return [
        *(conv(3, 64, 11, stride=4, padding=2), nn.ReLU(), nn.MaxPool2d(3, 2)),
        *(conv(64, 192, 5, padding=2), nn.ReLU(), nn.MaxPool2d(3, 2)),
        *(conv(192, 384, 3, padding=1), nn.ReLU()),
        *(conv(384, 256, 3, padding=1), nn.ReLU()),
        *(conv(256, 256, 3, padding=1), nn.ReLU(), nn.MaxPool2d(3, 2)),
    ]


def vgg16() -> list[nn.Module]:
    layers: list[nn.Module] = []
    before = 3
    for width, depth in ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3)):
        for _ in range(depth):
            layers += [nn.Conv2d(before, width, 3, padding=1), nn.ReLU()]
            before = width
        layers.append(nn.MaxPool2d(2))
    return layers


@pytest.fixture(params=["alex", "vgg"])
def judge(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> LpipsJudge:
    net: Literal["alex", "vgg"] = request.param
    monkeypatch.setattr(torchvision.models, "alexnet", random_trunk(alexnet()))
    monkeypatch.setattr(torchvision.models, "vgg16", random_trunk(vgg16()))
    return LpipsJudge(net)


def test_our_distance_is_the_packages_own_number(judge: LpipsJudge) -> None:
    a, b = (torch.rand(2, 3, 64, 64) * 2 - 1 for _ in range(2))
    wanted = judge.network(a, b).flatten()
    found = perceptual_distance(judge.features(a), judge.features(b))
    assert wanted.min() > 0
    assert torch.allclose(found, wanted, rtol=1e-5, atol=1e-5)


def test_lpips_is_a_judge_of_small_pictures_too(judge: LpipsJudge) -> None:
    assert isinstance(judge, Judge) and judge.name.startswith("LPIPS-")
    image = (torch.rand(1, 3, 32, 32) * 2 - 1).requires_grad_()
    distance = perceptual_distance(judge.features(image), judge.features(torch.zeros(1, 3, 32, 32)))
    distance.sum().backward()
    assert image.grad is not None and image.grad.abs().sum() > 0
    assert not any(p.requires_grad for p in judge.network.parameters())


@pytest.mark.parametrize(("net", "file"), [("vgg", "vgg16-397923af"), ("alex", "alexnet-owt-7be5be79")])
def test_without_weights_the_error_names_the_way_out(
    net: Literal["vgg", "alex"], file: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def offline(pretrained: bool) -> None:
        raise URLError("no network")

    monkeypatch.setattr(torchvision.models, "vgg16", offline)
    monkeypatch.setattr(torchvision.models, "alexnet", offline)
    with pytest.raises(UnavailableError, match="own judge") as caught:
        LpipsJudge(net)
    assert file in str(caught.value) and torch.hub.get_dir() in str(caught.value)
