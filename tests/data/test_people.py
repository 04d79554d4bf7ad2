"""Who is in which photo: a table as any spreadsheet writes it."""

from pathlib import Path

import pytest
from PIL import Image as PilImage

from editgan.core.errors import InputError
from editgan.data.people import load_people

ROWS = (("file", "identity"), ("a.png", "anna"), ("b\u00fc.png", '"bert"'))


def folder(tmp_path: Path, table: bytes, name: str = "people.csv") -> Path:
    for name_ in ("a.png", "bu\u0308.png"):  # the second as macOS names files
        PilImage.new("RGB", (40, 40)).save(tmp_path / name_)
    (tmp_path / name).write_bytes(table)
    return tmp_path


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("between", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_tables_of_all_spreadsheets_are_read(end: str, between: str, encoding: str, tmp_path: Path) -> None:
    table = end.join(between.join(row) for row in ROWS).encode(encoding)
    assert load_people(folder(tmp_path, table, "People.CSV"), 32).names == ("anna", "bert")


def test_a_table_that_is_none_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"people\.csv .*should be a table"):
        load_people(folder(tmp_path, b"file,identity\n" + b"x" * 200_000), 32)
