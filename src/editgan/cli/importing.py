"""`editgan import stylegan2 | annotations | branch | vector`."""

import typer

from editgan.cli import import_annotations, import_editgan, import_stylegan2

app = typer.Typer(
    help="Bring in what others made: StyleGAN2 checkpoints, annotations, EditGAN's released files. Nothing "
    "in any of them is executed.",
    no_args_is_help=True,
)
app.command()(import_stylegan2.stylegan2)
app.command()(import_annotations.annotations)
app.command()(import_editgan.branch)
app.command()(import_editgan.vector)
