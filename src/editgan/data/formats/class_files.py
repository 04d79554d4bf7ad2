"""What the classes of an annotated folder are called: our classes.json, or the lists of other programs.

labelmap.txt       CVAT: `skin:255,0,0::` a line
class_names.txt    LabelMe's conversion to VOC: a name a line
labels.txt         what LabelMe itself is given: the same
"""

from pathlib import Path

from editgan.core.errors import LabelError
from editgan.core.files import text_of
from editgan.core.labels import LabelClass, LabelSchema
from editgan.data.painting import BACKGROUNDS, IGNORED_NAME

JSON, CVAT, NAMES = "classes.json", "labelmap.txt", ("class_names.txt", "labels.txt")
MAX_BYTES = 100_000  # of a list of names


def classes_file(folder: Path) -> Path | None:
    """The first of these files that the folder has; classes.json may lie in the one above."""
    own = [folder / name for name in (JSON, CVAT, *NAMES)]
    candidates = [own[0], folder.parent / JSON, *own[1:]]
    return next((path for path in candidates if path.is_file()), None)


def load_classes(path: Path) -> LabelSchema:
    """The classes that it lists, background first.

    Raises:
        LabelError: not such a list.
        InputError: a classes.json that is not JSON.
    """
    if path.suffix.lower() == ".json":
        return LabelSchema.load(path)
    lines = [line.strip() for line in _text(path).splitlines()]
    lines = [line for line in lines if line and not line.startswith("#")]
    if path.name == CVAT:
        colors = dict(_of_cvat(line, path) for line in lines)
        if len(colors) < len(lines):
            raise LabelError(f"{path} has a name twice; rename one")
        names = _background_first(list(colors))
        return _schema(names, [colors.get(name, (0, 0, 0)) for name in names])
    names = _background_first([line for line in lines if line != IGNORED_NAME])
    return _schema(names, [voc_color(i) for i in range(len(names))])


def voc_color(index: int) -> tuple[int, int, int]:
    """What Pascal VOC's palette shows for a class: three bits of the index at a time, from the top."""
    channels = [0, 0, 0]
    for shift in range(7, -1, -1):
        for channel in range(3):
            channels[channel] |= (index >> channel & 1) << shift
        index >>= 3
    return channels[0], channels[1], channels[2]


def _text(path: Path) -> str:
    try:
        data = path.read_bytes()
        if len(data) > MAX_BYTES:
            raise ValueError(f"it has {len(data)} bytes")
        return text_of(data)
    except (OSError, ValueError) as error:
        raise LabelError(f"{path} should be a list of classes, but reading it failed: {error}") from None


def _of_cvat(line: str, path: Path) -> tuple[str, tuple[int, int, int]]:
    name, _, rest = line.partition(":")
    try:
        red, green, blue = (int(value) for value in rest.partition(":")[0].split(","))
    except ValueError:
        raise LabelError(f"{path} should have lines like skin:255,0,0::, got {line[:80]!r}") from None
    if not name or not all(0 <= value <= 255 for value in (red, green, blue)):
        raise LabelError(f"{path} should have names and colours from 0 to 255, got {line[:80]!r}")
    return name, (red, green, blue)


def _background_first(names: list[str]) -> list[str]:
    own = [name for name in names if name in BACKGROUNDS]
    return [own[0] if own else BACKGROUNDS[1], *(name for name in names if name not in own[:1])]


def _schema(names: list[str], colors: list[tuple[int, int, int]]) -> LabelSchema:
    pairs = zip(names, colors, strict=True)
    return LabelSchema(tuple(LabelClass(i, name, color) for i, (name, color) in enumerate(pairs)))
