"""How the commands here are started: as `editgan` is, with its memory settings and one-sentence errors."""

import sys
from collections.abc import Callable

import typer

from editgan.cli.saying import console, plain
from editgan.core.allocator import keep_freed_memory
from editgan.core.errors import EditGANError


def as_app(command: Callable[..., None]) -> typer.Typer:
    """The command alone, with -h as well as --help."""
    app = typer.Typer(
        pretty_exceptions_enable=False,
        add_completion=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.command()(command)
    return app


def run(command: Callable[..., None]) -> None:
    """An error a person can mend is one sentence and exit code 2."""
    keep_freed_memory()
    try:
        as_app(command)()
    except EditGANError as error:
        console.print(plain(f"benchmarks: {error}"), style="bold red", soft_wrap=True)
        sys.exit(2)
