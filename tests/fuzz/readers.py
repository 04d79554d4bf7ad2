"""Every parser of a file that a person may bring: a good file of its kind, and how it is read."""

import base64
import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image as PilImage
from safetensors.torch import save, save_file

from editgan.bundle.bundle import BundleDraft
from editgan.bundle.facts import DataFacts, Facts
from editgan.bundle.folder import load_draft, save_bundle
from editgan.bundle.snapshot import Snapshot, SnapshotFacts, load_snapshot, save_snapshot
from editgan.core.arrays import load_array
from editgan.core.files import sha256
from editgan.core.label_pictures import load_label_map, palette_png
from editgan.core.labels import LabelClass, LabelSchema
from editgan.data.annotations import load_w_plus
from editgan.data.formats.class_files import load_classes
from editgan.data.formats.coco import find_coco
from editgan.data.labelme import labels_in, load_labelme
from editgan.data.masks import read_keep
from editgan.data.opening import read_photo
from editgan.data.people import load_people
from editgan.editing.composition import Composition
from editgan.editing.recipe import EditRecipe
from editgan.editing.vector import EditVector, Place
from editgan.jobs.queue.plan import load_plan
from editgan.models.aligner import Aligner, AlignerConfig
from editgan.models.discriminator import Discriminator
from editgan.models.encoder import Encoder, EncoderConfig
from editgan.models.generator import Generator, GeneratorConfig
from editgan.models.identity import IdentityConfig, IdentityNetwork
from editgan.models.latent_metric import LatentMetric, MetricConfig
from editgan.models.segmentation import BranchConfig, SegmentationBranch

SIDE = 40
BOTH, HEADER = ("bytes", "json", "json"), ("bytes", "header", "header")
PHOTOS = ("PNG", "JPEG", "WEBP", "GIF", "TIFF", "BMP", "PPM", "JPEG2000", "TGA", "AVIF")
LABELS = ("PNG", "GIF", "BMP", "TIFF", "WEBP")
SCHEMA = LabelSchema(
    tuple(
        LabelClass(i, name, (40 * i, 9, 255 - 50 * i))
        for i, name in enumerate(("background", "skin", "iris"))
    )
)
SHAPES = [
    {"label": "skin", "points": [[1, 1], [30, 2], [20, 30]], "shape_type": "polygon", "group_id": None},
    {"label": "iris", "points": [[1, 1], [30, 20]], "shape_type": "rectangle"},
    {"label": "iris", "points": [[10, 10], [13, 14]], "shape_type": "circle"},
    {"label": "__ignore__", "points": [[10, 10], [13, 14]], "shape_type": "line"},
]


@dataclass(frozen=True)
class Kind:
    """A parser: its file's place in a folder of its own, and the faults that make sense."""

    file: str
    make: Callable[[Path], None]  # all files of a folder
    read: Callable[[Path], object]  # raises only the project's own errors
    faults: tuple[str, ...] = ("bytes",)


def kinds() -> dict[str, Kind]:
    """All of them, by name."""
    return {
        **{f"photo {f}": Kind("a.img", _saved(_photo, f), read_photo) for f in PHOTOS},
        **{f"labels {f}": Kind("a.img", _saved(_labels, f), _read_labels) for f in LABELS},
        "keep": Kind("a.img", _saved(_photo, "PNG"), read_keep),
        "classes.json": Kind("classes.json", lambda f: SCHEMA.save(f / "classes.json"), load_classes, BOTH),
        "labelmap.txt": Kind(
            "labelmap.txt", _text("labelmap.txt", "# a\nskin:255,0,0::\nhair:0,2,0::\n"), load_classes
        ),
        "class_names.txt": Kind(
            "class_names.txt", _text("class_names.txt", "__ignore__\nskin\n"), load_classes
        ),
        "labelme": Kind("a.json", _labelme, _read_labelme, BOTH),
        "coco": Kind("annotations.json", _coco, _read_coco, BOTH),
        "npy": Kind("a.npy", lambda f: np.save(f / "a.npy", np.eye(9)), load_array),
        "people": Kind("people.csv", _people, lambda path: load_people(path.parent, 32)),
        "bundle.json": Kind("bundle.json", _bundle, lambda path: load_draft(path.parent), BOTH),
        "bundle schema": Kind("schema.json", _bundle, _read_bundle_file, BOTH),
        "bundle file": Kind("encoder.safetensors", _bundle, _read_bundle_file, HEADER),
        "snapshot": Kind("a.safetensors", _snapshot, load_snapshot, HEADER),
        "vector": Kind(
            "a.safetensors", lambda f: _vector().save(f / "a.safetensors"), EditVector.load, HEADER
        ),
        "recipe": Kind("a.json", lambda f: _write(f / "a.json", _recipe()), EditRecipe.load, BOTH),
        "w_plus": Kind("a.safetensors", _w_plus, load_w_plus, HEADER),
        "plan": Kind("plan.toml", _plan, load_plan),
    }


def _write(path: Path, data: bytes) -> None:
    path.write_bytes(data)


def _text(name: str, text: str) -> Callable[[Path], None]:
    return lambda folder: _write(folder / name, text.encode())


def _photo() -> PilImage.Image:
    ramp = np.arange(SIDE * SIDE * 3).reshape(SIDE, SIDE, 3) % 251
    return PilImage.fromarray(ramp.astype(np.uint8))


def _labels() -> PilImage.Image:
    return palette_png(torch.arange(SIDE * SIDE).reshape(SIDE, SIDE) % len(SCHEMA), SCHEMA)


