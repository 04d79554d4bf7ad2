"""The classes of a label map: ids, names, colours, groups; palette PNG <-> ids."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Int, Shaped
from PIL import Image as PilImage
from torch import Tensor

from editgan.core.errors import LabelError
from editgan.core.files import read_json, replacing, write_json
from editgan.core.types import LabelMap, Pixels

FORMATS = ("PNG", "BMP", "GIF", "TIFF", "WEBP")  # lossless, and decoded by Pillow itself


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
        if [c.id for c in self.classes] != list(range(len(self.classes))) or not self.classes:
            raise LabelError(f"class ids must be 0, 1, 2, ... in order, got {[c.id for c in self.classes]}")
        if len({c.name for c in self.classes} | set(self.groups)) != len(self.classes) + len(self.groups):
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
        found: list[int] = []
        for name in names:
            members = self.groups.get(name, (name,))
            if unknown := set(members) - set(self.names):
                raise LabelError(
                    f"no part {sorted(unknown)[0]!r}; there are {', '.join([*self.names, *self.groups])}"
                )
            found += [self.names.index(member) for member in members]
        return sorted(set(found))

    def check(self, label_map: LabelMap) -> None:
        """Raises LabelError for ids outside the schema."""
        if strange := set(label_map.unique().tolist()) - set(range(len(self))):
            raise LabelError(
                f"the label map has ids {sorted(strange)}, but this bundle's classes are 0 to {len(self) - 1}"
            )

    def colorize(self, label_map: LabelMap) -> Pixels:
        """Each pixel in its class's colour."""
        palette = torch.tensor([c.color for c in self.classes], dtype=torch.uint8)
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


def _rgb(values: Sequence[int]) -> tuple[int, int, int]:
    red, green, blue = (int(v) for v in values)
    if not all(0 <= v <= 255 for v in (red, green, blue)):
        raise ValueError(f"colours are three numbers from 0 to 255, got {values}")
    return red, green, blue


def palette_png(label_map: Int[Tensor, "h w"], schema: LabelSchema) -> PilImage.Image:
    """A palette picture: the pixel values are the class ids, the palette shows the colours."""
    picture = PilImage.fromarray(label_map.cpu().numpy().astype(np.uint8), mode=None)
    picture.putpalette([channel for c in schema.classes for channel in c.color])
    return picture


def save_label_map(label_map: Int[Tensor, "h w"], schema: LabelSchema, path: Path) -> None:
    """As a palette PNG."""
    with replacing(path) as scratch:
        palette_png(label_map, schema).save(scratch, format="PNG")


def load_label_map(path: Path, schema: LabelSchema) -> LabelMap:
    """[1, h, w] from a palette PNG, a greyscale PNG of ids, or an RGB picture in the schema's colours.

    Raises:
        LabelError: not a picture, ids or colours the schema does not have.
    """
    return read_label_map(path, schema, str(path))


def read_label_map(
    source: Path | BytesIO, schema: LabelSchema, name: str, max_side: int | None = None
) -> LabelMap:
    """`load_label_map` of a file that is called `name`; larger sides than `max_side` are not even decoded."""
    try:
        with PilImage.open(source, formats=FORMATS) as picture:
            if max_side is not None and max(picture.size) > max_side:
                size = "x".join(map(str, picture.size))
                raise LabelError(f"{name} should have sides up to {max_side} px, but it is {size}")
            picture.load()
            if picture.mode in ("P", "L", "1"):
                ids = np.array(picture).astype(np.int64)
            elif picture.mode in ("RGB", "RGBA"):
                ids = _ids_of_colors(np.array(picture.convert("RGB")), schema, name)
            else:
                raise LabelError(
                    f"{name} should be a palette PNG of class ids, but its mode is {picture.mode}"
                )
    except (OSError, SyntaxError, PilImage.DecompressionBombError) as error:
        raise LabelError(
            f"{name} should be a palette PNG of class ids, but reading it failed: {error}"
        ) from None
    label_map = torch.from_numpy(ids).unsqueeze(0)
    schema.check(label_map)
    return label_map


def _ids_of_colors(pixels: np.ndarray, schema: LabelSchema, name: str) -> np.ndarray:
    ids = np.full(pixels.shape[:2], -1, dtype=np.int64)
    for c in schema.classes:
        ids[(pixels == c.color).all(2)] = c.id
    if (ids < 0).any():
        strange = pixels[ids < 0][0].tolist()
        raise LabelError(
            f"{name} has the colour {strange}, which no class of the schema uses; save it without smoothing"
        )
    return ids


def resize_label_map(label_map: LabelMap, size: int, classes: int) -> Int[Tensor, "n size size"]:
    """Square resize by majority: each class's share of the new pixel, largest share wins."""
    if label_map.shape[1:] == (size, size):
        return label_map
    one_hot = torch.nn.functional.one_hot(label_map, classes).permute(0, 3, 1, 2).float()
    shares = torch.nn.functional.interpolate(one_hot, (size, size), mode="bilinear", antialias=True)
    return shares.argmax(1)


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
