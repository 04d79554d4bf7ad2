"""EditRecipe: everything that was done to a photo, as one JSON file that brings it about again.

It carries the photo's embedding, the vectors themselves, and where a refinement led, so that replaying it
optimises nothing and gives the same bytes. The photo stays with its owner: the file has only a hash of it.
"""

import base64
import hashlib
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, cast, get_args

import numpy as np
import torch
from PIL import Image as PilImage
from safetensors import SafetensorError
from safetensors.torch import load, save

from editgan.bundle.bundle import ModelBundle
from editgan.bundle.judges import JudgeName
from editgan.bundle.opened import Fidelity, OpenPhoto
from editgan.core.errors import InputError
from editgan.core.files import parse_json
from editgan.core.pictures import decoded
from editgan.core.types import Keep, Photo, Region
from editgan.data.original import Original
from editgan.editing.composition import MAX_KEEP_PX, Composition, PasteMode
from editgan.editing.vector import EditVector

FORMAT_VERSION = 2  # the newest that is read
MAX_BYTES = 64_000_000  # of a file; a large one carries a tuned generator


@dataclass(frozen=True, kw_only=True, slots=True)
class EditRecipe:
    """An edit, complete but for the photo."""

    bundle: str
    fingerprint: str  # of its generator
    photo: str | None  # SHA-256 of the upright pixels, in their own colour space; None: a sample
    seed: int | None = None  # of the sample
    truncation_psi: float = 0.7
    box: tuple[float, float, float, float] | None = None  # the frame in photo px, where a person gave it
    fidelity: Fidelity = "standard"
    judge: JudgeName = "default"  # of perceptual distance
    embedding: bytes | None = None  # as `EmbeddingCache.export` gives it
    composition: Composition  # with where its refinement led: other machines round its steps differently

    def check_bundle(self, bundle: ModelBundle) -> None:
        """Raises InputError for another bundle than the one it was made with."""
        if self.fingerprint != bundle.fingerprint:
            raise InputError(
                f"the edit recipe was made with {self.bundle} ({self.fingerprint}), not with this "
                f"{bundle.name} ({bundle.fingerprint})",
                "use that bundle",
                code="another-bundle",
            )

    def checked(self, original: Original | None) -> Original:
        """The photo it was made for. Raises InputError for another one, or none."""
        if original is None:
            raise InputError("the edit recipe was made for a photo; give it, too")
        if self.photo != photo_hash(original.pixels):
            raise InputError(
                f"the edit recipe is for {'a sample' if self.photo is None else 'another photo'}",
                "give that one, or apply its vectors",
                code="another-photo",
            )
        return original

    def check_shapes(self, photo: OpenPhoto) -> None:
        """Raises InputError unless what it carries fits the opened photo."""
        refined, painted = self.composition.refined, self.composition.painted
        if refined is not None and (refined.shape != photo.w_plus.shape or not refined.isfinite().all()):
            wanted, got = tuple(photo.w_plus.shape), tuple(refined.shape)
            raise InputError(f"the edit recipe's refinement should be a finite {wanted}, got {got}")
        if painted is not None and painted.shape[2:] != photo.label_map.shape[1:]:
            side, size = photo.label_map.shape[1], "x".join(map(str, painted.shape[2:]))
            raise InputError(f"the edit recipe's painted region should be {side}x{side} px, got {size}")

    def to_json(self) -> dict[str, Any]:
        """As in the file."""
        done = self.composition
        return {
            "format": "editgan edit recipe",
            "format_version": 1 if done.keep is None else 2,  # older versions would not keep it
            "software": f"editgan {version('editgan')}",
            "bundle": self.bundle,
            "fingerprint": self.fingerprint,
            "photo": self.photo,
            "seed": self.seed,
            "truncation_psi": self.truncation_psi,
            "box": None if self.box is None else list(self.box),
            "fidelity": self.fidelity,
            "judge": self.judge,
            "embedding": None if self.embedding is None else _to_text(self.embedding),
            "vectors": [
                {"name": vector.name, "strength": strength, "file": _to_text(vector.to_bytes())}
                for vector, strength in done.strengths.items()
            ],
            "refine_steps": done.refine_steps,
            "paste_mode": done.paste_mode,
            "painted": None if done.painted is None else _to_text(mask_to_png(done.painted)),
            "keep": None if done.keep is None else _to_text(mask_to_png(done.keep)),
            "refined": None if done.refined is None else _to_text(save({"w_plus": done.refined.cpu()})),
        }

    @classmethod
    def from_json(cls, values: Any) -> "EditRecipe":
        """The inverse of `to_json`. Raises InputError for anything else than an edit recipe."""
        try:
            if values["format"] != "editgan edit recipe" or int(values["format_version"]) > FORMAT_VERSION:
                raise InputError(
                    f"the edit recipe is of a format this editgan does not read "
                    f"({values['format']} {values['format_version']}); update it"
                )
            judge = values.get("judge", "default")  # older files have none
            known = values["paste_mode"] in get_args(PasteMode) and values["fidelity"] in get_args(Fidelity)
            if not known or judge not in get_args(JudgeName):
                raise InputError(
                    "the edit recipe has a paste mode, a fidelity or a judge that does not exist"
                )
            return cls(
                bundle=str(values["bundle"]),
                fingerprint=str(values["fingerprint"]),
                photo=None if values["photo"] is None else str(values["photo"]),
                seed=None if values["seed"] is None else int(values["seed"]),
                truncation_psi=float(values["truncation_psi"]),
                box=None if values["box"] is None else cast(Any, tuple(map(float, values["box"]))),
                fidelity=values["fidelity"],
                judge=judge,
                embedding=None if values["embedding"] is None else _from_text(values["embedding"]),
                composition=_composition(values),
            )
        except InputError:
            raise
        except (KeyError, TypeError, ValueError, AttributeError, SafetensorError) as error:
            raise InputError(f"an edit recipe was expected, but reading it failed: {error!r}") from None

    def to_bytes(self) -> bytes:
        """The file."""
        return (json.dumps(self.to_json(), indent=1) + "\n").encode()

    @classmethod
    def load(cls, path: Path) -> "EditRecipe":
        """From a file. Raises InputError for anything that is not an edit recipe."""
        if path.is_file() and path.stat().st_size > MAX_BYTES:
            raise InputError(f"{path} should be an edit recipe, but is far too large for one")
        try:
            return cls.from_json(parse_json(path.read_bytes()))
        except FileNotFoundError:
            raise InputError(f"{path} does not exist; give an edit recipe (.json)") from None
        except (InputError, OSError) as error:
            raise InputError(f"{path}: {error}") from None


