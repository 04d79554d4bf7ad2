"""What people are told: sentences and progress on standard error, results on standard output.

Names of photos, folders and vectors are people's own and are shown as they are: `out [draft]` and `[/bold]`
are no markup of rich's, and an escape sequence in a name does not reach the terminal.
"""

import sys
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import typer
from rich.console import Console, RenderableType
from rich.live import Live
from rich.markdown import Markdown
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, TextColumn
from rich.spinner import Spinner
from rich.text import Text

from editgan.core.files import json_text

NO_END = 100_000  # columns: wider than any table


class _Unheard(Console):
    """Where nobody listens any more, the work goes on."""

    def on_broken_pipe(self) -> None:
        self.quiet = True


console = _Unheard(stderr=True, markup=False, highlight=False, emoji=False)


def plain(text: str) -> Text:
    """The text without a meaning: control characters, which a file's name may have, are spelt out."""
    return Text("".join(repr(c)[1:-1] if unicodedata.category(c) == "Cc" else c for c in text))


def say(sentence: str) -> None:
    """On standard error, in one line however long, so that it can be copied and searched."""
    console.print(plain(sentence), soft_wrap=True)


def complain(sentence: str) -> None:
    """Why the command ends."""
    console.print(Text("editgan: ", "bold red") + plain(sentence), soft_wrap=True)


def show_table(table: RenderableType) -> None:
    """A table on standard output; into a pipe or a file as wide as its content."""
    width = None if sys.stdout.isatty() else NO_END
    Console(width=width, markup=False, highlight=False, emoji=False).print(table)


def show_markdown(text: str) -> None:
    """Set for a terminal; into a pipe or a file as it is."""
    if sys.stdout.isatty():
        Console().print(Markdown(text))
    else:
        typer.echo(text)


def show_figures(figures: Any) -> None:
    """JSON on standard output."""
    typer.echo(json_text(figures))


@contextmanager
def waiting(what: str) -> Iterator[Callable[[str], None]]:
    """A spinner; gives the function that changes what it says."""
    if not console.is_terminal:
        yield lambda text: None
        return
    spinner = Spinner("dots", plain(what), style="status.spinner")
    # Its default would take what is written to standard output to standard error
    with Live(spinner, console=console, transient=True, refresh_per_second=12.5, redirect_stdout=False):
        yield lambda text: spinner.update(text=plain(text))


def bar(*columns: ProgressColumn, transient: bool = True) -> Progress:
    """On a terminal, a bar with its title before it and these columns behind."""
    title = TextColumn("{task.description}", markup=False)
    return Progress(
        *(title, BarColumn(), MofNCompleteColumn(), *columns),
        console=console,
        transient=transient,
        disable=not console.is_terminal,
        redirect_stdout=False,
    )
