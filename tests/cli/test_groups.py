from dataclasses import dataclass
from typing import Annotated

import pytest
import typer
from typer.testing import CliRunner

from editgan.cli.groups import grouped


@dataclass(frozen=True, kw_only=True)
class Place:
    where: Annotated[str, typer.Option("--where", "-w", help="A town.")] = "here"
    device: Annotated[str | None, typer.Option(help="By train or on foot.")] = None


@dataclass(frozen=True, kw_only=True)
class FarPlace(Place):
    days: Annotated[int, typer.Option(min=1, help="How long.")]


def verb(seen: list[tuple[object, ...]]) -> typer.Typer:
    app = typer.Typer()

    @app.command()
    @grouped
    def travel(
        who: Annotated[str, typer.Argument(help="A person.")],
        *,
        place: FarPlace,
        slowly: Annotated[bool, typer.Option("--slowly", help="No hurry.")] = False,
    ) -> None:
        """Goes somewhere."""
        seen.append((who, place, slowly))

    return app


def test_a_verb_gets_its_groups_as_they_are_meant() -> None:
    seen: list[tuple[object, ...]] = []
    for arguments in (["me", "--days", "2"], ["me", "--days", "3", "-w", "there", "--slowly"]):
        assert CliRunner().invoke(verb(seen), arguments).exit_code == 0
    assert seen == [("me", FarPlace(days=2), False), ("me", FarPlace(where="there", days=3), True)]


@pytest.mark.parametrize("arguments", [["me"], ["me", "--days", "0"], ["--days", "1"]])
def test_what_the_fields_ask_for_is_checked(arguments: list[str]) -> None:
    seen: list[tuple[object, ...]] = []
    assert CliRunner().invoke(verb(seen), arguments).exit_code == 2
    assert not seen


def test_options_stand_where_their_group_does_and_the_last_ones_last() -> None:
    told = CliRunner().invoke(verb([]), ["--help"]).output
    places = [told.index(option) for option in ("--where", "--days", "--slowly", "--device")]
    assert places == sorted(places) and "Goes somewhere." in told
