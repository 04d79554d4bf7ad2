"""The annotation room's pictures: each is aligned, embedded, and read by the branch, as jobs of the worker.

A set has one job at a time. Pictures that are added while it reads others are read by the same job, so that
somebody who drops twenty photos does not fill the queue.
"""

import io

import numpy as np

from editgan.bundle.opened import OpenPhoto
from editgan.bundle.reading import Reading, read_parts, seen_parts
from editgan.core.descent import Watch
from editgan.core.errors import EditGANError
from editgan.core.images import to_pil, to_pixels
from editgan.core.types import LabelMap
from editgan.data.align import crop
from editgan.data.opening import read_photo
from editgan.editor import Editor
from editgan.inversion.embed import Embedding
from editgan.studio.bundles import Bundles, schema_of
from editgan.studio.desk import embeddings_of
from editgan.studio.encoding import disagreement_map, encode_labels
from editgan.studio.picture_sets import SetFolder, Source, find_picture, is_test_by_default, is_waiting
from editgan.studio.records import count, create, new_id
from editgan.studio.refusal import Refusal
from editgan.studio.schemas import Box, NewPictureSet, NewSamples, Picture, PictureSet
from editgan.studio.set_parts import by_name
from editgan.studio.settings import Settings
from editgan.studio.visitors import Visitor
from editgan.studio.work import Work, Worker


class AnnotationRoom:
    """Sets and their pictures. On the worker's thread only."""

    def __init__(self, worker: Worker, bundles: Bundles, settings: Settings) -> None:
        self.worker, self.bundles, self.settings = worker, bundles, settings

    def create(self, visitor: Visitor, asked: NewPictureSet) -> PictureSet:
        """An empty set with these parts, or with the bundle's.

        Raises Refusal for a visitor who has too many, LabelError for odd parts.
        """
        known, most = self.bundles.info(visitor, asked.bundle), self.settings.sets
        parts, label_px = asked.parts or known.parts, max(self.settings.label_px, known.resolution)
        schema_of(parts)
        if count(SetFolder, visitor) >= most:
            raise Refusal(409, "limit", f"{most} sets are kept at once; delete one you are done with")
        found = PictureSet(id=new_id(), name=asked.name, bundle=asked.bundle, parts=parts, label_px=label_px)
        return create(SetFolder, visitor, found).load()

    def add_photo(
        self, folder: SetFolder, original: bytes, name: str, box: Box | None, size: tuple[int, int]
    ) -> PictureSet:
        """A photo whose bytes have been found good, of this width and height."""
        self._check_room(folder, pictures=1, size=len(original))
        self._ensure_job(folder)
        return folder.add(name, Source(box=box), original, photo_size=size)

    def add_samples(self, folder: SetFolder, asked: NewSamples) -> PictureSet:
        """Pictures that the generator invents."""
        self._check_room(folder, pictures=len(asked.seeds), size=0)
        self._ensure_job(folder)
        for seed in asked.seeds:
            folder.add(f"seed {seed}", Source(seed=seed, truncation_psi=asked.truncation_psi))
        return folder.load()

    def read_again(self, folder: SetFolder, picture: str, box: Box | None) -> PictureSet:
        """A picture that could not be read, with a frame from a person."""
        if find_picture(folder.load(), picture).is_ready:
            raise Refusal(409, "ready", "the picture has been read already; delete it to add it differently")
        self._ensure_job(folder)
        folder.write_source(picture, folder.source(picture).model_copy(update={"box": box}))
        return folder.change_picture(picture, error=None, error_code=None)

    def save_labels(self, folder: SetFolder, picture: str, label_map: LabelMap) -> PictureSet:
        """Replaces what was saved before, as a whole."""
        found = folder.load()
        known = find_picture(found, picture)
        if not known.is_ready:
            raise Refusal(409, "not-ready", "the picture has not been read yet; wait for its job")
        png = encode_labels(label_map, schema_of(found.parts), "png")
        folder.write_picture(picture, {"labels.png": png})
        is_test = known.is_test if known.is_labelled else is_test_by_default(found)
        folder.change_picture(picture, is_labelled=True, is_test=is_test)
        return folder.view(self.worker)

    def _check_room(self, folder: SetFolder, *, pictures: int, size: int) -> None:
        if len(folder.load().pictures) + pictures > self.settings.pictures:
            raise Refusal(409, "limit", f"a set has {self.settings.pictures} pictures at most; delete some")
        if folder.visitor.used_bytes() + size > self.settings.disk_bytes:
            raise Refusal(409, "limit", "your pictures take all the space there is for them; delete some")

    def _ensure_job(self, folder: SetFolder) -> None:
        """One that will read what is added now: requests and jobs share a thread, so none is overlooked."""
        work = folder.running(self.worker)
        if work is None or work.kind != "picture" or work.is_stopping:
            folder.start(self.worker, "picture", lambda work: self._read_all(folder, work))

    def _read_all(self, folder: SetFolder, work: Work) -> None:
        done = 0
        while waiting := [p for p in folder.load().pictures if is_waiting(p)]:
            work.check(keep_best=False)
            picture, costs = waiting[0], [_cost(folder, p) for p in waiting]
            work.update(note=picture.name, total=done + sum(costs), step=done, picture=picture.id)
            try:
                self._read(folder, picture, self.worker.watch(work, done=done))
            except EditGANError as error:
                folder.change_picture(picture.id, error=str(error), error_code=error.code)
            self.worker.serve_quick()
            done += costs[0]
        work.update(step=done, total=done)

    def _read(self, folder: SetFolder, picture: Picture, watch: Watch) -> None:
        editor = self.bundles.editor(folder.visitor, folder.load().bundle)
        photo = self._open(editor, folder, picture, watch)
        found = folder.load()  # anew: its parts may have changed meanwhile, the picture may be gone
        if not any(p.id == picture.id for p in found.pictures):
            return
        files, doubt = _files(editor, photo, found)
        folder.write_picture(picture.id, files)
        folder.picture_path(picture.id, "original").unlink(missing_ok=True)
        folder.change_picture(picture.id, is_ready=True, disagreement=doubt)

    def _open(self, editor: Editor, folder: SetFolder, picture: Picture, watch: Watch) -> OpenPhoto:
        source = folder.source(picture.id)
        if source.seed is not None:
            return editor.sample(source.seed, truncation_psi=source.truncation_psi)
        original = folder.picture_path(picture.id, "original").read_bytes()
        pixels = read_photo(original, self.settings.megapixels)
        cache = embeddings_of(folder.visitor, self.settings)
        return editor.open(to_pil(pixels), box=source.box, cache=cache, watch=watch)


