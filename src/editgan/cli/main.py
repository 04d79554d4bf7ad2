"""editgan VERB: the verbs, and how errors reach a person."""

import sys

import typer

from editgan.cli.saying import complain
from editgan.cli.words import in_words
from editgan.core.allocator import keep_freed_memory
from editgan.core.errors import EditGANError, UnavailableError

app = typer.Typer(
    name="editgan",
    help="Semantic image editing by painting: repaint a part of a photo, and the photo follows.\n\n"
    "Start with `editgan demo`. Then: `editgan embed me.jpg` shows the parts of your photo, and "
    "`editgan edit me.jpg --grow iris:1` changes one.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

EXTRA_WITH = {  # packages that only one part of the program needs
    **dict.fromkeys(("accelerate", "tensorboard"), "train"),
    **dict.fromkeys(("fastapi", "uvicorn"), "studio"),
}


def _register() -> None:
    from editgan.cli import apply, bench, demo, edit, export, importing, look, show, studio, train, vectors

    app.command()(demo.demo)
    app.command()(look.bundles)
    app.command()(look.sample)
    app.command()(edit.embed)
    app.command()(edit.edit)
    app.command()(apply.apply)
    app.command()(apply.refine)
    app.command()(show.show)
    app.command()(studio.studio)
    app.add_typer(vectors.app, name="vectors")
    app.add_typer(importing.app, name="import")
    app.add_typer(export.app, name="export")
    app.add_typer(train.app, name="train")
    app.add_typer(bench.app, name="bench")


_register()


def main() -> None:
    """Console entry point: an error a person can mend is one sentence and exit code 2."""
    keep_freed_memory()
    try:
        _run()
    except (EditGANError, OSError) as error:
        if isinstance(error, OSError) and error.filename is None:
            raise  # not about a file somebody named
        complain(in_words(error))
        sys.exit(2)
    except MemoryError:
        complain("there is too little memory for this; give smaller pictures, or close other programs")
        sys.exit(2)


def _run() -> None:
    try:
        app()
    except ModuleNotFoundError as error:
        if error.name not in EXTRA_WITH:
            raise
        raise UnavailableError(
            f"this needs {error.name}, which is not installed; "
            f"run: pip install 'editgan[{EXTRA_WITH[error.name]}]'"
        ) from None


if __name__ == "__main__":  # `accelerate launch -m editgan.cli.main train gan ...`
    main()
