"""`editgan import stylegan2`: a checkpoint becomes a bundle."""

from pathlib import Path
from typing import Annotated

from typer import Argument, Option

from editgan.bundle.folder import save_bundle
from editgan.bundle.imported import Import, import_stylegan2, sample_sheet
from editgan.cli.options import check_name, parse_numbers
from editgan.cli.saying import say, waiting
from editgan.core.errors import InputError
from editgan.core.images import save_picture

SHOWN = 16  # samples in the sheet
SHOWN_LARGE = 4  # above 512 px, where each takes seconds


def stylegan2(
    file: Annotated[Path, Argument(help="NVIDIA's .pkl (PyTorch or TensorFlow), or rosinality's .pt.")],
    out: Annotated[Path, Option("--out", "-o", help="The bundle's folder; it must not exist yet.")],
    name: Annotated[str | None, Option(help="The bundle's name; the folder's by default.")] = None,
    subject: Annotated[
        str, Option(help="What its images show. face and cat are found in photos, others need --box.")
    ] = "picture",
    terms: Annotated[str, Option(help="Its source and licence, for the model card.")] = "not stated",
    class_id: Annotated[int, Option("--class", min=0, help="Which class a conditional generator draws.")] = 0,
    rows: Annotated[
        str | None,
        Option(
            help="FIRST,END of letter-boxed images: the rows between the black bars, 64,448 for LSUN cars."
        ),
    ] = None,
    discriminator: Annotated[
        bool, Option(help="Take the discriminator along: it is the perceptual judge. Else random features.")
    ] = True,
    half: Annotated[
        bool, Option("--float16", help="Half the size on disk; the images differ a little.")
    ] = False,
) -> None:
    """Turn anybody's StyleGAN2 into a bundle that draws the same images. Nothing in the file is executed.

    Then: look at OUT/samples.webp; label 16 of its pictures (`editgan sample --each`) or photos; and run
    `editgan train branch` and `editgan train encoder`. docs/import.md goes through it.
    """
    if out.exists():
        raise InputError(f"{out} exists; name a folder that does not, or remove it first")
    check_name(name or out.name)
    with waiting(f"reading {file.name}"):
        bundle = import_stylegan2(
            file,
            Import(
                name=name or out.name,
                subject=subject,
                terms=terms,
                class_id=class_id,
                rows=_rows(rows),
                with_discriminator=discriminator,
                full_precision=not half,
            ),
        )
    config = bundle.generator.config
    with waiting("drawing samples"):
        sheet = sample_sheet(bundle, SHOWN if config.resolution <= 512 else SHOWN_LARGE)
    save_bundle(bundle, out)
    save_picture(sheet, out / "samples.webp")
    judge = "with its discriminator" if bundle.discriminator is not None else "without a discriminator"
    what = bundle.facts.import_
    say(f"{what.kind}: {config.resolution} px, {judge}")
    if what.notes is not None:
        say(what.notes)
    say(f"bundle in {out}; look at {out / 'samples.webp'}")


def _rows(text: str | None) -> tuple[int, int] | None:
    if text is None:
        return None
    wanted = "--rows takes FIRST,END in whole pixels, like 64,448"
    numbers = parse_numbers(text, wanted)
    if len(numbers) != 2 or any(number != int(number) for number in numbers):
        raise InputError(f"{wanted}, got {text!r}")
    return int(numbers[0]), int(numbers[1])
