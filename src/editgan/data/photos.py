"""Folders and zips of photos, decoded once into memory."""

import lzma
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath

import numpy as np
import torch
from PIL import Image as PilImage

from editgan.core.errors import InputError, PhotoError
from editgan.core.types import Pixels
from editgan.data.opening import decode
from editgan.data.original import original_of

# Of all formats that can be opened, also of those that are not read in every installation
SUFFIXES = {
    *(".jpg", ".jpeg", ".jpe", ".jfif", ".jif", ".mpo", ".png", ".apng", ".webp", ".avif", ".avifs"),
    *(".tif", ".tiff", ".bmp", ".dib", ".gif", ".heic", ".heics", ".heif", ".heifs", ".hif"),
    *(".ppm", ".pgm", ".pbm", ".pnm", ".pfm", ".jp2", ".j2k", ".j2c", ".jpc", ".jpf", ".jpx"),
    *(".tga", ".icb", ".vda", ".vst"),
}
BLACK = 24  # of 255: what compressing and resizing make of black beside the picture


@dataclass(frozen=True, slots=True)
class PhotoSet:
    """Square photos of one size."""

    pixels: Pixels
    names: list[str]  # file names, sorted, one per photo
    skipped: list[str]  # members that could not be decoded

    def __len__(self) -> int:
        return len(self.names)

    def part(self, start: int, stop: int | None) -> "PhotoSet":
        """The photos `start:stop` in file order."""
        return PhotoSet(self.pixels[start:stop], self.names[start:stop], [])

    def only(self, indices: Sequence[int]) -> "PhotoSet":
        """The photos at these positions; what was skipped stays known."""
        return PhotoSet(self.pixels[list(indices)], [self.names[i] for i in indices], self.skipped)

    def some(self, count: int, seed: int) -> "PhotoSet":
        """At most so many, drawn by the seed, in file order."""
        drawn = torch.randperm(len(self), generator=torch.Generator().manual_seed(seed))[:count]
        return self.only(drawn.sort().values.tolist())

    def named(self, prefix: str) -> "PhotoSet":
        """The same under longer names, that say which set each is from."""
        names, skipped = ([prefix + name for name in some] for some in (self.names, self.skipped))
        return PhotoSet(self.pixels, names, skipped)


def joined(sets: Sequence[PhotoSet]) -> PhotoSet:
    """One after the other."""
    if len(sets) == 1:
        return sets[0]
    names = [name for part in sets for name in part.names]
    skipped = [name for part in sets for name in part.skipped]
    return PhotoSet(torch.cat([part.pixels for part in sets]), names, skipped)


def load_photos(
    source: Path, resolution: int, *, on_progress: Callable[[int, int], None] | None = None
) -> PhotoSet:
    """Every photo of a folder or a zip, cropped to its central square and resized to `resolution`.

    Broken members are skipped and named in `skipped`. Held in memory as bytes: 10,000 photos of 128 px
    take 0.5 GB.

    Raises:
        InputError: no such file, not a folder or zip, or nothing in it could be read.
    """
    files = _photos_in(source)
    names, good, skipped = list(files), dict[str, np.ndarray](), list[str]()
    with ThreadPoolExecutor() as pool:
        for start in range(0, len(names), 256):  # in slices, so that only few files are open as bytes at once
            some = names[start : start + 256]
            blobs = (_read_or_none(files[name]) for name in some)
            decoded = pool.map(lambda blob: _decoded(blob, resolution), blobs)
            for name, picture in zip(some, decoded, strict=True):
                if picture is None:
                    skipped.append(name)
                else:
                    good[name] = picture
            if on_progress is not None:
                on_progress(min(start + 256, len(names)), len(names))
    if not good:
        raise InputError(f"{source} should hold photos (JPEG, PNG, WebP, HEIC, ...), but none could be read")
    return PhotoSet(torch.from_numpy(np.stack(list(good.values()))), list(good), skipped)


