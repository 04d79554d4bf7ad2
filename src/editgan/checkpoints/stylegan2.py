"""Any StyleGAN2 checkpoint -> our networks. Which kind a file is, its contents say."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from textwrap import shorten
from typing import Any

from editgan.checkpoints import nvidia, rosinality, tensorflow
from editgan.checkpoints.reading.reader import open_checkpoint
from editgan.checkpoints.reading.values import Stored
from editgan.core.errors import CheckpointError
from editgan.models.discriminator import Discriminator
from editgan.models.generator import Generator

WANTED = {"G_ema", "D", "g_ema", "latent_avg", "d"}  # of what training snapshots hold ...
TUPLE = {1, 2}  # ... and of TensorFlow's (G, D, averaged G)
LONGEST = 600  # characters of an error


@dataclass(frozen=True, slots=True)
class Imported:
    """The networks of a checkpoint, drawing exactly what they drew there."""

    generator: Generator
    discriminator: Discriminator | None
    kind: str  # "NVIDIA pickle (PyTorch)", ...
    notes: list[str] = field(default_factory=list)  # what a person should know


@dataclass(frozen=True, slots=True)
class Reader:
    """Of one kind of checkpoint: each takes the file's value, its name in errors, and a class."""

    kind: str
    knows: Callable[[Any], bool]
    generator: Callable[[Any, str, int], tuple[Generator, list[str]]]  # with what a person should know
    discriminator: Callable[[Any, str, int], Discriminator | None]


READERS = (
    Reader(
        "NVIDIA pickle (TensorFlow)",
        tensorflow.is_tensorflow,
        tensorflow.read_generator,
        tensorflow.read_discriminator,
    ),
    Reader("NVIDIA pickle (PyTorch)", nvidia.is_nvidia, nvidia.read_generator, nvidia.read_discriminator),
    Reader(
        "rosinality checkpoint (.pt)",
        rosinality.is_rosinality,
        rosinality.read_generator,
        rosinality.read_discriminator,
    ),
)


def load_stylegan2(path: Path, *, class_id: int = 0, with_discriminator: bool = True) -> Imported:
    """Reads an NVIDIA pickle (PyTorch or TensorFlow) or a rosinality .pt. Nothing in the file is executed.

    Args:
        path: the file; its name does not matter.
        class_id: which class a conditional generator is to draw.
        with_discriminator: also its discriminator, if the file holds one.

    Raises:
        CheckpointError: one sentence on why the file cannot be imported.
    """
    try:
        return _dispatched(path, class_id, with_discriminator)
    except CheckpointError as error:  # it may quote the file, which can hold anything, also for terminals
        plain = "".join(letter if letter.isprintable() else " " for letter in str(error))
        raise CheckpointError(shorten(plain, LONGEST, placeholder=" ...")) from None
    except (ArithmeticError, AttributeError, LookupError, RuntimeError, TypeError, ValueError) as error:
        raise CheckpointError(
            f"{path} is put together as no StyleGAN2 checkpoint is ({type(error).__name__}); get it again"
        ) from error


def _dispatched(path: Path, class_id: int, with_discriminator: bool) -> Imported:
    file = open_checkpoint(path)
    is_state_dict = bool(file.names) and not WANTED & set(file.names)
    value = file.value(only=None if is_state_dict else WANTED | TUPLE)
    reader = next((reader for reader in READERS if reader.knows(value)), None)
    if reader is None:
        raise CheckpointError(f"{path} {_what_it_is(value)}")
    generator, notes = reader.generator(value, str(path), class_id)
    discriminator = None
    if with_discriminator:
        with _optional():
            discriminator = reader.discriminator(value, str(path), class_id)
    return Imported(generator, discriminator, reader.kind, notes)


@contextmanager
def _optional() -> Iterator[None]:
    """A discriminator that cannot be read need not be taken along, and the error says so."""
    try:
        yield
    except CheckpointError as error:
        remedy = "import it without its discriminator"
        raise CheckpointError(str(error), remedy, code="unusable-discriminator") from None


def _what_it_is(value: Any) -> str:
    wanted = "a StyleGAN2 checkpoint has G_ema (NVIDIA) or g_ema (rosinality)"
    if isinstance(value, Stored):
        return f"holds a {value.class_name} alone; {wanted}"
    if isinstance(value, Mapping):
        names = [str(name) for name in value]
        shown = ", ".join(names[:6]) + (", ..." if len(names) > 6 else "")
        return f"is of another model family, or lacks its generator: {wanted}, this has {shown or 'nothing'}"
    return f"holds a {type(value).__name__}; {wanted}"
