"""What a bundle can take over from another one of its class: networks that look at photos alone."""

from dataclasses import replace
from pathlib import Path

from editgan.bundle.bundle import BundleDraft
from editgan.bundle.folder import load_draft, save_bundle
from editgan.core.errors import InputError

OF_PHOTOS = ("aligner", "identity", "familiar", "reader")  # none of them ever sees the generator


def inherit(where: Path, source: str) -> list[str]:
    """The bundle in the folder `where` gets what it lacks of these from another, and is saved; returns which.

    A reader is taken once the bundle has a branch with the same parts.

    Raises:
        InputError: the other one is of another class, or has nothing that is missing.
    """
    bundle, other = load_draft(where), load_draft(source)
    if bundle.subject != other.subject:
        raise InputError(
            f"{where} should inherit from a bundle of its own class, {bundle.subject}, but {source} is of "
            f"another: {other.subject}"
        )
    missing = [part for part in OF_PHOTOS if _can_take(part, bundle, other)]
    if not missing:
        raise InputError(
            f"{source} has nothing that {where} could take over and lacks: {', '.join(OF_PHOTOS)}"
        )
    facts = replace(bundle.facts, **{part: getattr(other.facts, part) for part in missing})
    save_bundle(bundle.having(facts=facts, **{part: getattr(other, part) for part in missing}), where)
    return missing


def _can_take(part: str, bundle: BundleDraft, other: BundleDraft) -> bool:
    if getattr(bundle, part) is not None or getattr(other, part) is None:
        return False
    if part != "reader":
        return True
    ours, theirs = bundle.schema, other.schema
    return ours is not None and theirs is not None and ours.names == theirs.names
