"""Errors, in the words of whoever says them."""

import re
from pathlib import Path

import pytest

import editgan
from editgan.cli.words import REMEDIES, SENTENCES, in_words
from editgan.core.errors import InputError, LabelError, NoSubjectError

SOURCES = Path(editgan.__file__).parent
FLAG = re.compile(r"--[a-z]{2,}")
FRONTS = (
    "cli",
    "studio/branch_training.py",
    "perception/pretrained.py",
    "benchmark/",
)  # start commands, or name pip's


def test_a_remedy_is_said_with_the_options_of_the_command_line() -> None:
    error = NoSubjectError("no car is known", "give a box", code="no-detector", width=64, height=48)
    assert str(error) == "no car is known; give a box"
    assert in_words(error).startswith(
        "no car is known; say where it is with --box x,y,w,h, or with --box 0,0,64,48"
    )


def test_an_operation_is_an_option() -> None:
    error = LabelError("grow takes N, got 'x'", code="operation", kind="grow", wanted="N", text="x")
    assert in_words(error) == "--grow takes N, got 'x'"


def test_what_the_command_line_has_no_words_for_is_said_as_it_is() -> None:
    assert in_words(InputError("too many, got 3")) == "too many, got 3"


def test_the_library_names_no_command_lines_options() -> None:
    """They would reach people through HTTP and Python."""
    found = []
    for path in SOURCES.rglob("*.py"):
        name = path.relative_to(SOURCES).as_posix()
        if not name.startswith(FRONTS):
            code = re.sub(r'"""[\s\S]*?"""|#.*', "", path.read_text())
            found += [f"{name}: {flag}" for flag in FLAG.findall(code)]
    assert found == [], found


@pytest.mark.parametrize("code", [*REMEDIES, *SENTENCES])
def test_every_code_with_words_is_raised_somewhere(code: str) -> None:
    sources = "".join(path.read_text() for path in SOURCES.rglob("*.py") if "cli" not in path.parts)
    assert f'code="{code}"' in sources or f'code = "{code}"' in sources