def _cost(folder: SetFolder, picture: Picture) -> int:
    """In steps: what it adds to a progress bar."""
    return 1 if folder.source(picture.id).seed is not None else Embedding().steps


def _files(editor: Editor, photo: OpenPhoto, found: PictureSet) -> tuple[dict[str, bytes], float]:
    """What a person sees of a picture, and how much the ensemble disagrees about it."""
    side, schema = found.label_px, schema_of(found.parts)
    reading = read_parts(editor.bundle, photo.w_plus, side)
    read = by_name(_parts(editor, photo, reading, side), editor.schema.names, schema.names)
    doubt = reading.disagreement[0].cpu().numpy()
    image = io.BytesIO()
    # No smaller than the generator's own: from this picture a training embeds it
    aligned = to_pixels(crop(photo.pixels, photo.framing, max(side, editor.bundle.resolution)))
    to_pil(aligned).save(image, "WEBP", lossless=True)
    return {
        "image.webp": image.getvalue(),
        "read.png": encode_labels(read, schema, "png"),
        "disagreement.png": disagreement_map(np.sqrt(doubt), side),  # else only the worst places show
    }, round(float(doubt.mean()), 4)


def _parts(editor: Editor, photo: OpenPhoto, reading: Reading, side: int) -> LabelMap:
    """Of a photo as the reader sees them, for an embedding loses some; else as the branch reads them."""
    reader = editor.bundle.reader
    if reader is None or photo.report.seed is not None:
        return reading.label_map
    image = crop(photo.pixels, photo.framing, reader.config.side).to(editor.bundle.device)
    return seen_parts(reader, image, side)
