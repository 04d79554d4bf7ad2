"""Other people's checkpoints, read without running anything that is in them.

    with open_checkpoint(Path("ffhq.pkl")) as file:
        file.names                                    # ("G", "D", "G_ema", ...)
        file.value(only={"G_ema"})["G_ema"].state     # of a `Stored` network; the others are SKIPPED

Reads pickles of all protocols (NVIDIA's `.pkl`) and both of torch's formats. The file is not loaded as a
whole: what is asked for is copied out of it.
"""

import mmap
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, Literal

from editgan.checkpoints.reading.archive import read_members
from editgan.checkpoints.reading.builders import ALLOWED, MAPPINGS
from editgan.checkpoints.reading.graph import Call, Node
from editgan.checkpoints.reading.kinds import EMPTY, HEAD, recognise
from editgan.checkpoints.reading.legacy import MAGIC_NUMBER, read_legacy
from editgan.checkpoints.reading.limits import USUAL, Budget, Limits
from editgan.checkpoints.reading.machine import read_pickle
from editgan.checkpoints.reading.stream import Stream
from editgan.checkpoints.reading.tensors import Storage
from editgan.checkpoints.reading.torch_zip import TorchZip
from editgan.checkpoints.reading.values import SKIPPED
from editgan.checkpoints.reading.walk import Values
from editgan.core.errors import CheckpointError

_GONE = object()


class Checkpoint:
    """A file whose structure has been read, and whose tensors are still in it."""

    kind: Literal["pickle", "torch"]

    def __init__(self, path: Path, limits: Limits) -> None:
        self.path = path
        self.limits = limits
        data = _mapped(path, limits)
        self.size = len(data)  # bytes
        budget = Budget(limits, self.size)
        self._zip: TorchZip | None = None
        self._storages: dict[str, Storage] = {}
        if recognise(bytes(data[:HEAD])) == "zip":
            self.kind = "torch"
            self._zip = TorchZip(read_members(data, limits))
            self._root = read_pickle(Stream(self._zip.pickle, budget), ALLOWED).root
            return
        stream = Stream(data, budget)
        self.kind = "pickle"
        self._root = read_pickle(stream, ALLOWED).root
        if type(self._root) is int and self._root == MAGIC_NUMBER:
            self.kind = "torch"
            pickle, self._storages = read_legacy(stream, ALLOWED)
            self._root = pickle.root

    def __enter__(self) -> "Checkpoint":
        return self

    def __exit__(self, *_: object) -> None:
        """Lets go of the file; values that were made stay."""
        self._root, self._zip, self._storages = _GONE, None, {}

    @property
    def names(self) -> tuple[str, ...]:
        """The keys of a file that holds a dict."""
        return tuple(key for key in _entries(self._root) if isinstance(key, str))

    def value(self, *, only: Collection[str | int] | None = None) -> Any:
        """What the file holds, as plain values, copied.

        With `only`, the other entries of a dict are `SKIPPED`; of a list or tuple, those at other positions.
        They are checked all the same.
        """
        assert self._root is not _GONE, "the file was closed"
        with _about(self.path):
            entries = _entries(self._root)
            if only is None or not entries:
                return self._made(self._root, wanted=True)
            wanted = self._made({key: node for key, node in entries.items() if key in only}, wanted=True)
            self._made({key: node for key, node in entries.items() if key not in only}, wanted=False)
            value = {key: wanted.get(key, SKIPPED) for key in entries}
            return value if isinstance(self._root, dict | Call) else type(self._root)(value.values())

    def _made(self, root: Node, *, wanted: bool) -> Any:
        find = partial(self._zip.storage, verify=wanted) if self._zip else self._storages.get
        return Values(find, Budget(self.limits, self.size), wanted=wanted).of(root)


def open_checkpoint(path: Path, limits: Limits = USUAL) -> Checkpoint:
    """Reads a checkpoint's structure. Raises CheckpointError where it is none that can be read safely."""
    with _about(path):
        return Checkpoint(path, limits)


def _entries(root: Node) -> dict[Any, Node]:
    """What `only` chooses from."""
    if isinstance(root, Call) and root.function in MAPPINGS and not root.args:
        root = root.pairs
    if isinstance(root, list | tuple):
        return dict(enumerate(root))
    return root if isinstance(root, dict) else {}


def _mapped(path: Path, limits: Limits) -> memoryview:
    """The file as memory, which costs none until it is looked at. It must not be shortened meanwhile."""
    if path.is_dir():
        raise CheckpointError("is a folder; give the file in it")
    if not path.is_file():
        raise CheckpointError("is missing or no ordinary file; check the name")
    with path.open("rb") as file:
        size = file.seek(0, 2)
        if size > limits.file_bytes:
            most = f"{limits.file_bytes >> 20} MiB"
            raise CheckpointError(f"has {size >> 20} MiB, and a checkpoint at most {most}; it was not read")
        if size == 0:  # which cannot be mapped
            raise CheckpointError(EMPTY)
        return memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))


@contextmanager
def _about(path: Path) -> Iterator[None]:
    """Errors name the file. Whatever a damaged file leads to, it is the file's fault and no crash."""
    try:
        yield
    except CheckpointError as error:
        raise CheckpointError(f"{path} {error}") from None
    except OSError as error:
        raise CheckpointError(f"{path} cannot be read: {error.strerror or error}") from None
    except Exception as error:
        raise CheckpointError(f"{path} is damaged or no checkpoint ({type(error).__name__})") from error
