"""A GAN's training as people start it: from photos to a bundle with a generator."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from accelerate import Accelerator

from editgan.bundle.bundle import BundleDraft
from editgan.bundle.folder import load_draft, save_bundle
from editgan.bundle.snapshot import load_snapshot
from editgan.core.images import from_pixels, save_picture
from editgan.core.runs import RunFolder
from editgan.data.photos import PhotoSet
from editgan.data.setting_aside import load_learnable
from editgan.models.generator import GeneratorConfig
from editgan.perception.features import calibrate
from editgan.recipes.facts import as_sources, data_digest, data_facts, device_name, total_images
from editgan.recipes.recipe import Recipe
from editgan.training.gan.adversary import heads_shape, picture_shape
from editgan.training.gan.config import GanTraining
from editgan.training.gan.grow import grow_discriminator, grow_generator
from editgan.training.gan.train import GanStart, GanWork
from editgan.training.loop import Schedule, Status, train


@dataclass(frozen=True, slots=True)
class _Beginning:
    """The networks a run starts from, and what they saw."""

    start: GanStart
    config: GanTraining
    kimg: float  # shown to the networks before


def train_gan(
    recipe: Recipe,
    data: Path | Sequence[Path],
    out: Path,
    *,
    minutes: float | None = None,
    resume_from: str | None = None,
    cpu: bool = False,
) -> Iterator[Status]:
    """Generator and discriminators; leaves OUT/bundle. Continues OUT's checkpoint if there is one.

    Args:
        data: a folder or a zip of photos, or several.
        resume_from: a bundle, or a generator's snapshot (.safetensors), to begin with.
    """
    accelerator = Accelerator(cpu=cpu)
    begun = _beginning(recipe, resume_from)
    config = begun.config
    sources = as_sources(data)
    learnt, unseen = load_learnable(sources, config.generator.resolution, config.held_out)
    work = GanWork(config, learnt, accelerator, begun.start)
    run = RunFolder(out, config, photos=data_digest(learnt))
    images = total_images(config.total_kimg, config.batch_size)
    status: Status | None = None
    for status in train(work, run, Schedule(total_images=images, minutes=minutes)):
        yield status
    if not accelerator.is_main_process:
        return
    shown = (status.images if status is not None else images) / 1000
    facts = {
        "likeness": "lite1",  # as docs/training.md found best; the encoder and all after it are measured so
        "data": data_facts(sources, learnt, unseen, config.held_out) | {"terms": recipe.terms},
        "gan": {
            "kimg_in_this_run": shown,
            "kimg_in_all": begun.kimg + shown,
            "resumed_from": resume_from or "nothing",
            "mirror": config.mirror,
            "device": device_name(accelerator.device),
            "date": date.today().isoformat(),
        },
    }
    save_bundle(_bundle(recipe, work, unseen, facts), out / "bundle")
    save_picture(work.preview(), out / "bundle" / "samples.webp")


def _bundle(recipe: Recipe, work: GanWork, unseen: PhotoSet, facts: dict[str, Any]) -> BundleDraft:
    scale = 1.0
    if work.discriminator is not None:
        scale = calibrate(work.discriminator, from_pixels(unseen.pixels[:64]).to(work.device))
    return BundleDraft(
        name=recipe.bundle,
        subject=recipe.subject,
        generator=work.ema,
        discriminator=work.discriminator,
        heads=work.heads,
        perceptual_scale=scale,
        facts=facts,
    )


def _beginning(recipe: Recipe, resume_from: str | None) -> _Beginning:
    config = recipe.gan
    if resume_from is None:
        return _Beginning(GanStart(), config, 0.0)
    if resume_from.endswith(".safetensors"):
        snapshot = load_snapshot(Path(resume_from))
        config = _in_shape(recipe, snapshot.generator.config)
        kimg = snapshot.facts["images"] / 1000
        start = GanStart(
            generator=grow_generator(snapshot.generator, config.generator),
            images=_images_of_class(kimg, snapshot.facts.get("subject", recipe.subject), recipe),
        )
        return _Beginning(start, config, kimg)
    old = load_draft(resume_from)
    config = _in_shape(recipe, old.generator.config)
    discriminator, heads = old.discriminator, old.heads
    kimg = old.facts.get("gan", {}).get("kimg_in_all", 0.0)
    start = GanStart(
        generator=grow_generator(old.generator, config.generator),
        discriminator=None
        if discriminator is None
        else grow_discriminator(discriminator, picture_shape(config)),
        # Heads for other maps are learnt anew: that takes a thousand images or two
        heads=heads if heads is not None and heads.config == heads_shape(config) else None,
        images=_images_of_class(kimg, old.subject, recipe),
    )
    return _Beginning(start, config, kimg)


def _images_of_class(kimg: float, subject: str, recipe: Recipe) -> int:
    """An average that remembers so many images would draw the other class for as many more."""
    return round(1000 * kimg) if subject == recipe.subject else 0


def _in_shape(recipe: Recipe, trained: GeneratorConfig) -> GanTraining:
    return replace(recipe.gan, generator=trained) if recipe.keeps_shape else recipe.gan
