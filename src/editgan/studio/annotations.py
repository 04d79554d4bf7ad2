"""A picture set as the folder that `editgan train branch --annotations` takes; as a ZIP to take home, too."""

import io
import shutil
import zipfile
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image as PilImage

from editgan.core.label_pictures import save_label_map
from editgan.core.labels import LabelSchema, at_side
from editgan.studio.batches import file_name
from editgan.studio.bundles import schema_of
from editgan.studio.picture_sets import SetFolder
from editgan.studio.refusal import Refusal
from editgan.studio.schemas import PictureSet
from editgan.studio.set_parts import by_name, split


def write_annotations(folder: SetFolder, found: PictureSet, target: Path, schema: LabelSchema) -> None:
    """NAME.webp with NAME.png beside it, classes.json, and the test pictures below in test/.

    `schema` may lack classes of the set that no picture shows.
    """
    teaching, test = split(found)
    target.mkdir(parents=True, exist_ok=True)
    schema.save(target / "classes.json")
    for where, pictures in ((target, teaching), (target / "test", test)):
        for number, picture in enumerate(pictures, start=1):
            where.mkdir(exist_ok=True)
            name = f"{number:03}-{file_name(picture.name)}"
            image = folder.picture_path(picture.id, "image.webp")
            shutil.copyfile(image, where / f"{name}.webp")
            names = [part.name for part in found.parts.classes]
            label_map = by_name(folder.labels(found, picture), names, schema.names)
            save_label_map(at_side(label_map, _side(image))[0], schema, where / f"{name}.png")


def _side(picture: Path) -> int:
    with PilImage.open(picture) as opened:
        return opened.width


def archive(folder: SetFolder) -> bytes:
    """A ZIP of the labelled pictures. Raises Refusal while there are none."""
    found = folder.load()
    if not any(picture.is_labelled for picture in found.pictures):
        raise Refusal(409, "labels", "no picture is labelled yet; save the labels of at least one")
    buffer = io.BytesIO()
    with TemporaryDirectory() as scratch:
        write_annotations(folder, found, Path(scratch), schema_of(found.parts))
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as file:
            for path in sorted(Path(scratch).rglob("*")):
                if path.is_file():
                    file.write(path, path.relative_to(scratch).as_posix())
    return buffer.getvalue()