def photo_hash(pixels: Photo) -> str:
    """64 hex digits over a photo's size and pixels."""
    digest = hashlib.sha256(repr(tuple(pixels.shape)).encode())
    digest.update(pixels.cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()


def _to_text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _from_text(text: str) -> bytes:
    return base64.b64decode(text, validate=True)


def _composition(values: Mapping[str, Any]) -> Composition:
    painted, refined, keep = values["painted"], values["refined"], values.get("keep")
    return Composition(
        {EditVector.from_bytes(_from_text(v["file"])): float(v["strength"]) for v in values["vectors"]},
        refine_steps=int(values["refine_steps"]),
        paste_mode=values["paste_mode"],
        painted=None if painted is None else mask_from_png(_from_text(painted)),
        keep=None if keep is None else mask_from_png(_from_text(keep)),
        refined=None if refined is None else load(_from_text(refined))["w_plus"],
    )


def mask_to_png(mask: Region) -> bytes:
    """One bit a pixel."""
    buffer = io.BytesIO()
    PilImage.fromarray(mask[0, 0].cpu().numpy()).save(buffer, "PNG")
    return buffer.getvalue()


def mask_from_png(data: bytes) -> Keep:
    """The inverse of `mask_to_png`."""
    picture = decoded(data, "a mask in it", ("PNG",), max_side=MAX_KEEP_PX)
    marked = np.asarray(picture.convert("L")) >= 128  # of "1", NumPy makes bytes of 255
    return torch.from_numpy(marked)[None, None]
