"""Writing files so that nobody ever sees half of one."""

import hashlib
import json
import math
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from editgan.core.errors import InputError

SCRATCH = ".editgan-"  # how scratch files begin: short, so that the longest names people have still fit
MAX_SUFFIX = 16  # of a scratch file's name; a longer one is no format's


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A scratch path beside `path` that takes its place only if the block succeeds."""
    with making(path.parent):
        suffix = path.suffix if len(path.suffix) <= MAX_SUFFIX else ""  # encoders choose the format by it
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=SCRATCH, suffix=suffix)
        os.close(handle)
        scratch = Path(name)
        try:
            yield scratch
            with scratch.open("rb") as file:
                os.fsync(file.fileno())
            scratch.chmod(0o644)  # mkstemp makes it private
            scratch.replace(path)
        finally:
            scratch.unlink(missing_ok=True)


@contextmanager
def replacing_folder(path: Path) -> Iterator[Path]:
    """Like `replacing`, for a whole folder. What was at `path` goes away only at the end."""
    with making(path.parent):
        scratch = Path(tempfile.mkdtemp(dir=path.parent, prefix=SCRATCH))
        try:
            yield scratch
            scratch.chmod(0o755)
            old = scratch.with_name(scratch.name + "-old")
            if path.exists():
                path.rename(old)
            scratch.rename(path)
            shutil.rmtree(old, ignore_errors=True)
        finally:
            shutil.rmtree(scratch, ignore_errors=True)


@contextmanager
def filling(folder: Path) -> Iterator[Path]:
    """A scratch folder whose files all go into `folder` if the block succeeds, and none of them otherwise.

    They replace those of the same names; whatever else is in `folder` stays.
    """
    with making(folder):
        scratch = Path(tempfile.mkdtemp(dir=folder, prefix=SCRATCH))
        try:
            new = scratch / "new"
            new.mkdir()
            yield new
            _move(new, folder, scratch / "old")
        finally:
            shutil.rmtree(scratch, ignore_errors=True)


def _move(new: Path, folder: Path, old: Path) -> None:
    """Every file of `new` into `folder`; if one cannot go there, all is as it was."""
    moved: list[Path] = []
    try:
        for file in sorted(path.relative_to(new) for path in new.rglob("*") if path.is_file()):
            for parent in (folder / file, old / file):
                parent.parent.mkdir(parents=True, exist_ok=True)
            moved.append(file)
            if (folder / file).is_file():
                (folder / file).rename(old / file)
            (new / file).rename(folder / file)
    except BaseException:
        for file in moved:
            if not (new / file).exists():
                (folder / file).unlink()
            if (old / file).exists():
                (old / file).rename(folder / file)
        raise


@contextmanager
def making(folder: Path) -> Iterator[None]:
    """`folder` is there inside the block. If that fails, what had to be made for it goes away again."""
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        yield
    except BaseException:
        for path in missing:
            with suppress(OSError):  # others have put something into it
                path.rmdir()
        raise


def write_json(path: Path, values: Any) -> None:
    """Indented JSON, written whole or not at all. Numbers that JSON lacks (infinity, NaN) become null."""
    with replacing(path) as scratch:
        scratch.write_text(json_text(values) + "\n")


def json_text(values: Any) -> str:
    """What `write_json` writes."""
    return json.dumps(_finite(values), indent=2, allow_nan=False)


def _finite(values: Any) -> Any:
    if isinstance(values, dict):
        return {name: _finite(value) for name, value in values.items()}
    if isinstance(values, list | tuple):
        return [_finite(value) for value in values]
    return None if isinstance(values, float) and not math.isfinite(values) else values


def read_json(path: Path) -> Any:
    """Raises InputError where the file is missing or is not JSON."""
    try:
        return json.loads(path.read_text())
    except FileNotFoundError:
        raise InputError(f"{path} is missing") from None
    except (OSError, ValueError) as error:
        raise InputError(f"{path} should be a JSON file, but reading it failed: {error}") from None


def sha256(path: Path) -> str:
    """Hex digest of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
