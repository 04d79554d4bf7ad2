"""Writing files so that nobody ever sees half of one; reading other people's JSON and TOML within bounds."""

import hashlib
import json
import math
import os
import shutil
import tempfile
import tomllib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from editgan.core.errors import InputError

MAX_BYTES = 128_000_000  # of a file of values; LabelMe puts whole photos into them
MAX_VALUES = 4_000_000  # in one file: Python takes some 100 bytes for each
MAX_DEPTH = 64  # of containers within containers
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


def text_of(data: bytes, errors: str = "strict") -> str:
    """A text file as any program writes it: UTF-8, with a byte-order mark or without, or UTF-16 with one.

    Raises UnicodeDecodeError for anything else, unless `errors` (as of `bytes.decode`) says what to do.
    """
    return data.decode("utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig", errors)


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
    """The values of a JSON file in UTF-8, UTF-16 or UTF-32, with or without a byte-order mark.

    Raises:
        InputError: missing, not JSON, or beyond the bounds of `parse_json`.
    """
    return _read(path, "a JSON file", parse_json)


def read_toml(path: Path, what: str = "a TOML file") -> dict[str, Any]:
    """The same of a TOML file, which errors call `what`."""
    values: dict[str, Any] = _read(path, what, lambda data: bounded(tomllib.loads(_text(data))))
    return values


def parse_json(data: bytes | str) -> Any:
    """The values of a JSON text.

    Whoever reads them finds finite floats, whole numbers of 64 bits, and texts that can be printed.

    Raises:
        InputError: not JSON; infinity or NaN, larger numbers, halves of characters; over `MAX_BYTES`,
            `MAX_VALUES` or `MAX_DEPTH`.
    """
    try:
        return bounded(json.loads(_text(data)))
    except RecursionError:
        raise InputError(f"it is nested deeper than {MAX_DEPTH} containers") from None
    except InputError:
        raise
    except ValueError as error:
        raise InputError(str(error)) from None


def bounded(values: Any) -> Any:
    """`values` themselves. Raises InputError for what `parse_json` refuses in them."""
    level = [values]
    for _ in range(MAX_DEPTH):
        inner: list[Any] = []
        for value in level:
            if isinstance(value, str):
                if not value.isascii():
                    value.encode()  # halves of characters raise a ValueError
            elif isinstance(value, dict):
                inner += value
                inner += value.values()
            elif isinstance(value, list):
                inner += value
            elif isinstance(value, float) and not math.isfinite(value):
                raise InputError(f"it has the number {value}; every number should be finite")
            elif isinstance(value, int) and value.bit_length() > 63:
                raise InputError("it has a whole number of more than 64 bits")
        if not inner:
            return values
        level = inner
    raise InputError(f"it is nested deeper than {MAX_DEPTH} containers")


def _read(path: Path, what: str, parse: Callable[[bytes], Any]) -> Any:
    try:
        if path.is_file() and path.stat().st_size > MAX_BYTES:
            raise InputError(f"it has over {MAX_BYTES // 1_000_000} MB")
        return parse(path.read_bytes())
    except FileNotFoundError:
        raise InputError(f"{path} is missing") from None
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(f"{path} should be {what}, but reading it failed: {error}") from None


def _text(data: bytes | str) -> str:
    text = data if isinstance(data, str) else data.decode(json.detect_encoding(data))
    # Each value but a container's first has a comma before it, each first one a bracket
    if sum(text.count(mark) for mark in ",[{") > MAX_VALUES:
        raise InputError(f"it has more than {MAX_VALUES} values")
    return text


def sha256(path: Path) -> str:
    """Hex digest of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
