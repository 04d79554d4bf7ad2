"""A generator alone in one file: the averaged weights of a training in progress, small enough to pass on.

float16 safetensors; the generator's config and the images it was shown lie in the file's metadata as text.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from editgan.bundle.facts import DataFacts, GanFacts
from editgan.bundle.tensors import load_tensors, stored
from editgan.core.config import from_json, to_json
from editgan.core.errors import BundleError
from editgan.core.files import parse_json, replacing
from editgan.core.json_object import JsonObject
from editgan.core.weights import check_weights
from editgan.models.generator import Generator, GeneratorConfig


@dataclass(frozen=True, kw_only=True)
class SnapshotFacts(JsonObject):
    """Where it comes from, and how good its samples are."""

    name: str | None = None  # of the training
    subject: str | None = None  # what it draws: "face"
    images: int | None = None  # shown in all
    date: str | None = None
    gan: GanFacts = field(default_factory=GanFacts)
    data: DataFacts = field(default_factory=DataFacts)
    scores: Mapping[str, Any] | None = None  # see evaluation/samples.py


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A generator and how it came about."""

    generator: Generator
    facts: SnapshotFacts = field(default_factory=SnapshotFacts)


def save_snapshot(snapshot: Snapshot, path: Path) -> None:
    """Writes the file, whole or not at all.

    Raises:
        BundleError: weights that are not finite, or too large for float16.
    """
    generator = snapshot.generator
    weights = {name: stored(name, value) for name, value in generator.state_dict().items()}
    facts = {"config": json.dumps(to_json(generator.config)), "facts": json.dumps(snapshot.facts.to_json())}
    with replacing(path) as scratch:
        save_file(weights, scratch, metadata=facts | {"images": str(snapshot.facts.images or 0)})


def load_snapshot(path: Path) -> Snapshot:
    """The inverse of `save_snapshot`, up to rounding to float16.

    Raises:
        BundleError: not such a file, or its weights do not fit its config.
    """
    try:
        with safe_open(path, framework="pt") as file:
            notes = file.metadata() or {}
        config = from_json(GeneratorConfig, parse_json(notes["config"]))
        told = parse_json(notes.get("facts", "{}")) | {"images": int(notes.get("images", 0))}
        facts = SnapshotFacts.from_json(told)
        state = load_tensors([path])
        check_weights(lambda: Generator(config), state)
        generator = Generator(config)
        generator.load_state_dict(state)
    except (SafetensorError, OSError, KeyError, TypeError, ValueError, AttributeError) as error:
        reason = " ".join(str(error).split())[:200]
        raise BundleError(
            f"{path} should be a generator's snapshot (safetensors with its config), but {reason}"
        ) from None
    return Snapshot(generator.eval().requires_grad_(False), facts)
