"""What faces left is never shown mirrored, whatever else is done to it."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from accelerate import Accelerator
from torch import Tensor

from editgan.bundle.bundle import BundleDraft, ModelBundle
from editgan.bundle.facts import GanFacts
from editgan.bundle.folder import load_draft, save_bundle
from editgan.core.images import resize, to_pixels
from editgan.core.labels import LabelSchema
from editgan.data.annotations import AnnotatedPhoto
from editgan.data.photos import PhotoSet
from editgan.jobs import labelled, trainings
from editgan.models.generator import GeneratorConfig
from editgan.perception.efficientnet import EfficientNetLite
from editgan.recipes import find_recipe
from editgan.training.encoder import EncoderWork
from editgan.training.gan.adversary import FeatureAdversary, PictureAdversary
from editgan.training.gan.train import GanWork

FACING_LEFT = [f"{what}_{side}" for what in ("cars", "birds") for side in (128, 64, 32)]
TINY = GeneratorConfig(resolution=32, z_dim=8, w_dim=8, mapping_layers=1, channel_base=128, channel_max=8)


def photos() -> PhotoSet:
    """Redder to the right, greener downwards."""
    across = torch.linspace(-0.8, 0.8, 32).expand(8, 1, 32, 32)
    return PhotoSet(to_pixels(torch.cat([across, across.mT, 0 * across], 1)), [str(i) for i in range(8)], [])


def is_mirrored(images: Tensor) -> Tensor:
    """[n]: what turns, scales, shifts or recolours keeps the sense from red to green; a mirror does not."""
    middle = images[:, :2, 14:18, 14:18]
    across, down = (middle.diff(dim=axis).mean((2, 3)) for axis in (3, 2))  # [n, 2]
    return across[:, 0] * down[:, 1] < across[:, 1] * down[:, 0]


def watch_maps(teacher: EfficientNetLite, seen: list[Tensor], monkeypatch: pytest.MonkeyPatch) -> None:
    maps = teacher.maps

    def watched(image: Tensor) -> list[Tensor]:
        seen.append(image)
        return maps(image)

    monkeypatch.setattr(teacher, "maps", watched)


def shown_to_the_gan(name: str, monkeypatch: pytest.MonkeyPatch) -> Tensor:
    config = replace(find_recipe(name).gan, generator=TINY, batch_size=8, compile=False)
    work = GanWork(config, photos(), Accelerator(cpu=True))
    seen: list[Tensor] = []
    for adversary in work.adversaries.values():
        if isinstance(adversary, PictureAdversary):
            adversary.strength.p = 0.85  # as strong as it gets
        else:
            assert isinstance(adversary, FeatureAdversary)
            watch_maps(adversary.teacher, seen, monkeypatch)
    for images in range(0, 64, 8):
        for adversary in work.adversaries.values():
            looked = adversary.looked(work._next_photos(images))
            seen += looked if isinstance(adversary, PictureAdversary) else []
    return torch.cat([resize(image, 32) for image in seen])


def shown_to_the_encoder(name: str, bundle: ModelBundle) -> Tensor:
    config = replace(find_recipe(name).encoder, batch_size=16, channel_base=256, warm_up_kimg=0.0)
    own = BundleDraft("own", "car", bundle.generator, bundle.discriminator, perceptual_scale=1.0)
    work = EncoderWork(config, own, photos(), Accelerator(cpu=True))
    seen: list[Tensor] = []
    work.encoder.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0].detach()))
    for images in range(0, 64, 16):
        work.step(images)
    return torch.cat(seen[1::2])  # after the samples of each step


@pytest.mark.parametrize("name", FACING_LEFT)
def test_the_gan_sees_none_mirrored_at_any_augmentation(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert find_recipe(name).gan.augment_target == 0.6
    assert not is_mirrored(shown_to_the_gan(name, monkeypatch)).any()


@pytest.mark.parametrize("name", FACING_LEFT)
def test_the_encoder_sees_none_mirrored(name: str, bundle: ModelBundle) -> None:
    assert not is_mirrored(shown_to_the_encoder(name, bundle)).any()


def test_faces_are_shown_both_ways(bundle: ModelBundle, monkeypatch: pytest.MonkeyPatch) -> None:
    for shown in (shown_to_the_gan("faces_128", monkeypatch), shown_to_the_encoder("faces_64", bundle)):
        assert 0.2 < is_mirrored(shown).float().mean() < 0.8


@pytest.mark.parametrize(
    "name, learnt_mirrored, factor",
    [("cars_32", False, 1), ("birds_64", True, 1), ("faces_64", True, 2), ("faces_64", False, 1)],
)
def test_the_branch_sees_labelled_photos_mirrored_only_if_the_gan_did(
    name: str,
    learnt_mirrored: bool,
    factor: int,
    own_bundle: Path,
    tmp_path: Path,
    schema: LabelSchema,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class SeenEnoughError(Exception):
        pass

    seen: list[Tensor] = []

    def embed_all(bundle: ModelBundle, images: Tensor, *_: object, **__: object) -> Tensor:
        seen.append(images)
        raise SeenEnoughError

    labels = torch.zeros(1, 32, 32, dtype=torch.int64)
    annotated = [AnnotatedPhoto("a.png", photos().pixels[:1], labels)]
    monkeypatch.setattr(trainings, "load_annotations", lambda *_: annotated)
    monkeypatch.setattr(labelled, "embed_all", embed_all)
    schema.save(tmp_path / "classes.json")
    bundle = load_draft(own_bundle)
    facts = replace(bundle.facts, gan=GanFacts(mirror=learnt_mirrored))
    save_bundle(bundle.having(facts=facts), own_bundle)
    with pytest.raises(SeenEnoughError):
        list(trainings.train_branch(find_recipe(name), own_bundle, tmp_path, device=torch.device("cpu")))
    assert len(seen[0]) == factor and int(is_mirrored(seen[0]).sum()) == factor - 1
