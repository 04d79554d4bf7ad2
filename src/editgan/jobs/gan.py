"""A GAN's training as people start it: from photos to a bundle with a generator."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from editgan.bundle.bundle import BundleDraft
from editgan.bundle.facts import Facts, GanFacts
from editgan.bundle.folder import load_draft
from editgan.bundle.snapshot import load_snapshot
from editgan.core.config import from_json
from editgan.core.files import read_json
from editgan.core.images import from_pixels
from editgan.data.setting_aside import load_learnable
from editgan.jobs.facts import as_sources, data_digest, data_facts, device_name, today
from editgan.models.generator import GeneratorConfig, as_stylegan2
from editgan.perception.features import calibrate
from editgan.recipes.recipe import TrainingRecipe
from editgan.training.gan.adversary import heads_shape, picture_shape
from editgan.training.gan.config import GanTraining
from editgan.training.gan.grow import grow_discriminator, grow_generator
from editgan.training.gan.train import GanStart, GanWork
from editgan.training.loop import Status
from editgan.training.runner import Training, is_resumed, leave_bundle, run


def train_gan(
    recipe: TrainingRecipe,
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
        resume_from: a bundle, or a generator's snapshot (.safetensors), to begin with; not looked at once
            OUT has a checkpoint.
    """
    config, start = _resumed(recipe, resume_from, out) if is_resumed(out) else _start(recipe, resume_from)
    sources = as_sources(data)
    learnt, unseen = load_learnable(sources, config.generator.resolution, config.held_out)

    def leave(work: GanWork, kimg: float) -> None:
        scale = 1.0
        if work.discriminator is not None:
            scale = calibrate(work.discriminator, from_pixels(unseen.pixels[:64]).to(work.device))
        before = work.images_before / 1000 if work.kimg_before is None else work.kimg_before
        bundle = BundleDraft(
            name=recipe.bundle,
            subject=recipe.subject,
            generator=work.ema,
            discriminator=work.discriminator,
            heads=work.heads,
            perceptual_scale=scale,
            facts=Facts(
                likeness="lite1",  # as docs/training.md found best; the encoder and all after it follow
                data=data_facts(sources, learnt, unseen, config.held_out, recipe.terms),
                gan=GanFacts(
                    kimg_in_this_run=kimg,
                    kimg_in_all=before + kimg,
                    resumed_from=work.start_name,
                    mirror=config.mirror,
                    device=device_name(work.device),
                    date=today(),
                ),
            ),
        )
        leave_bundle(bundle, out / "bundle", samples=work.preview())

    training = Training(
        config=config,
        begin=lambda accelerator: GanWork(config, learnt, accelerator, start),
        leave=leave,
        photos=data_digest(learnt),
    )
    yield from run(training, out, minutes=minutes, cpu=cpu)


def _start(recipe: TrainingRecipe, resume_from: str | None) -> tuple[GanTraining, GanStart]:
    """The networks a run starts from, grown to the shape it has."""
    if resume_from is None:
        return recipe.gan, GanStart()
    old = _loaded(resume_from, recipe.subject)
    drawn_by = as_stylegan2(old.generator, "a GAN's training")
    config = _in_shape(recipe, drawn_by.config)
    kimg = old.facts.gan.kimg_in_all or 0.0
    generator = grow_generator(drawn_by, config.generator)
    discriminator, heads = old.discriminator, old.heads
    if discriminator is not None:
        discriminator = grow_discriminator(discriminator, picture_shape(config))
    return config, GanStart(
        generator=generator,
        discriminator=discriminator,
        # Heads for other maps are learnt anew: that takes a thousand images or two
        heads=heads if heads is not None and heads.config == heads_shape(config) else None,
        # An average that remembers so many images would draw the other class for as many more
        images=round(1000 * kimg) if old.subject == recipe.subject else 0,
        kimg=kimg,
        name=resume_from,
    )


def _loaded(resume_from: str, subject: str) -> BundleDraft:
    if not resume_from.endswith(".safetensors"):
        return load_draft(resume_from)
    snapshot = load_snapshot(Path(resume_from))
    return BundleDraft(
        name=resume_from,
        subject=snapshot.facts.subject or subject,
        generator=snapshot.generator,
        facts=Facts(gan=GanFacts(kimg_in_all=(snapshot.facts.images or 0) / 1000)),
    )


def _resumed(recipe: TrainingRecipe, resume_from: str | None, out: Path) -> tuple[GanTraining, GanStart]:
    """What the checkpoint does not say: the networks' shape, and in older ones what they started from."""
    config = recipe.gan
    if recipe.keeps_shape:
        shape = read_json(out / "config.json").get(GanTraining.__name__, {}).get("generator")
        config = config if shape is None else _in_shape(recipe, from_json(GeneratorConfig, shape))
    notes = out / "bundle" / "bundle.json"
    before = Facts.from_json(read_json(notes)["facts"]).gan if notes.exists() else GanFacts()
    kimg = None
    if before.kimg_in_all is not None and before.kimg_in_this_run is not None:
        kimg = round(before.kimg_in_all - before.kimg_in_this_run, 6)
    return config, GanStart(kimg=kimg, name=resume_from or before.resumed_from or "nothing")


def _in_shape(recipe: TrainingRecipe, trained: GeneratorConfig) -> GanTraining:
    return replace(recipe.gan, generator=trained) if recipe.keeps_shape else recipe.gan
