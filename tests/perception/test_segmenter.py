import json
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file

from editgan.core.errors import InputError
from editgan.core.labels import LabelSchema
from editgan.perception.segmenter import Segmenter, SegmenterConfig, load_segmenter, save_segmenter

SMALL = SegmenterConfig(network="lite0", side=64, width=16, fine_width=16, finest_width=16)


@pytest.fixture(scope="module")
def segmenter(schema: LabelSchema) -> Segmenter:
    torch.manual_seed(0)
    return Segmenter(SMALL, schema, facts={"kimg": 1}).eval()


def test_a_picture_of_any_side_gets_logits_and_parts_at_its_own_side(segmenter: Segmenter) -> None:
    for side in (48, 64, 100):
        image = torch.rand(2, 3, side, side) * 2 - 1
        assert segmenter(image).shape == (2, 5, 64, 64)
        assert segmenter.read(image).shape == (2, 64, 64)
        torch.testing.assert_close(segmenter(image)[:1], segmenter(image[:1]), rtol=1e-4, atol=1e-4)


def test_only_the_decoder_learns_and_it_is_light(schema: LabelSchema) -> None:
    segmenter = Segmenter(SegmenterConfig(network="lite1"), schema)
    learnt = [p for p in segmenter.parameters() if p.requires_grad]
    assert 300_000 < sum(p.numel() for p in learnt) < 1_000_000
    assert {id(p) for p in learnt} == {id(p) for p in segmenter.decoder.parameters()}


def test_gradients_reach_the_picture(segmenter: Segmenter) -> None:
    image = torch.rand(1, 3, 64, 64, requires_grad=True)
    segmenter(image).square().mean().backward()
    assert image.grad is not None and image.grad.abs().sum() > 0


def test_a_file_brings_it_back_and_holds_the_decoder_alone(segmenter: Segmenter, tmp_path: Path) -> None:
    path = tmp_path / "segmenter.safetensors"
    save_segmenter(segmenter, path)
    again = load_segmenter(path)
    assert (again.config, again.schema, again.facts) == (SMALL, segmenter.schema, {"kimg": 1})
    image = torch.rand(1, 3, 64, 64)
    torch.testing.assert_close(again(image), segmenter(image), rtol=0.02, atol=0.02)
    assert not any(p.requires_grad for p in again.parameters())
    save_segmenter(again, tmp_path / "again.safetensors")
    assert (tmp_path / "again.safetensors").read_bytes() == path.read_bytes()
    assert path.stat().st_size < 2.2 * sum(p.numel() for p in segmenter.decoder.parameters()) + 8_000


def test_another_file_is_refused_in_a_sentence(segmenter: Segmenter, tmp_path: Path) -> None:
    path = tmp_path / "segmenter.safetensors"
    path.write_bytes(b"nonsense")
    with pytest.raises(InputError, match="should be a segmenter"):
        load_segmenter(path)
    save_segmenter(segmenter, path)
    with safe_open(path, framework="pt") as file:
        state = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        notes = json.loads(file.metadata()["segmenter"])

    def changed(weights: dict[str, torch.Tensor], **other: object) -> Path:
        save_file(weights, path, metadata={"segmenter": json.dumps(notes | other)})
        return path

    with pytest.raises(InputError, match="other features"):
        load_segmenter(changed(state, weights_of_network="0"))
    with pytest.raises(InputError, match="newer editgan"):
        load_segmenter(changed(state, format=2))
    with pytest.raises(InputError, match="not finite"):
        load_segmenter(changed({name: t * float("nan") for name, t in state.items()}))
    name, *_ = state
    with pytest.raises(InputError, match="should hold the decoder"):
        load_segmenter(changed({key: t for key, t in state.items() if key != name}))


def test_a_shape_that_cannot_be_is_refused() -> None:
    for wrong in ({"side": 100}, {"width": 20}, {"network": "lite9"}):
        with pytest.raises((InputError, TypeError)):
            SegmenterConfig(**{"network": "lite0", **wrong})  # type: ignore[arg-type]
