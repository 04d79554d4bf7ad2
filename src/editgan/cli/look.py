"""`editgan bundles` and `editgan sample`."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import torch
from rich.table import Table
from typer import Argument, Option

from editgan.bundle.bundle import BundleDraft
from editgan.bundle.card import model_card
from editgan.bundle.find import built_in_bundles
from editgan.bundle.folder import load_draft
from editgan.cli.groups import grouped
from editgan.cli.options import Networks
from editgan.cli.placing import Results
from editgan.cli.saying import bar, say, show_markdown, show_table
from editgan.core.devices import pick_device
from editgan.core.images import grid, save_picture
from editgan.data.align import between_bars
from editgan.models.generator import as_stylegan2
from editgan.models.latent_generator import samples


def bundles(
    where: Annotated[str | None, Argument(help="Verify this one and show its model card.")] = None,
) -> None:
    """List the built-in bundles, or verify one: a name, a folder, or owner/name on the Hub."""

    if where is not None:
        show_markdown(model_card(load_draft(where)))
        say(f"{where}: version, hashes, keys and shapes are right")
        return
    table = Table("name", "draws", "pixels", "parameters", "parts")
    for name in built_in_bundles():
        bundle = load_draft(name)
        parameters = sum(bundle.own_parameters.values())
        parts = ", ".join(bundle.schema.names) if bundle.schema is not None else "none yet"
        maps = "" if bundle.label_side == bundle.resolution else f" (label maps {bundle.label_side})"
        pixels = f"{bundle.resolution}{maps}"
        table.add_row(name, f"one {bundle.subject}", pixels, f"{parameters:,}", parts)
    show_table(table)


@grouped
def sample(
    *,
    networks: Networks,
    results: Results,
    count: Annotated[int, Option(min=1, max=10_000, help="How many pictures.")] = 64,
    seed: Annotated[int, Option(help="Of the first picture; the next ones count up.")] = 0,
    truncation_psi: Annotated[
        float, Option(min=0, max=2, help="Below 1: more typical pictures; 0: the average one.")
    ] = 0.7,
    class_id: Annotated[
        int | None, Option("--class", min=0, help="Of an imported generator of several.")
    ] = None,
    each: Annotated[
        bool, Option("--each", help="One JPEG a sample, its latent beside it: pictures to label.")
    ] = False,
) -> None:
    """Invent pictures: a grid of generator samples, the same seed always giving the same picture.

    The black bars of letter-boxed classes, like cars, are left out. With --each, OUT is a folder of single
    pictures; with label maps beside them it is what `editgan train branch --annotations` takes.
    """
    from editgan.jobs.labelled import sample_files

    seeds, write = range(seed, seed + count), _write_each if each else _write_grid
    with results.folder("samples", sample_files(seeds)) if each else results.picture("samples.png") as out:
        bundle = load_draft(networks.bundle, pick_device(networks.device))
        if class_id is not None:
            as_stylegan2(bundle.generator, "choosing a class").mapping.class_id = class_id
        with torch.no_grad(), bar() as progress:
            task = progress.add_task("drawing", total=count)
            for new in write(bundle, seeds, truncation_psi, out):
                progress.advance(task, new)
    say(f"{count} samples of {bundle.name} in {out}")


def _write_each(bundle: BundleDraft, seeds: range, truncation_psi: float, out: Path) -> Iterator[int]:
    """One file a sample; gives how many more are drawn."""
    from editgan.jobs.labelled import write_samples

    for _ in write_samples(bundle, seeds, truncation_psi, out):
        yield 1


def _write_grid(bundle: BundleDraft, seeds: range, truncation_psi: float, out: Path) -> Iterator[int]:
    """All samples in one picture; gives how many more are drawn."""
    images = []
    for drawn in samples(bundle.generator, len(seeds), first=seeds.start, truncation_psi=truncation_psi):
        images.append(between_bars(drawn.cpu(), bundle.letter_box))
        yield len(drawn)
    save_picture(grid(torch.cat(images), columns=max(1, round(len(seeds) ** 0.5))), out)
