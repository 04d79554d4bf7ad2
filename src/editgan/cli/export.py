"""`editgan export`: a bundle's networks in the formats others read."""

from pathlib import Path
from typing import Annotated

import typer
from typer import Option

from editgan.bundle.folder import load_draft
from editgan.bundle.onnx_export import export_onnx
from editgan.checkpoints.nvidia_export import write_nvidia
from editgan.checkpoints.rosinality import write_rosinality
from editgan.cli.options import DEFAULT_BUNDLE, BundleOption
from editgan.cli.progress import console
from editgan.models.generator import as_stylegan2

app = typer.Typer(
    help="Write a bundle's networks in other people's formats. What was imported comes out as it went in.",
    no_args_is_help=True,
)


@app.command()
def nvidia(
    out: Annotated[Path, Option("--out", "-o", help="The .pkl to write.")],
    bundle: BundleOption = DEFAULT_BUNDLE,
) -> None:
    """A pickle for NVIDIA's stylegan2-ada-pytorch and stylegan3: `legacy.load_network_pkl` reads it."""
    loaded = load_draft(bundle)
    write_nvidia(as_stylegan2(loaded.generator, "an export"), loaded.discriminator, out)
    console.print(f"generator{' and discriminator' if loaded.discriminator else ''} in {out}")
    if loaded.discriminator is None:
        console.print("there is no discriminator in it; NVIDIA's own loader insists on one")


@app.command()
def rosinality(
    out: Annotated[Path, Option("--out", "-o", help="The .pt to write.")],
    bundle: BundleOption = DEFAULT_BUNDLE,
) -> None:
    """A .pt for rosinality's stylegan2-pytorch, and what was built on it: pSp, e4e, EditGAN's release, ..."""
    loaded = load_draft(bundle)
    notes = write_rosinality(as_stylegan2(loaded.generator, "an export"), loaded.discriminator, out)
    console.print(f"generator{' and discriminator' if loaded.discriminator else ''} in {out}")
    for note in notes:
        console.print(note, highlight=False)


@app.command()
def onnx(
    out: Annotated[Path, Option("--out", "-o", help="The folder to write.")],
    bundle: BundleOption = DEFAULT_BUNDLE,
) -> None:
    """mapping.onnx, synthesis.onnx (image and label map) and the vectors, for programs without PyTorch.

    The graphs are run with onnxruntime and compared with PyTorch first. Needs `pip install 'editgan[onnx]'`.
    """
    loaded = load_draft(bundle)
    with console.status("tracing, writing and checking the graphs"):
        checked = export_onnx(loaded, out)
    labels = "" if checked.labels is None else f", {checked.labels:.2%} of the labels equal"
    console.print(f"graphs in {out}: images within {checked.image:.1g} of PyTorch's{labels}", highlight=False)
