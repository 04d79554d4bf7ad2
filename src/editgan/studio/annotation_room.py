"""The annotation room's pictures: each is aligned, embedded, and read by the branch, as jobs of the worker.

A set has one job at a time. Pictures that are added while it reads others are read by the same job, so that
somebody who drops twenty photos does not fill the queue.
"""

import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from editgan.bundle.opened import OpenPhoto
from editgan.bundle.reading import read_parts
from editgan.core.descent import Step, Watch
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
from editgan.studio.picture_sets import (
    KIND,
    Source,
    add_picture,
    change_picture,
    change_set,
    create_set,
    find_picture,
    is_test_by_default,
    load_set,
    picture_folder,
    source_of,
    write_picture,
)
from editgan.studio.refusal import Refusal
from editgan.studio.schemas import Box, NewPictureSet, NewSamples, Picture, PictureSet
from editgan.studio.set_parts import by_name
from editgan.studio.settings import Settings
from editgan.studio.visitors import Visitor
from editgan.studio.work import Kind, Work, Worker


class AnnotationRoom:
    """Sets and their pictures. All but `view` runs on the worker's thread."""

    def __init__(self, worker: Worker, bundles: Bundles, settings: Settings) -> None:
        self.worker, self.bundles, self.settings = worker, bundles, settings

    def view(self, visitor: Visitor, identifier: str) -> PictureSet:
        """As clients see it: a job that is over, or was lost in a restart, is none."""
        for _ in range(2):  # a job may end between the two looks, and have changed the set before
            found = load_set(visitor.path(KIND, identifier))
            if self.running(visitor, found) is not None:
                return found
        lost = {"error": "it was stopped before it was read; read it again", "error_code": "interrupted"}
        pictures = [p.model_copy(update=lost) if _is_waiting(p) else p for p in found.pictures]
        return found.model_copy(update={"job": None, "pictures": pictures})

    def running(self, visitor: Visitor, found: PictureSet) -> Work | None:
        """The set's job, while it waits or runs."""
        work = None if found.job is None else self.worker.find(found.job, visitor.key)
        return None if work is None or work.is_over else work

    def create(self, visitor: Visitor, asked: NewPictureSet) -> PictureSet:
        """An empty set with these parts, or with the bundle's."""
        known = self.bundles.info(visitor, asked.bundle)
        parts = asked.parts or known.parts
        label_px = max(self.settings.label_px, known.resolution)
        return create_set(visitor, self.settings, asked.name, asked.bundle, parts, label_px=label_px)

    def add_photo(
        self,
        visitor: Visitor,
        identifier: str,
        original: bytes,
        name: str,
        box: Box | None,
        size: tuple[int, int],
    ) -> PictureSet:
        """A photo whose bytes have been found good, of this width and height."""
        folder = visitor.path(KIND, identifier)
        self._check_room(visitor, load_set(folder), count=1, size=len(original))
        self._ensure_job(visitor, folder)
        return add_picture(folder, name, Source(box=box), original, size)

    def add_samples(self, visitor: Visitor, identifier: str, asked: NewSamples) -> PictureSet:
        """Pictures that the generator invents."""
        folder = visitor.path(KIND, identifier)
        self._check_room(visitor, load_set(folder), count=len(asked.seeds), size=0)
        self._ensure_job(visitor, folder)
        for seed in asked.seeds:
            add_picture(folder, f"seed {seed}", Source(seed=seed, truncation_psi=asked.truncation_psi))
        return load_set(folder)

    def read_again(self, visitor: Visitor, identifier: str, picture: str, box: Box | None) -> PictureSet:
        """A picture that could not be read, with a frame from a person."""
        folder = visitor.path(KIND, identifier)
        if find_picture(load_set(folder), picture).is_ready:
            raise Refusal(409, "ready", "the picture has been read already; delete it to add it differently")
        self._ensure_job(visitor, folder)
        source = source_of(folder, picture).model_copy(update={"box": box})
        write_picture(folder, picture, {"source.json": source.model_dump_json().encode()})
        return change_picture(folder, picture, error=None, error_code=None)

    def save_labels(self, visitor: Visitor, identifier: str, picture: str, label_map: LabelMap) -> PictureSet:
        """Replaces what was saved before, as a whole."""
        folder = visitor.path(KIND, identifier)
        found = load_set(folder)
        known = find_picture(found, picture)
        if not known.is_ready:
            raise Refusal(409, "not-ready", "the picture has not been read yet; wait for its job")
        png = encode_labels(label_map, schema_of(found.parts), "png")
        write_picture(folder, picture, {"labels.png": png})
        is_test = known.is_test if known.is_labelled else is_test_by_default(found)
        change_picture(folder, picture, is_labelled=True, is_test=is_test)
        return self.view(visitor, identifier)

    def start(self, kind: Kind, visitor: Visitor, folder: Path, act: Callable[[Work], None]) -> Work:
        """The set's one job. Raises Refusal while it has another."""
        if self.running(visitor, load_set(folder)) is not None:
            raise Refusal(409, "busy", "something is being done with this set already; wait, or stop it")

        def run(work: Work) -> None:
            try:
                act(work)
            finally:
                if folder.is_dir():
                    change_set(folder, job=None)

        work = self.worker.submit(Work(kind, visitor.key, run, picture_set=folder.name))
        change_set(folder, job=work.job.id)
        return work

    def _check_room(self, visitor: Visitor, found: PictureSet, *, count: int, size: int) -> None:
        if len(found.pictures) + count > self.settings.pictures:
            raise Refusal(409, "limit", f"a set has {self.settings.pictures} pictures at most; delete some")
        if visitor.used_bytes() + size > self.settings.disk_bytes:
            raise Refusal(409, "limit", "your pictures take all the space there is for them; delete some")

    def _ensure_job(self, visitor: Visitor, folder: Path) -> None:
        """One that will read what is added now: requests and jobs share a thread, so none is overlooked."""
        work = self.running(visitor, load_set(folder))
        if work is None or work.kind != "picture" or work.is_stopping:
            self.start("picture", visitor, folder, lambda work: self._read_all(visitor, folder, work))

    def _read_all(self, visitor: Visitor, folder: Path, work: Work) -> None:
        done = 0
        while waiting := [p for p in load_set(folder).pictures if _is_waiting(p)]:
            work.check(keep_best=False)
            picture, costs = waiting[0], [_cost(folder, p) for p in waiting]
            work.update(note=picture.name, total=done + sum(costs), step=done, picture=picture.id)
            try:
                self._read(visitor, folder, picture, work, done)
            except EditGANError as error:
                change_picture(folder, picture.id, error=str(error), error_code=error.code)
            self.worker.serve_quick()
            done += costs[0]
        work.update(step=done, total=done)

    def _read(self, visitor: Visitor, folder: Path, picture: Picture, work: Work, done: int) -> None:
        def watch(step: Step) -> None:
            self.worker.serve_quick()
            work.saw(replace(step, index=done + step.index))
            work.check(keep_best=False)

        editor = self.bundles.editor(visitor, load_set(folder).bundle)
        photo = self._open(visitor, editor, folder, picture, watch)
        found = load_set(folder)  # anew: its parts may have changed meanwhile, the picture may be gone
        if not any(p.id == picture.id for p in found.pictures):
            return
        files, doubt = _files(editor, photo, found)
        write_picture(folder, picture.id, files)
        (picture_folder(folder, picture.id) / "original").unlink(missing_ok=True)
        change_picture(folder, picture.id, is_ready=True, disagreement=doubt)

    def _open(
        self, visitor: Visitor, editor: Editor, folder: Path, picture: Picture, watch: Watch
    ) -> OpenPhoto:
        source = source_of(folder, picture.id)
        if source.seed is not None:
            return editor.sample(source.seed, truncation_psi=source.truncation_psi)
        original = (picture_folder(folder, picture.id) / "original").read_bytes()
        pixels = read_photo(original, self.settings.megapixels)
        cache = embeddings_of(visitor, self.settings)
        return editor.open(to_pil(pixels), box=source.box, cache=cache, watch=watch)


def _is_waiting(picture: Picture) -> bool:
    return not picture.is_ready and picture.error is None


def _cost(folder: Path, picture: Picture) -> int:
    """In steps: what it adds to a progress bar."""
    return 1 if source_of(folder, picture.id).seed is not None else Embedding().steps


def _files(editor: Editor, photo: OpenPhoto, found: PictureSet) -> tuple[dict[str, bytes], float]:
    """What a person sees of a picture, and how much the ensemble disagrees about it."""
    side, schema = found.label_px, schema_of(found.parts)
    reading = read_parts(editor.bundle, photo.w_plus, side)
    read = by_name(reading.label_map, editor.schema.names, schema.names)
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
