"""The classes of a label map: ids, names, colours, groups. As pictures: `label_pictures`."""

import reprlib
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Int, Shaped
from torch import Tensor

from editgan.core.errors import LabelError
from editgan.core.files import read_json, write_json
from editgan.core.types import LabelMap, Pixels

IGNORED = 255  # of annotated pixels: nobody knows, or wants to say, what they show. Not learnt, not measured
IGNORED_COLOR = (224, 224, 192)  # as in Pascal VOC, whose number it is, too
MAX_CLASSES = 255  # ids are bytes, and one of them is `IGNORED`


@dataclass(frozen=True, slots=True)
class LabelClass:
    """One part: what its pixels are called and how they are shown."""

    id: int
    name: str
    color: tuple[int, int, int]  # 0..255 each


@dataclass(frozen=True, slots=True)
class LabelSchema:
    """All classes, ids 0, 1, 2, ... in order; `groups` name several classes at once (mouth, eye)."""

    classes: tuple[LabelClass, ...]
    groups: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if len(self.classes) > MAX_CLASSES:
            raise LabelError(f"label maps have at most {MAX_CLASSES} classes, got {len(self.classes)}")
        if [c.id for c in self.classes] != list(range(len(self.classes))) or not self.classes:
            raise LabelError(f"class ids must be 0, 1, 2, ... in order, got {[c.id for c in self.classes]}")
        names = {composed(name) for name in (*self.names, *self.groups)}
        if len(names) != len(self.classes) + len(self.groups):
            raise LabelError("every class and group needs its own name")
        if unknown := {m for g in self.groups.values() for m in g} - set(self.names):
            raise LabelError(f"groups name classes that do not exist: {sorted(unknown)}")

    def __len__(self) -> int:
        return len(self.classes)

    @property
    def names(self) -> list[str]:
        """Class names, in the order of their ids."""
        return [c.name for c in self.classes]

    def ids(self, *names: str) -> list[int]:
        """Ids of classes or groups by name. Raises LabelError for a name that is neither."""
        known = {composed(c.name): {c.id} for c in self.classes}
        for group, members in self.groups.items():
            known[composed(group)] = {self.names.index(member) for member in members}
        found: set[int] = set()
        for name in names:
            if composed(name) not in known:
                raise LabelError(f"no part {name!r}; there are {', '.join([*self.names, *self.groups])}")
            found |= known[composed(name)]
        return sorted(found)

    def check(self, label_map: LabelMap, *, with_ignored: bool = False) -> None:
        """Raises LabelError for ids outside the schema; `with_ignored`, pixels may be `IGNORED`."""
        if label_map.numel() and int(label_map.min()) >= 0 and int(label_map.max()) < len(self):
            return
        known = {*range(len(self)), *([IGNORED] if with_ignored else [])}
        if strange := set(label_map.unique().tolist()) - known:
            raise LabelError(
                f"the label map has ids {reprlib.repr(sorted(strange))}, but this bundle's classes are 0 to "
                f"{len(self) - 1}"
            )

    def colorize(self, label_map: LabelMap) -> Pixels:
        """Each pixel in its class's colour."""
        palette = torch.zeros(IGNORED + 1, 3, dtype=torch.uint8)
        palette[: len(self)] = torch.tensor([c.color for c in self.classes])
        palette[IGNORED] = torch.tensor(IGNORED_COLOR)
        return palette[label_map.cpu()]

    def to_json(self) -> dict[str, Any]:
        """As in schema.json and classes.json."""
        classes = [{"id": c.id, "name": c.name, "color": list(c.color)} for c in self.classes]
        return {"classes": classes, "groups": {k: list(v) for k, v in self.groups.items()}}

    @classmethod
    def from_json(cls, values: Any) -> "LabelSchema":
        """The inverse of `to_json`; `groups` may be missing."""
        try:
            classes = tuple(
                LabelClass(int(c["id"]), str(c["name"]), _rgb(c["color"])) for c in values["classes"]
            )
            groups = {str(k): tuple(map(str, v)) for k, v in values.get("groups", {}).items()}
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise LabelError(f"a schema needs classes with id, name and color, but {error!r} came") from None
        return cls(classes, groups)

    def save(self, path: Path) -> None:
        """To JSON."""
        write_json(path, self.to_json())

    @classmethod
    def load(cls, path: Path) -> "LabelSchema":
        """From JSON: ours, or the classes.json of an annotation folder."""
        return cls.from_json(read_json(path))


def composed(name: str) -> str:
    """The same letters as one character each (NFC): file systems and programs take letters apart."""
    return unicodedata.normalize("NFC", name)


def _rgb(values: Sequence[int]) -> tuple[int, int, int]:
    red, green, blue = (int(v) for v in values)
    if not all(0 <= v <= 255 for v in (red, green, blue)):
        raise ValueError(f"colours are three numbers from 0 to 255, got {values}")
    return red, green, blue


def resize_label_map(label_map: LabelMap, size: int, classes: int) -> Int[Tensor, "n size size"]:
    """Square resize by majority: the class, or `IGNORED`, with the largest share of the new pixel wins."""
    if label_map.shape[1:] == (size, size):
        return label_map
    ignored = label_map == IGNORED
    counted = classes + 1 if ignored.any() else classes
    one_hot = torch.nn.functional.one_hot(label_map.where(~ignored, classes), counted)
    shares = one_hot.permute(0, 3, 1, 2).float()
    shares = torch.nn.functional.interpolate(shares, (size, size), mode="bilinear", antialias=True)
    largest = shares.argmax(1)
    return largest.where(largest < classes, IGNORED)


def at_side(x: Shaped[Tensor, "*n label_h label_w"], side: int) -> Shaped[Tensor, "*n h w"]:
    """A square label map, or a region in its pixels, at another side: for an image of `side` px.

    Every pixel takes the value of the one in which its centre lies. The two squares show the same, edge to
    edge; at the same side it is `x` itself.
    """
    own = x.shape[-1]
    if own == side:
        return x
    index = (2 * torch.arange(side, device=x.device) + 1) * own // (2 * side)  # whole numbers: exact
    return x[..., index[:, None], index]


def isin(label_map: LabelMap, class_ids: Iterable[int]) -> Tensor:
    """Bool mask of the pixels of any of these classes."""
    ids = torch.tensor(list(class_ids), dtype=label_map.dtype, device=label_map.device)
    return torch.isin(label_map, ids)
