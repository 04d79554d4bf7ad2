"""EditVector: the learnt difference in W+, kept as a file."""

import json
from dataclasses import asdict, dataclass, field, replace
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save

from editgan.bundle.bundle import ModelBundle
from editgan.core.config import from_json
from editgan.core.errors import InputError
from editgan.core.files import parse_json, replacing
from editgan.core.types import Delta

FORMAT_VERSION = 1


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """Where an edit lies, on average over the pictures it was learnt on: shares of the aligned frame."""

    share: float  # of the picture's pixels
    left: float
    top: float
    right: float
    bottom: float


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class EditVector:
    """Adds to any w_plus of its bundle, at any strength: see `compose`.

    Two of the same content are equal, so {vector: strength} survives being saved, or sent to another process.
    """

    name: str
    delta: Delta
    classes: tuple[str, ...]  # the edited parts
    bundle: str  # the name of the bundle it was learnt with ...
    fingerprint: str  # ... and of that bundle's generator
    strengths: tuple[float, float] = (-1.0, 1.0)  # beyond these the side effects are too large
    place: Place | None = None
    opposite: str | None = None  # what its other end, at negative strengths, is called
    learnt: dict[str, Any] = field(default_factory=dict)  # how, and from what

    def operations(self, strength: float) -> tuple[tuple[tuple[str, str], ...], float]:
        """The part operations it was learnt from, in label map pixels of its bundle, and how much of them.

        Those of its other end at a negative strength; without any, the same ones, the other way. None for a
        vector that was learnt from painting.
        """
        end = "opposite_operations" if strength < 0 and self.opposite is not None else "operations"
        amount = (abs(strength) if end == "opposite_operations" else strength) * self.share
        said = self.learnt.get(end)
        if not isinstance(said, list | tuple) or not all(_is_operation(one) for one in said):
            return (), amount
        return tuple((kind, text) for kind, text in said), amount

    @property
    def share(self) -> float:
        """How much strength 1 does of what its operations ask for."""
        share = self.learnt.get("share", 1.0)
        return float(share) if isinstance(share, int | float) else 1.0

    @property
    def _content(self) -> tuple[Any, ...]:
        about = (self.name, self.opposite, self.classes, self.bundle, self.fingerprint)
        return (
            *about,
            self.strengths,
            self.place,
            tuple(self.delta.shape),
            self.delta.detach().cpu().numpy().tobytes(),
        )

    def __eq__(self, other: object) -> bool:
        return isinstance(other, EditVector) and self._content == other._content

    def __hash__(self) -> int:
        return hash(self._content)

    def turned(self) -> "EditVector":
        """The same from its other end. Raises InputError for a vector whose other end has no name."""
        if self.opposite is None:
            raise InputError(f"vector {self.name!r} has one end; give it a negative strength")
        least, most = self.strengths
        swapped = {"operations": "opposite_operations", "opposite_operations": "operations"}
        return replace(
            self,
            name=self.opposite,
            opposite=self.name,
            delta=-self.delta,
            strengths=(-most, -least),
            learnt={swapped.get(key, key): value for key, value in self.learnt.items()},
        )

    def check_fit(self, bundle: ModelBundle, *, insist: bool = False) -> None:
        """Raises InputError unless it was learnt with this bundle's generator.

        With `insist` another generator will do, if the shape and the parts are the same.
        """
        shape = (bundle.generator.config.num_ws, bundle.generator.config.w_dim)
        if tuple(self.delta.shape) != shape:
            raise InputError(
                f"vector {self.name!r} is {tuple(self.delta.shape)}, but {bundle.name} takes {shape}; "
                f"use bundle {self.bundle}, with which it was learnt"
            )
        if bundle.schema is not None:
            bundle.schema.ids(*self.classes)
        if self.fingerprint != bundle.fingerprint and not insist:
            raise InputError(
                f"vector {self.name!r} was learnt with {self.bundle} ({self.fingerprint}), not with this "
                f"{bundle.name} ({bundle.fingerprint})",
                "learn it anew, or insist on trying it",
                code="another-generator",
                vector=self.name,
                learnt_with=self.bundle,
                bundle=bundle.name,
            )

    @property
    def notes(self) -> dict[str, Any]:
        """Everything but the delta, as in the file."""
        return {
            "format_version": FORMAT_VERSION,
            "name": self.name,
            "classes": self.classes,
            "bundle": self.bundle,
            "fingerprint": self.fingerprint,
            "strengths": self.strengths,
            "opposite": self.opposite,
            "place": None if self.place is None else asdict(self.place),
            "learnt": self.learnt,
            "software": f"editgan {version('editgan')}",
        }

    def save(self, path: Path | str) -> None:
        """safetensors; the notes are JSON in its header. Written whole or not at all."""
        with replacing(Path(path)) as scratch:
            scratch.write_bytes(self.to_bytes())

    def to_bytes(self) -> bytes:
        """What `save` writes."""
        metadata = {"edit_vector": json.dumps(self.notes)}
        return save({"delta": self.delta.detach().cpu().contiguous()}, metadata=metadata)

    @classmethod
    def from_bytes(cls, data: bytes) -> "EditVector":
        """The inverse of `to_bytes`. Raises InputError for anything else than an edit vector."""
        with TemporaryDirectory() as folder:  # the library reads metadata from files only
            path = Path(folder) / "vector.safetensors"
            path.write_bytes(data)
            try:
                return cls.load(path)
            except InputError as error:
                raise InputError(str(error).replace(str(path), "the file")) from None

    @classmethod
    def load(cls, path: Path | str) -> "EditVector":
        """The inverse of `save`. Raises InputError for anything else than an edit vector."""
        try:
            with safe_open(path, framework="pt") as file:
                notes = parse_json((file.metadata() or {})["edit_vector"])
                delta = file.get_tensor("delta")
            if (found := int(notes["format_version"])) > FORMAT_VERSION:
                raise InputError(
                    f"{path} has vector format {found}, this editgan reads up to {FORMAT_VERSION}; update it"
                )
            if delta.ndim != 2 or not torch.isfinite(delta).all():
                raise InputError(
                    f"{path} should hold one finite delta [num_ws, w_dim], got {tuple(delta.shape)}"
                )
            low, high = map(float, notes["strengths"])
            return cls(
                name=str(notes["name"]),
                delta=delta.float(),
                classes=tuple(map(str, notes["classes"])),
                bundle=str(notes["bundle"]),
                fingerprint=str(notes["fingerprint"]),
                strengths=(low, high),
                place=None if notes["place"] is None else from_json(Place, notes["place"]),
                opposite=None if (end := notes.get("opposite")) is None else str(end),
                learnt=dict(notes["learnt"]),
            )
        except (SafetensorError, OSError, KeyError, TypeError, ValueError, AttributeError) as error:
            reason = str(error) if isinstance(error, InputError) else repr(error)
            if isinstance(error, InputError) and str(path) in reason:  # a whole sentence
                raise
            raise InputError(
                f"{path} should be an edit vector (.safetensors), but reading it failed: {reason}"
            ) from None


def _is_operation(said: object) -> bool:
    return isinstance(said, list | tuple) and len(said) == 2 and all(isinstance(word, str) for word in said)
