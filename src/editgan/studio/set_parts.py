"""The parts of a picture set: how they may change under saved labels, and which of them can be learnt."""

from collections import Counter
from collections.abc import Sequence

import numpy as np
import torch

from editgan.core.labels import LabelClass, LabelSchema
from editgan.core.types import LabelMap
from editgan.studio.bundles import schema_of
from editgan.studio.encoding import encode_labels
from editgan.studio.picture_sets import SetFolder
from editgan.studio.refusal import Refusal
from editgan.studio.schemas import Parts, Picture, PictureSet


def split(found: PictureSet) -> tuple[list[Picture], list[Picture]]:
    """The labelled pictures that teach, and those that test, in the order in which they were added."""
    labelled = [p for p in found.pictures if p.is_labelled]
    return [p for p in labelled if not p.is_test], [p for p in labelled if p.is_test]


def by_name(label_map: LabelMap, names: Sequence[str], others: Sequence[str]) -> LabelMap:
    """Ids of `names` as ids of `others`; a class that these do not have becomes class 0."""
    return _looked_up(label_map, [others.index(name) if name in others else 0 for name in names])


def change_parts(folder: SetFolder, parts: Parts) -> None:
    """Renames, recolours, appends. Raises Refusal where that would change what saved labels say.

    Classes that no saved label uses may go, or change places; readings follow them.
    """
    found, schema = folder.load(), schema_of(parts)
    moves = _moves([part.name for part in found.parts.classes], schema.names)
    for class_id, count in sorted(_uses(folder, found).items()):
        if moves[class_id] != class_id:
            name = found.parts.classes[class_id].name
            sentence = f"{name} is painted in {count} saved pictures, so it keeps its place in the list"
            raise Refusal(409, "parts", sentence)
    if moves != list(range(len(moves))):
        for picture in (p for p in found.pictures if p.is_ready):
            moved = _looked_up(folder.labels(found, picture, read=True), [max(move, 0) for move in moves])
            folder.write_picture(picture.id, {"read.png": encode_labels(moved, schema, "png")})
    folder.change(parts=parts)


def teachable(folder: SetFolder, found: PictureSet) -> LabelSchema:
    """The classes that the pictures show; the others would be parts that the new branch never finds.

    The first class stays in any case. Raises Refusal where there is nothing to learn.
    """
    schema = schema_of(found.parts)
    shown, measured = (_ids(folder, found, pictures) for pictures in split(found))
    if unseen := [name for i, name in enumerate(schema.names) if i in measured - shown]:
        sentence = f"only test pictures show {unseen[0]}; let one of them teach, or no branch can learn it"
        raise Refusal(409, "parts", sentence)
    if len(shown | {0}) < 2:
        raise Refusal(409, "labels", "the labels show one part only; paint at least one other, too")
    kept = [name for i, name in enumerate(schema.names) if i in shown | {0}]
    classes = [c for c in schema.classes if c.name in kept]
    groups = {k: members for k, v in schema.groups.items() if (members := tuple(m for m in v if m in kept))}
    return LabelSchema(tuple(LabelClass(i, c.name, c.color) for i, c in enumerate(classes)), groups)


def _uses(folder: SetFolder, found: PictureSet) -> Counter[int]:
    """In how many saved pictures each class is."""
    return Counter(i for p in found.pictures if p.is_labelled for i in _ids(folder, found, [p]))


def _ids(folder: SetFolder, found: PictureSet, pictures: list[Picture]) -> set[int]:
    maps = (folder.labels(found, picture) for picture in pictures)
    return {int(i) for label_map in maps for i in label_map.unique()}


def _moves(old: list[str], new: list[str]) -> list[int]:
    """Each class's new id: where its name is now, or its own if a new name is there; -1 if it is gone."""
    return [
        new.index(name) if name in new else i if i < len(new) and new[i] not in old else -1
        for i, name in enumerate(old)
    ]


def _looked_up(label_map: LabelMap, table: Sequence[int]) -> LabelMap:
    return torch.from_numpy(np.asarray(table, np.int64)[label_map.cpu().numpy()])
