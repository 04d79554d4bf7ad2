"""The trainings after the GAN's as people start them: from files to a bundle.

Each is an iterator of `Status`, so the caller shows progress; when it ends, the bundle on disk is better by
one network.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from pathlib import Path

import torch

from editgan.bundle.facts import (
    AlignerFacts,
    BranchFacts,
    EmbeddingFacts,
    EncoderFacts,
    IdentityFacts,
    Likeness,
    ReadingFacts,
)
from editgan.bundle.folder import load_draft
from editgan.core.errors import InputError
from editgan.core.images import from_pixels
from editgan.data.annotations import load_annotations, load_schema
from editgan.data.detect import SUBJECTS
from editgan.data.people import People, load_people, split_people
from editgan.data.photos import joined
from editgan.data.setting_aside import learnable, load_learnable
from editgan.evaluation.domain import measure_domain
from editgan.evaluation.embedding import embed_all, measure_embedding
from editgan.evaluation.segmentation import at_bundle_size, measure_segmentation, segmentation_sheet
from editgan.jobs.facts import as_sources, data_digest, device_name, today
from editgan.jobs.labelled import labelled_pictures
from editgan.recipes.recipe import TrainingRecipe
from editgan.training.aligner import AlignerWork
from editgan.training.branch import BranchFit
from editgan.training.encoder import EncoderWork
from editgan.training.identity import IdentityWork
from editgan.training.loop import Status
from editgan.training.runner import Training, is_resumed, leave_bundle, run


def train_encoder(
    recipe: TrainingRecipe,
    where: Path,
    data: Path | Sequence[Path],
    out: Path,
    *,
    minutes: float | None = None,
    resume_from: str | None = None,
    likeness: Likeness | None = None,
    measured_photos: int = 100,
    cpu: bool = False,
) -> Iterator[Status]:
    """The bundle's encoder, and how well held-out photos embed with it.

    Args:
        resume_from: a bundle with whose encoder it starts: another class's, or an earlier generator's.
        likeness: what says how near a rendering is to a photo, from now on also for whoever opens photos with
            the bundle; by default what the bundle has.
    """
    bundle = load_draft(where)
    config = replace(recipe.encoder, mirror=recipe.encoder.mirror and bundle.facts.draws_mirrored)
    if likeness is not None:
        bundle = bundle.having(facts=replace(bundle.facts, likeness=likeness))
    learnt, unseen = load_learnable(as_sources(data), bundle.resolution, config.held_out)
    start = None
    if resume_from is not None and not is_resumed(out):
        start = load_draft(resume_from).need("encoder").encoder

    def leave(work: EncoderWork, kimg: float) -> None:
        better = bundle.having(encoder=work.ema)
        photos = from_pixels(unseen.pixels[-measured_photos:]).to(bundle.device)
        found = embed_all(better, photos)
        facts = replace(
            bundle.facts,
            encoder=EncoderFacts(
                kimg=kimg,
                resumed_from=resume_from or "nothing",
                device=device_name(work.device),
                date=today(),
            ),
            embedding=EmbeddingFacts.from_json(measure_embedding(better, photos, found=found)),
            domain=measure_domain(better, photos, found=found),
        )
        leave_bundle(better.having(facts=facts), where, reconstructions=work.preview())

    training = Training(
        config=config,
        begin=lambda accelerator: EncoderWork(config, bundle, learnt, accelerator, start),
        leave=leave,
        photos=data_digest(learnt),
        made_for=lambda work: f"{bundle.fingerprint}, {work.judge.name}",
    )
    yield from run(training, out, minutes=minutes, cpu=cpu)


def train_aligner(
    recipe: TrainingRecipe,
    where: Path,
    data: Path | Sequence[Path],
    out: Path,
    *,
    minutes: float | None = None,
    cpu: bool = False,
) -> Iterator[Status]:
    """The bundle's aligner.

    Raises:
        InputError: nothing detects the bundle's subject, so there is nothing to correct.
    """
    config = recipe.aligner
    bundle = load_draft(where)
    if bundle.subject not in SUBJECTS:
        known = " and ".join(SUBJECTS)
        raise InputError(
            f"an aligner corrects what was detected, and only {known} are, not {bundle.subject!r}",
            "it needs none, for a box is taken as given",
            code="aligner-not-needed",
        )
    learnt, unseen = load_learnable(as_sources(data), 2 * config.aligner.resolution, config.held_out)
    # The work sets the last ones aside itself, to show them: of all those set aside it gets as many
    photos = joined([learnt, unseen.part(len(unseen) - config.held_out, None)])

    def leave(work: AlignerWork, kimg: float) -> None:
        facts = replace(bundle.facts, aligner=AlignerFacts(kimg=kimg, date=today()))
        leave_bundle(bundle.having(aligner=work.aligner, facts=facts), where)

    training = Training(
        config=config,
        begin=lambda accelerator: AlignerWork(config, photos, accelerator),
        leave=leave,
        photos=data_digest(learnt),
    )
    yield from run(training, out, minutes=minutes, cpu=cpu)


def train_identity(
    recipe: TrainingRecipe,
    where: Path,
    data: Sequence[Path],
    out: Path,
    *,
    minutes: float | None = None,
    cpu: bool = False,
) -> Iterator[Status]:
    """The bundle's identity network, verified on people it has not seen.

    Each of `data` is a folder or a zip of aligned photos with a CSV (file, identity). One identity is one
    person in all of them; the held-out people are the last ones of the first. Photos that are held out of
    all trainings are not learnt; their people are the first to be verified on.
    """
    config = recipe.identity
    bundle = load_draft(where)
    sets = [load_people(source, bundle.resolution) for source in data]
    learnt, unseen = split_people(sets, config.held_out_people)

    def leave(work: IdentityWork, kimg: float) -> None:
        made = IdentityFacts(
            data=", ".join(source.name for source in data),
            terms=recipe.terms,
            learnt=_counts(work.learnt) | {"kimg": kimg},
            verification_of_unseen_people=_counts(work.unseen) | asdict(work.verified()),
            device=device_name(work.device),
            date=today(),
        )
        facts = replace(bundle.facts, identity=made)
        leave_bundle(bundle.having(identity=work.finished(), facts=facts), where)

    training = Training(
        config=config,
        begin=lambda accelerator: IdentityWork(config, bundle.resolution, learnt, unseen, accelerator),
        leave=leave,
        made_for=lambda work: f"{bundle.resolution} px, {len(work.learnt.persons)} people",
    )
    yield from run(training, out, minutes=minutes, cpu=cpu)


def _counts(known: People) -> dict[str, float]:
    return {"people": len(known.persons), "photos": len(known.names)}


def train_branch(
    recipe: TrainingRecipe, where: Path, annotations: Path, test: Path | None = None, *, device: torch.device
) -> Iterator[Status]:
    """The bundle's segmentation branch, from annotated photos that are aligned like the bundle's.

    The network sees them at the bundle's resolution; their label maps are brought to `label_side`. Those
    with a latent beside them, like samples, are not embedded.

    With `test`, mIoU and a sheet of pictures go into the bundle, too. Minutes long: nothing to resume.
    """
    config = recipe.branch
    bundle = load_draft(where, device)
    schema = recipe.with_groups(load_schema(annotations))
    label_side = config.side_for(bundle.resolution)
    left_out = Counter[str]()
    annotated = learnable(annotations, load_annotations(annotations, schema, left_out))
    mirror = recipe.gan.mirror and bundle.facts.draws_mirrored
    learnt = labelled_pictures(bundle, annotated, len(schema), label_side, mirror=mirror)
    fit = BranchFit(bundle, schema, learnt.w_plus, learnt.label_maps, config)

    yield from fit.statuses()
    reading = bundle.reading(fit.branch(), schema)
    made = BranchFacts(
        annotated_photos=len(annotated),
        left_out=dict(left_out) or None,
        held_out_pixels_loss=fit.best[0],
        date=today(),
    )
    if test is not None:
        found, sheet = measure_segmentation(
            reading, *at_bundle_size(reading, load_annotations(test, schema), len(schema), label_side)
        )
        made = replace(made, test=ReadingFacts.from_json(found))
    else:
        sheet = segmentation_sheet(reading, learnt.photos[:8], learnt.w_plus[:8], learnt.label_maps[:8])
    leave_bundle(reading.having(facts=replace(reading.facts, branch=made)), where, parts=sheet)
