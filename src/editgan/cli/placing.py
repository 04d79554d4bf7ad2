"""Where a verb's results go. What is there already stays, unless a person says otherwise."""

import os
from collections.abc import Iterable, Iterator, Sequence, Set
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Annotated, Any

from typer import Option

from editgan.batch.naming import same_name
from editgan.cli.options import ReportOption
from editgan.core.errors import InputError
from editgan.core.files import making, write_json
from editgan.core.images import check_picture_name

OverwriteOption = Annotated[
    bool,
    Option("--overwrite", help="Replace results that are in --out already; never a photo or another input."),
]


@dataclass(frozen=True, kw_only=True)
class Results:
    """Where results go; a group of options."""

    out: Annotated[
        Path | None,
        Option(
            "--out",
            "-o",
            help="Where the results go; by default a new place called after them and counted up: edited, "
            "edited-2, ...",
            show_default=False,
        ),
    ] = None
    overwrite: OverwriteOption = False

    @contextmanager
    def folder(
        self, default: str | Path, names: Sequence[str], inputs: Iterable[Path | None] = ()
    ) -> Iterator[Path]:
        """A folder where all `names` are free. If the block fails, it leaves no new empty one.

        Raises:
            InputError: before any work, if one of `names` is there already, or is one of the `inputs`.
        """
        _check_distinct(names)
        if self.out is None:
            with _made_new(Path(default)) as folder:
                yield folder
            return
        given = _files(inputs)
        for name in names:
            self.check(self.out / name, given)
        with making(self.out):
            yield self.out

    @contextmanager
    def file(self, default: str | Path, inputs: Iterable[Path | None] = ()) -> Iterator[Path]:
        """A file that is free. Raises as `folder`."""
        if self.out is None:
            path, is_new = _claimed(Path(default)), True
        else:
            path, is_new = self.out, not self.out.exists()
            self.check(path, _files(inputs))
        with making(path.parent):
            path.open("ab").close()  # what cannot be written is said at once, and nobody else takes it
            try:
                yield path
            finally:
                if is_new and path.exists() and not path.stat().st_size:
                    path.unlink()

    @contextmanager
    def picture(self, default: str, inputs: Iterable[Path | None] = ()) -> Iterator[Path]:
        """A file whose name ends like a picture's. Raises as `folder`."""
        check_picture_name(self.out or Path(default))
        with self.file(default, inputs) as path:
            yield path

    def check(self, path: Path, given: Set[tuple[int, int]] = frozenset()) -> None:
        """Raises InputError if a result there would replace something, or even one of the `_files` given."""
        if not os.path.lexists(path):
            return
        if path.is_dir():
            raise InputError(f"{path} is a folder, where a result should go; choose another --out")
        if _files([path]) & given:
            raise InputError(
                f"{path} is one of the files given, and no result replaces those; choose another --out"
            )
        if not self.overwrite:
            raise InputError(f"{path} is there already; choose another --out, or replace it with --overwrite")


@dataclass(frozen=True, kw_only=True)
class Figures:
    """A benchmark's figures as a file, too; a group of options. One that is there is refused at once."""

    out: ReportOption = None
    overwrite: OverwriteOption = False

    def __post_init__(self) -> None:
        self.check(self.out)

    def check(self, path: Path | None) -> None:
        """The same for something else that is written."""
        if path is not None:
            Results(out=path, overwrite=self.overwrite).check(path)

    def write(self, figures: Any) -> None:
        """If a file was asked for."""
        if self.out is not None:
            write_json(self.out, figures)


def _check_distinct(names: Iterable[str]) -> None:
    seen = set[str]()
    for name in names:
        if same_name(name) in seen:
            raise InputError(f"two results would be called {name}; choose another name")
        seen.add(same_name(name))


def _files(paths: Iterable[Path | None]) -> set[tuple[int, int]]:
    """Device and number of those that are there: what a file is under all its names."""
    found = set[tuple[int, int]]()
    for path in filter(None, paths):
        with suppress(OSError):
            status = path.stat()
            found.add((status.st_dev, status.st_ino))
    return found


@contextmanager
def _made_new(default: Path) -> Iterator[Path]:
    for folder in _numbered(default):
        with suppress(FileExistsError):
            folder.mkdir()
            break
    try:
        yield folder
    except BaseException:
        with suppress(OSError):  # something is in it
            folder.rmdir()
        raise


def _claimed(default: Path) -> Path:
    for path in _numbered(default):
        with suppress(FileExistsError):
            path.open("xb").close()
            break
    return path


def _numbered(path: Path) -> Iterator[Path]:
    """edited.png, edited-2.png, ..."""
    yield path
    for number in count(2):
        yield path.with_name(f"{path.stem}-{number}{path.suffix}")
