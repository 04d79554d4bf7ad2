"""`editgan export`: a bundle's networks in the formats others read."""

from pathlib import Path
from typing import Annotated

import typer
from typer import Option

from editgan.bundle.folder import load_draft
from editgan.bundle.onnx_export import FILES, export_onnx
from editgan.checkpoints.nvidia_export import write_nvidia
from editgan.checkpoints.rosinality import write_rosinality
from editgan.cli.options import DEFAULT_BUNDLE, BundleOption
from editgan.cli.placing import OverwriteOption, Results
from editgan.cli.saying import say, waiting
from editgan.models.generator import as_stylegan2

app = typer.Typer(
    help="Write a bundle's networks in other people's formats. What was imported comes out as it went in.",
    no_args_is_help=True,
)


@app.command()
def nvidia(
    out: Annotated[Path, Option("--out", "-o", help="The .pkl to write.")],
    bundle: BundleOption = DEFAULT_BUNDLE,
    overwrite: OverwriteOption = False,
) -> None:
    """A pickle for NVIDIA's stylegan2-ada-pytorch and stylegan3: `legacy.load_network_pkl` reads it."""
    with Results(out=out, overwrite=overwrite).file(out):
        loaded = load_draft(bundle)
        write_nvidia(as_stylegan2(loaded.generator, "an export"), loaded.discriminator, out)
    say(f"generator{' and discriminator' if loaded.discriminator else ''} in {out}")
    if loaded.discriminator is None:
        say("there is no discriminator in it; NVIDIA's own loader insists on one")


@app.command()
def rosinality(
    out: Annotated[Path, Option("--out", "-o", help="The .pt to write.")],
    bundle: BundleOption = DEFAULT_BUNDLE,
    overwrite: OverwriteOption = False,
) -> None:
    """A .pt for rosinality's stylegan2-pytorch, and what was built on it: pSp, e4e, EditGAN's release, ..."""
    with Results(out=out, overwrite=overwrite).file(out):
        loaded = load_draft(bundle)
        notes = write_rosinality(as_stylegan2(loaded.generator, "an export"), loaded.discriminator, out)
    say(f"generator{' and discriminator' if loaded.discriminator else ''} in {out}")
    for note in notes:
        say(note)


@app.command()
def onnx(
    out: Annotated[Path, Option("--out", "-o", help="The folder to write.")],
    bundle: BundleOption = DEFAULT_BUNDLE,
    overwrite: OverwriteOption = False,
) -> None:
    """mapping.onnx, synthesis.onnx (image and label map) and the vectors, for programs without PyTorch.

    The graphs are run with onnxruntime and compared with PyTorch first. Needs
    `pip install 'editgan\\[onnx]'`.
    """
    with Results(out=out, overwrite=overwrite).folder(out, FILES):
        loaded = load_draft(bundle)
        with waiting("tracing, writing and checking the graphs"):
            checked = export_onnx(loaded, out)
    labels = "" if checked.labels is None else f", {checked.labels:.2%} of the labels equal"
    say(f"graphs in {out}: images within {checked.image:.1g} of PyTorch's{labels}")
