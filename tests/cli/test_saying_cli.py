"""What people are told: their names for things as they are, results apart from progress."""

import io
import os
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from rich.markup import render
from rich.table import Table

import editgan
from editgan.cli import saying
from editgan.cli.main import app
from editgan.cli.saying import bar, complain, plain, say, show_markdown, show_table, waiting

Run = Callable[..., tuple[int, str, str]]
NAMES = ("out [draft]", "a[/bold]", "[red]", "\\[x]", ":smile:", "[link=file:///etc]", "שלום", "x" * 300)
VERBS = (("bundles", "{bundle}"), ("vectors", "list", "-b", "{bundle}"))


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """Standard error is one, and everything is drawn."""
    screen = Terminal()
    monkeypatch.setattr(saying, "console", type(saying.console)(file=screen, force_terminal=True, width=500))
    return screen


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_shown_as_it_is(name: str, terminal: Terminal, capsys: pytest.CaptureFixture[str]) -> None:
    said = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")

    def shown() -> str:
        return said.sub("", terminal.getvalue())

    say(f"look into {name}")
    assert f"look into {name}" in shown()
    complain(f"{name} is wrong")
    assert f"editgan: {name} is wrong" in shown()
    with waiting(f"reading {name}") as tell:
        tell(f"still {name}")
    assert f"reading {name}" in shown() or f"still {name}" in shown()
    with bar() as progress:
        progress.add_task(plain(f"on {name}").plain, total=1)
    assert f"on {name}" in shown()
    table = Table(name, title=name)
    table.add_row(name)
    show_table(table)
    assert capsys.readouterr().out.count(name) == 3


def test_an_escape_sequence_in_a_name_does_not_reach_the_terminal() -> None:
    assert plain("a\x1b[2Jb\nc\x9bd\u200fe").plain == "a\\x1b[2Jb\\nc\\x9bd\u200fe"


def test_what_is_waited_for_does_not_take_results_to_standard_error(
    terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    with waiting("working"):
        typer.echo("a result")
    with bar() as progress:
        progress.add_task("working", total=1)
        typer.echo("another")
    assert capsys.readouterr().out == "a result\nanother\n" and "result" not in terminal.getvalue()


def test_a_table_in_a_pipe_is_as_wide_as_its_content(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    table = Table("name", "what")
    table.add_row("x" * 100, "y" * 100)
    show_table(table)
    out = capsys.readouterr().out
    assert "x" * 100 in out and "y" * 100 in out and max(map(len, out.splitlines())) < 220
    show_markdown("# A title of more than forty columns, which stays\n")
    assert capsys.readouterr().out == "# A title of more than forty columns, which stays\n\n"


@pytest.fixture
def deaf(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """Makes a stream a pipe at whose other end nobody is any more."""
    opened = []

    def make(name: str) -> None:
        reader, writer = os.pipe()
        os.close(reader)
        opened.append(os.fdopen(writer, "w"))
        monkeypatch.setattr(sys, name, opened[-1])

    yield make
    for file in opened:
        os.dup2(os.open(os.devnull, os.O_WRONLY), file.fileno())
        file.close()


@pytest.mark.parametrize("verb", VERBS)
def test_a_reader_that_has_seen_enough_ends_the_command_quietly(
    verb: tuple[str, ...], editgan: Run, deaf: Callable[[str], None], equipped: Path
) -> None:
    deaf("stdout")
    code, _, err = editgan(*(word.format(bundle=equipped) for word in verb))
    assert code == 1 and "Traceback" not in err and "Broken" not in err


def test_work_goes_on_when_nobody_listens(
    editgan: Run, deaf: Callable[[str], None], saved_bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(saying, "console", type(saying.console)(stderr=True))  # which is quiet afterwards
    deaf("stderr")
    assert editgan("sample", "-b", saved_bundle, "--count", 1)[0] == 0
    assert Path("samples.png").stat().st_size


def test_only_one_module_writes_to_the_terminal() -> None:
    """There markup is off, and names are spelt out; so nobody else has to think of it."""
    cli = Path(editgan.__file__).parent / "cli"
    direct = re.compile(r"\b(Console|Live|Progress)\(|console\.(print|status|log|rule)\(|(?<!\.)\bprint\(")
    found = {path.name for path in cli.glob("*.py") if direct.search(path.read_text())}
    assert found == {"saying.py"}


def commands(command: Any) -> Iterator[Any]:
    yield command
    for one in getattr(command, "commands", {}).values():
        yield from commands(one)


def test_no_words_of_the_help_are_taken_for_markup() -> None:
    for command in commands(typer.main.get_command(app)):
        texts = [command.help, *(getattr(option, "help", None) for option in command.params)]
        for text in filter(None, texts):
            assert render(text).plain == text.replace("\\[", "[")
