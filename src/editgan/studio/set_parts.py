"""The parts of a picture set: how they may change under saved labels, and which of them can be learnt."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from editgan.core.labels import LabelClass, LabelSchema
from editgan.core.types import LabelMap
from editgan.studio.bundles import schema_of
from editgan.studio.encoding import encode_labels
from editgan.studio.picture_sets import labels_of, load_set, save_set, write_picture
from editgan.studio.refusal import Refusal
from editgan.studio.schemas import Parts, Picture, PictureSet


def by_name(label_map: LabelMap, names: Sequence[str], others: Sequence[str]) -> LabelMap:
    """Ids of `names` as ids of `others`; a class that these do not have becomes class 0."""
    return _looked_up(label_map, [others.index(name) if name in others else 0 for name in names])


def change_parts(folder: Path, parts: Parts) -> PictureSet:
    """Renames, recolours, appends. Raises Refusal where that would change what saved labels say.

    Classes that no saved label uses may go, or change places; readings follow them.
    """
    found, schema = load_set(folder), schema_of(parts)
    moves = _moves([part.name for part in found.parts.classes], schema.names)
    for class_id, count in sorted(_uses(folder, found).items()):
        if moves[class_id] != class_id:
            name = found.parts.classes[class_id].name
            raise Refusal(
                409,
                "parts",
                f"{name} is painted in {count} saved pictures, so it keeps its place in the list",
            )
    if moves != list(range(len(moves))):
        for picture in (p for p in found.pictures if p.is_ready):
            _move_reading(folder, found, picture, moves, schema)
    return save_set(folder, found.model_copy(update={"parts": parts}))


def teachable(folder: Path, found: PictureSet, teaching: list[Picture], test: list[Picture]) -> LabelSchema:
    """The classes that the pictures show; the others would be parts that the new branch never finds.

    The first class stays in any case. Raises Refusal where there is nothing to learn.
    """
    schema = schema_of(found.parts)
    shown, measured = (_ids(folder, found, pictures) for pictures in (teaching, test))
    if unseen := [name for i, name in enumerate(schema.names) if i in measured - shown]:
        raise Refusal(
            409,
            "parts",
            f"only test pictures show {unseen[0]}; let one of them teach, or no branch can learn it",
        )
    if len(shown | {0}) < 2:
        raise Refusal(409, "labels", "the labels show one part only; paint at least one other, too")
    kept = [name for i, name in enumerate(schema.names) if i in shown | {0}]
    classes = [c for c in schema.classes if c.name in kept]
    groups = {k: members for k, v in schema.groups.items() if (members := tuple(m for m in v if m in kept))}
    return LabelSchema(tuple(LabelClass(i, c.name, c.color) for i, c in enumerate(classes)), groups)


def _uses(folder: Path, found: PictureSet) -> dict[int, int]:
    """In how many saved pictures each class is."""
    counts: dict[int, int] = {}
    for picture in (p for p in found.pictures if p.is_labelled):
        for class_id in _ids(folder, found, [picture]):
            counts[class_id] = counts.get(class_id, 0) + 1
    return counts


def _ids(folder: Path, found: PictureSet, pictures: list[Picture]) -> set[int]:
    maps = (labels_of(folder, found, picture) for picture in pictures)
    return {int(i) for label_map in maps for i in label_map.unique()}


def _moves(old: list[str], new: list[str]) -> list[int]:
    """Each class's new id: where its name is now, or its own if a new name is there; -1 if it is gone."""
    return [
        new.index(name) if name in new else i if i < len(new) and new[i] not in old else -1
        for i, name in enumerate(old)
    ]


def _move_reading(
    folder: Path, found: PictureSet, picture: Picture, moves: list[int], schema: LabelSchema
) -> None:
    reading = labels_of(folder, found, picture.model_copy(update={"is_labelled": False}))
    moved = _looked_up(reading, [max(move, 0) for move in moves])
    write_picture(folder, picture.id, {"read.png": encode_labels(moved, schema, "png")})


def _looked_up(label_map: LabelMap, table: Sequence[int]) -> LabelMap:
    return torch.from_numpy(np.asarray(table, np.int64)[label_map.cpu().numpy()])