def _saved(picture: Callable[[], PilImage.Image], kind: str) -> Callable[[Path], None]:
    def make(folder: Path) -> None:
        buffer = io.BytesIO()
        exif = PilImage.Exif()
        exif[0x0112] = 6
        options = {"exif": exif} if kind in ("PNG", "JPEG", "WEBP", "TIFF", "AVIF") else {}
        picture().save(buffer, kind, **options, **({"lossless": True} if kind == "WEBP" else {}))
        _write(folder / "a.img", buffer.getvalue())

    return make


def _read_labels(path: Path) -> object:
    return load_label_map(path, SCHEMA, with_ignored=True)


def _labelme(folder: Path) -> None:
    PilImage.new("L", (5, 5), 255).save(buffer := io.BytesIO(), "PNG")
    mask = {"label": "skin", "points": [[2, 2], [6, 6]], "shape_type": "mask"}
    mask["mask"] = base64.b64encode(buffer.getvalue()).decode()
    notes = {"imageHeight": SIDE, "imageWidth": SIDE, "imageData": None, "shapes": [*SHAPES, mask]}
    _write(folder / "a.json", json.dumps(notes).encode())


def _read_labelme(path: Path) -> object:
    labels_in(path)
    return load_labelme(path, SCHEMA)


def _coco(folder: Path) -> None:
    _photo().save(folder / "a.png")
    outlines = [
        [[1, 1, 30, 2, 20, 30]],
        {"size": [SIDE, SIDE], "counts": [100, 50, SIDE * SIDE - 150]},
        {"size": [4, 3], "counts": "52203"},
    ]
    things = [
        {"id": i, "image_id": 1, "category_id": 1 + i % 2, "segmentation": outline, "iscrowd": 0}
        for i, outline in enumerate(outlines[:2])
    ]
    notes = {
        "images": [{"id": 1, "file_name": "a.png", "width": SIDE, "height": SIDE}],
        "annotations": things,
        "categories": [{"id": 1, "name": "skin"}, {"id": 2, "name": "iris"}],
    }
    _write(folder / "annotations.json", json.dumps(notes).encode())


def _read_coco(path: Path) -> object:
    return [photo.labels((SIDE, SIDE)) for photo in find_coco(path.parent).photos]


def _people(folder: Path) -> None:
    _photo().save(folder / "a.png")
    _write(folder / "people.csv", b'file,identity\r"a.png",anna\rb.png,"bert, senior"\r')


CONFIG = GeneratorConfig(resolution=16, z_dim=8, w_dim=8, mapping_layers=1, channel_base=64, channel_max=8)


def _bundle(folder: Path) -> None:
    generator, taps = Generator(CONFIG), CONFIG.tap_channels
    layers = {"num_ws": CONFIG.num_ws, "w_dim": CONFIG.w_dim}
    small = {"channel_base": 64, "channel_max": 8}
    branch = BranchConfig(
        taps=tuple(taps), tap_channels=tuple(taps.values()), classes=3, resolution=16, heads=2, hidden=(4, 4)
    )
    draft = BundleDraft(
        name="tiny",
        subject="face",
        generator=generator,
        discriminator=Discriminator(CONFIG),
        encoder=Encoder(EncoderConfig(resolution=16, **layers, **small, pyramid_channels=8, head_channels=8)),
        aligner=Aligner(AlignerConfig(resolution=32, channels=4)),
        facts=Facts(data=DataFacts(terms="none")),
    ).having(
        branch=SegmentationBranch(branch),
        identity=IdentityNetwork(IdentityConfig(resolution=16, **small, squeezed_channels=8, dim=8)),
        metric=LatentMetric(MetricConfig(**layers, rank=2)),
        schema=SCHEMA,
    )
    save_bundle(draft, folder)


def _read_bundle_file(path: Path) -> object:
    """Somebody who means ill gives the right digest, too."""
    notes_path = path.parent / "bundle.json"
    notes = json.loads(notes_path.read_bytes())
    if path.name == "schema.json":
        notes["schema"]["sha256"] = sha256(path)
    else:
        notes["networks"][path.stem]["files"] = {path.name: sha256(path)}
    notes_path.write_text(json.dumps(notes))
    return load_draft(path.parent)


def _snapshot(folder: Path) -> None:
    save_snapshot(Snapshot(Generator(CONFIG), SnapshotFacts(images=5)), folder / "a.safetensors")


def _vector() -> EditVector:
    return EditVector(
        name="smile",
        delta=torch.ones(CONFIG.num_ws, CONFIG.w_dim),
        classes=("skin",),
        bundle="tiny",
        fingerprint="0" * 16,
        place=Place(share=0.1, left=0, top=0, right=1, bottom=1),
        learnt={"date": "2026-11-27"},
    )


def _recipe() -> bytes:
    done = Composition(
        {_vector(): 0.5},
        painted=torch.ones(1, 1, 16, 16, dtype=torch.bool),
        keep=torch.ones(1, 1, 32, 32, dtype=torch.bool),
        refined=torch.zeros(1, CONFIG.num_ws, CONFIG.w_dim),
        refine_steps=3,
    )
    embedding = save({"w_plus": torch.zeros(1, 2, 2)})
    recipe = EditRecipe(
        bundle="tiny",
        fingerprint="0" * 16,
        photo="0" * 64,
        box=(1.0, 2.0, 30.0, 30.0),
        embedding=embedding,
        composition=done,
    )
    return recipe.to_bytes()


def _w_plus(folder: Path) -> None:
    save_file({"w_plus": torch.zeros(6, 8)}, folder / "a.safetensors")


def _plan(folder: Path) -> None:
    (folder / "photos").mkdir()
    text = """
    export_minutes = 30
    samples = 16
    [[training]]
    name = "a"
    recipe = "cats_64"
    photos = ["photos"]
    share = 2
    kimg = 400.5
    [training.set]
    style_mixing = 0.5
    """
    _write(folder / "plan.toml", text.encode())
