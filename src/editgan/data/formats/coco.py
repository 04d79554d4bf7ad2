"""COCO's instances: one JSON for all photos, with polygons or run lengths (RLE) of each thing.

annotations/instances_default.json, _annotations.coco.json, ... {"images", "annotations", "categories"}
images/a.jpg                        or anywhere else below the folder
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from editgan.core.errors import InputError, LabelError
from editgan.core.files import read_json
from editgan.core.labels import LabelSchema, composed
from editgan.core.types import LabelMap
from editgan.data.formats.class_lists import named_schema
from editgan.data.formats.found import Finding, Found, fixed_names, flat_name
from editgan.data.formats.run_lengths import mask_of
from editgan.data.painting import BACKGROUNDS, IGNORED_NAME, Canvas
from editgan.data.photos import is_photo

KEYS = ("images", "annotations", "categories")


def is_coco(folder: Path) -> bool:
    """Whether one of its JSON files, here or one folder below, has these keys."""
    return next(_files(folder), None) is not None


def find_coco(folder: Path, classes: str | Path | None = None) -> Finding:
    """Every photo of which something is outlined; its labels are the outlines, later ones over earlier ones.

    Raises:
        LabelError: several such files, or one that is not as COCO has it.
    """
    fixed_names(classes, "coco")
    files = list(_files(folder))
    if len(files) != 1:
        raise LabelError(f"{folder} should hold one JSON file of COCO's instances, but it has {len(files)}")
    try:
        notes = read_json(files[0])
        return _finding(folder, notes, files[0])
    except InputError as error:
        raise LabelError(str(error)) from None
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise LabelError(f"{files[0]} should be as COCO has it, but {error!r} came up") from None


def _finding(folder: Path, notes: dict[str, Any], file: Path) -> Finding:
    categories = {int(c["id"]): str(c["name"]) for c in notes["categories"]}
    schema = _schema([categories[i] for i in sorted(categories)])
    outlined: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for thing in notes["annotations"]:
        outlined[int(thing["image_id"])].append(thing)
    photos, dropped, found = _Photos(folder), Counter[str](), list[Found]()
    for image in notes["images"]:
        things = outlined.get(int(image["id"]), [])
        path = photos.find(str(image["file_name"]))
        if path is None or not things:
            dropped["photo without labels" if path is not None else "labels without a photo"] += 1
            continue
        labels = _Labels(f"{file}, {path.name}", schema, categories, things, _size(image), dropped)
        found.append(Found(flat_name(path.relative_to(folder)), path, labels))
    return Finding("coco", schema, found, dropped)


class _Labels:
    """One photo's things, to be painted when they are wanted."""

    def __init__(
        self,
        name: str,
        schema: LabelSchema,
        categories: dict[int, str],
        things: Sequence[dict[str, Any]],
        size: tuple[int, int] | None,
        dropped: Counter[str],
    ) -> None:
        self.name, self.schema, self.categories = name, schema, categories
        self.things, self.size, self.dropped = things, size, dropped

    def __call__(self, size: tuple[int, int]) -> LabelMap:
        """Of the size in the file, else of the photo's."""
        canvas = Canvas(self.size or size, self.schema, self.name)
        try:
            for thing in self.things:
                self._paint(canvas, thing.get("segmentation"), self.categories[int(thing["category_id"])])
        except InputError:
            raise
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise LabelError(f"{self.name} should be as COCO has it, but {error!r} came up") from None
        return canvas.label_map()

    def _paint(self, canvas: Canvas, outline: Any, label: str) -> None:
        if isinstance(outline, dict):
            canvas.mask(mask_of(outline, canvas.size, self.name), (0, 0), label)
            return
        if not outline:
            self.dropped["thing without an outline"] += 1
            return
        for numbers in outline:
            values = [float(value) for value in numbers]
            points = list(zip(values[::2], values[1::2], strict=True))
            if len(points) < 3:
                self.dropped[f"polygon of {len(points)} points"] += 1
            else:
                canvas.polygon(points, label)


class _Photos:
    """All photos below a folder, by what a file says of their place."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.named: dict[str, list[Path]] = defaultdict(list)
        for path in sorted(folder.rglob("*")):
            if is_photo(path.name):
                self.named[composed(path.name).lower()].append(path)

    def find(self, file_name: str) -> Path | None:
        """The one of that name; of several, the one whose folders are those of the name, too."""
        asked = PurePosixPath(composed(file_name).lower().replace("\\", "/"))
        found = self.named.get(asked.name, [])
        if len(found) > 1:
            found = [path for path in found if self._ends(path, asked)]
        if len(found) > 1:
            raise LabelError(f"{found[0]} and {found[1]} may both be {file_name!r}; give a folder with one")
        return found[0] if found else None

    def _ends(self, path: Path, asked: PurePosixPath) -> bool:
        parts = PurePosixPath(composed(path.relative_to(self.folder).as_posix()).lower()).parts
        return parts[-len(asked.parts) :] == asked.parts


def _files(folder: Path) -> Iterator[Path]:
    for path in sorted([*folder.glob("*.json"), *folder.glob("*/*.json")]):
        if path.is_file() and not path.name.startswith("."):
            data = path.read_bytes()
            if all(f'"{key}"'.encode() in data for key in KEYS):
                yield path


def _schema(names: list[str]) -> LabelSchema:
    own = [name for name in names if name in BACKGROUNDS][:1]
    others = [name for name in names if name not in (*own, IGNORED_NAME)]
    return named_schema([*(own or [BACKGROUNDS[1]]), *others])


def _size(image: dict[str, Any]) -> tuple[int, int] | None:
    height, width = image.get("height"), image.get("width")
    return None if height is None or width is None else (int(height), int(width))
