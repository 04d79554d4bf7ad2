"""What a training of a queue leaves every half hour: its averaged generator, 64 samples, scores."""

from pathlib import Path
from typing import Any

import torch

from editgan.bundle.folder import load_draft
from editgan.bundle.snapshot import Snapshot, SnapshotFacts, save_snapshot
from editgan.core.files import write_json
from editgan.core.images import grid, save_picture
from editgan.data.photos import joined, load_photos
from editgan.evaluation.samples import available_describers, describe_photos, score
from editgan.jobs.facts import today
from editgan.models.generator import as_stylegan2
from editgan.models.latent_generator import samples

PHOTOS = 5_000  # that scores compare with: every so-manyth, so that all of a set are stood for


def export(run: Path, photos: tuple[str, ...], count: int) -> dict[str, Any]:
    """RUN/export/NAME.safetensors, NAME.webp and NAME.json from RUN/bundle; returns the scores.

    Seeds 0 to 63 without truncation, none left out; scores of `count` samples
    against 5,000 photos at most.
    """
    bundle = load_draft(run / "bundle")
    side, path = bundle.resolution, snapshot_of(run)
    known = joined([load_photos(Path(source), side) for source in photos])
    step = max(1, -(-len(known) // PHOTOS))
    describers, _ = available_describers()
    described = [
        describe_photos(each, known.pixels[::step], side, cache=run / "described") for each in describers
    ]
    scores = score(bundle.generator, described, samples=count)
    facts = SnapshotFacts(
        name=run.name,
        subject=bundle.subject,
        images=round(1000 * (bundle.facts.gan.kimg_in_all or 0.0)),
        date=today(),
        gan=bundle.facts.gan,
        data=bundle.facts.data,
        scores=scores,
    )
    save_snapshot(Snapshot(as_stylegan2(bundle.generator, "a snapshot"), facts), path)
    with torch.no_grad():
        save_picture(
            grid(torch.cat(list(samples(bundle.generator, 64))), columns=8), path.with_suffix(".webp")
        )
    write_json(path.with_suffix(".json"), facts.to_json())
    return scores


def snapshot_of(run: Path) -> Path:
    """The run's averaged generator, as last exported."""
    return run / "export" / f"{run.name}.safetensors"