def last_photos(source: Path, count: int) -> Iterator[tuple[str, Pixels]]:
    """The last photos by name, whole and at their own size; broken ones are left out.

    Where there is a folder `photos`, those in it alone: labels may lie beside it.

    Raises:
        InputError: no such file, or not a folder or zip.
    """
    found = _photos_in(source)
    found = {name: read for name, read in found.items() if name.startswith("photos/")} or found
    for name, read in list(found.items())[-count:]:
        if (picture := _whole_or_none(_read_or_none(read))) is not None:
            yield name, torch.from_numpy(picture)[None]


def letter_box(photos: PhotoSet) -> float:
    """Share of the side that is black at the top, and as much at the bottom, in (nearly) all photos.

    Wide subjects are kept so in a square: the 4:3 pictures of the cars have an eighth above and below.
    """
    share = (photos.pixels.amax((2, 3)) > BLACK).float().mean(0)  # of photos with something in a row
    lit = (share > 0.05).nonzero()
    if not len(lit):
        return 0.0
    return min(int(lit[0]), len(share) - 1 - int(lit[-1])) / len(share)


def files_in(source: Path) -> dict[str, Callable[[], bytes]]:
    """What a folder or a zip holds: how to read each file, by its name in there.

    Raises:
        InputError: no such file, or not a folder or zip.
    """
    if source.is_dir():
        return {p.relative_to(source).as_posix(): p.read_bytes for p in source.rglob("*") if p.is_file()}
    if not source.exists():
        raise InputError(f"{source} does not exist; give a folder or a zip of photos")
    try:
        archive = zipfile.ZipFile(source)
    except zipfile.BadZipFile:
        raise InputError(f"{source} should be a folder or a zip of photos, but it is not a zip") from None
    return {name: partial(archive.read, name) for name in archive.namelist()}


def is_photo(name: str) -> bool:
    """Whether a file of a folder is to be opened, by its name: hidden ones (macOS's `._me.jpg`) are not."""
    path = PurePosixPath(name)
    is_hidden = any(part.startswith(".") for part in path.parts)
    return path.suffix.lower() in SUFFIXES and not is_hidden


def _photos_in(source: Path) -> dict[str, Callable[[], bytes]]:
    return {name: read for name, read in sorted(files_in(source).items()) if is_photo(name)}


def _read_or_none(read: Callable[[], bytes]) -> bytes | None:
    try:
        return read()
    except (OSError, EOFError, RuntimeError, zipfile.BadZipFile, zlib.error, lzma.LZMAError):
        return None  # a damaged, encrypted or oddly compressed member


def _decoded(blob: bytes | None, resolution: int) -> np.ndarray | None:
    try:
        return None if blob is None else _square(blob, resolution)
    except PhotoError:
        return None


def _whole_or_none(blob: bytes | None) -> np.ndarray | None:
    try:
        return None if blob is None else _read(blob)
    except PhotoError:
        return None


def _read(blob: bytes) -> np.ndarray:
    """As a photo that is opened alone, but of any size: sets of small pictures are learnt from, too."""
    return original_of(decode(blob, min_side_px=1)).srgb[0].numpy()


def _square(blob: bytes, resolution: int) -> np.ndarray:
    rgb = PilImage.fromarray(_read(blob))
    side = min(rgb.size)
    left, top = (rgb.width - side) // 2, (rgb.height - side) // 2
    box = (left, top, left + side, top + side)
    if side != resolution or rgb.width != rgb.height:
        rgb = rgb.resize((resolution, resolution), PilImage.Resampling.LANCZOS, box=box)
    return np.array(rgb)


def shuffled(count: int, batch_size: int, *, seed: int, start: int) -> Iterator[torch.Tensor]:
    """Batches of indices, a fresh order each epoch, from image number `start` on.

    A function of (seed, start) alone: a resumed run sees the photos an uninterrupted one would have seen.
    """
    position = start
    epoch, order = -1, torch.empty(0, dtype=torch.int64)
    while True:
        batch: list[torch.Tensor] = []
        while len(batch) < batch_size:
            if position // count != epoch:
                epoch = position // count
                order = torch.randperm(count, generator=torch.Generator().manual_seed(seed + epoch))
            batch.append(order[position % count])
            position += 1
        yield torch.stack(batch)
