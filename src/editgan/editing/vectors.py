"""EditVector: the learnt difference in W+, kept as a file."""

import json
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from editgan.core.errors import InputError
from editgan.core.files import replacing
from editgan.core.types import Delta, WPlus


@dataclass(frozen=True, slots=True, eq=False)  # compared by identity: a key of {vector: strength}
class EditVector:
    """Adds to any w_plus of its bundle, at any strength."""

    name: str
    delta: Delta
    classes: tuple[str, ...]  # the edited parts
    bundle: str  # the bundle it was learnt with

    def apply(self, w_plus: WPlus, strength: float = 1.0) -> WPlus:
        """`w_plus` moved by `strength` times the vector; negative strengths go the other way."""
        if w_plus.shape[1:] != self.delta.shape:
            raise InputError(
                f"vector {self.name!r} is {tuple(self.delta.shape)}, but the photo's w_plus is "
                f"{tuple(w_plus.shape[1:])}; use bundle {self.bundle}, with which it was learnt"
            )
        return w_plus + strength * self.delta.to(w_plus.device)

    def save(self, path: Path | str) -> None:
        """safetensors; the notes are JSON in its header. Written whole or not at all."""
        notes = {
            "name": self.name,
            "classes": json.dumps(self.classes),
            "bundle": self.bundle,
            "software": f"editgan {version('editgan')}",
        }
        with replacing(Path(path)) as scratch:
            save_file({"delta": self.delta.detach().cpu().contiguous()}, scratch, metadata=notes)

    @classmethod
    def load(cls, path: Path | str) -> "EditVector":
        """The inverse of `save`. Raises InputError for anything else than an edit vector."""
        try:
            with safe_open(path, framework="pt") as file:
                notes, delta = file.metadata() or {}, file.get_tensor("delta")
            classes = tuple(json.loads(notes["classes"]))
            name, bundle = notes["name"], notes["bundle"]
        except (SafetensorError, OSError, KeyError, TypeError, ValueError) as error:
            raise InputError(
                f"{path} should be an edit vector (.safetensors), but reading it failed: {error}"
            ) from None
        if delta.ndim != 2 or not torch.isfinite(delta).all():
            raise InputError(f"{path} should hold one finite delta [num_ws, w_dim], got {tuple(delta.shape)}")
        return cls(name, delta.float(), classes, bundle)
