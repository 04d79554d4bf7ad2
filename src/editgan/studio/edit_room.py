"""The edit room's long work: opening, repainting, composing. Each is queued as a job of the worker."""

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from safetensors.torch import save

from editgan.core.descent import Step
from editgan.core.errors import EditGANError
from editgan.core.images import resize, to_pixels
from editgan.core.types import Keep, LabelMap, Region
from editgan.data.frame import Framing
from editgan.editing.composition import NOTHING, PasteMode
from editgan.editing.composition import Composition as Composed
from editgan.editing.learn import asked_of
from editgan.editing.outcome import Edit, Result
from editgan.editing.painted import about_painted
from editgan.editing.recipe import mask_to_png
from editgan.editing.region import margin_px, painted_region
from editgan.editing.seeing import Rise, about_hidden, about_seen
from editgan.editing.vector import EditVector
from editgan.editing.walk import Editing
from editgan.inversion.opening import Opening
from editgan.studio.desk import Desk
from editgan.studio.documents import KEEP, PAINTED, REFINED, DocumentFolder, find_entry
from editgan.studio.encoding import encode, encode_labels, heat_map
from editgan.studio.opened import OpenedDocument, facts
from editgan.studio.schemas import Composition, Document, Entry, Figures, JobKind
from editgan.studio.work import Work, Worker


class EditRoom:
    """Queues what takes seconds."""

    def __init__(self, worker: Worker, desk: Desk) -> None:
        self.worker, self.desk = worker, desk

    def start_opening(self, folder: DocumentFolder, **changes: Any) -> Document:
        """Align and embed the photo, or draw the sample; entries that are there are rendered anew.

        `changes` say how to open it differently.
        """

        def act(work: Work) -> None:
            self.desk.forget(folder.path)
            try:
                self.open_now(folder, work)
            except EditGANError as error:
                folder.change(error=str(error), error_code=error.code)
                raise

        document = folder.load().model_copy(update=changes)
        total = Opening(fidelity=document.fidelity).steps if document.kind == "photo" else 0
        self._start("open", folder, act, total, **changes)
        return folder.load()

    def open_now(self, folder: DocumentFolder, work: Work) -> None:
        """The opening itself, in a job that runs already."""
        work.update(note="embedding")
        generator, side = self.desk.editor(folder).bundle.generator, self.desk.settings.view_px

        def frame(step: Step) -> bytes:
            return encode(to_pixels(resize(generator.synthesis(step.w_plus).image, side)), "jpeg", 85)

        before = folder.load().frame
        opened = self.desk.open(folder, self.worker.watch(work, frame))
        if before is not None and before != opened.corners:
            folder.move_marks(Framing.from_corners(before), opened.framing)
        for entry in folder.load().entries:  # of an opening before: it was refined from elsewhere
            folder.entry_path(entry.id, REFINED).unlink(missing_ok=True)
        document = folder.change(**facts(opened))
        first = Entry(id=0, kind="opened", title=document.name, composition=Composition(strengths={}))
        entries = [self._rendered(folder, opened, entry, work) for entry in document.entries or [first]]
        folder.change(entries=entries)

    def start_edit(
        self,
        folder: DocumentFolder,
        target: LabelMap,
        name: str,
        steps: int,
        paste_mode: PasteMode | None = None,
    ) -> Work:
        """Learn the difference that turns the current entry's parts into `target`.

        It comes into the photo as the current entry does, unless a mode is given.
        """
        before = current_entry(folder)
        mode, keep = paste_mode or before.composition.paste_mode, folder.keep()

        def act(work: Work) -> None:
            work.update(note="editing")
            opened = self.desk.recall(folder)
            started = time.perf_counter()
            done = replace(
                self.desk.composition(folder, before.composition, before.id), paste_mode=mode, keep=keep
            )
            edit, painted = self._repaint(opened, done, target, name, steps, work)
            vector = self.desk.library.add(folder.visitor, edit.vector, is_saved=False)
            strengths = before.composition.strengths | {vector.id: 1.0}
            changes = {"strengths": strengths, "paste_mode": mode}
            self._add(
                folder,
                work,
                {PAINTED: mask_to_png(painted)} | _kept(keep),
                kind="repainted",
                title=name,
                composition=before.composition.model_copy(update=changes),
                vector=vector.id,
                figures=_reached(edit, time.perf_counter() - started),
            )

        return self._start("edit", folder, act, steps)

    def start_composition(self, folder: DocumentFolder, composition: Composition) -> Work:
        """Vectors at these strengths, perhaps refined, instead of the current entry's.

        What differs from that in its paste mode alone is refined as that is.
        """
        before = current_entry(folder)
        keep = _kept(folder.keep())
        is_as_refined = keep == _kept(
            folder.keep(before.id)
        ) and composition == before.composition.model_copy(update={"paste_mode": composition.paste_mode})
        carried = (PAINTED, REFINED) if is_as_refined else (PAINTED,)
        load = self.desk.library.load
        vectors = {key: load(folder.visitor, key) for key in composition.strengths}

        def act(work: Work) -> None:
            paths = [folder.entry_path(before.id, name) for name in carried]
            self._add(
                folder,
                work,
                {path.name: path.read_bytes() for path in paths if path.exists()} | keep,
                kind="refined" if composition.refine_steps else "vectors",
                title=_title(vectors, composition),
                composition=composition,
                vector=before.vector if before.vector in composition.strengths else None,
            )

        return self._start("compose", folder, act, composition.refine_steps)

    def _start(
        self, kind: JobKind, folder: DocumentFolder, act: Callable[[Work], None], total: int, **changes: Any
    ) -> Work:
        return folder.start(self.worker, kind, act, total, **changes, error=None, error_code=None)

    def _repaint(
        self,
        opened: OpenedDocument,
        before: Composed,
        target: LabelMap,
        name: str,
        steps: int,
        work: Work,
    ) -> tuple[Edit, Region]:
        """The edit, learnt from where the vectors have moved the photo, and all that was ever painted."""
        moved = opened.moved(before)
        asked = asked_of(moved, target)
        margin = margin_px(opened.editor.bundle.label_side)
        painted = painted_region(moved.label_map, asked.target, margin=margin)
        if before.painted is not None:
            painted = painted | before.painted.to(painted.device)

        def frame(step: Step) -> bytes:
            return opened.frame(step.w_plus, asked.region | painted, before.keep)

        watch, settings = self.worker.watch(work, frame, keep_best=True), Editing(steps=steps)
        on = replace(NOTHING, paste_mode=before.paste_mode, keep=before.keep)  # what the reader sees is shown
        return opened.editor.edit(moved, asked, name=name, settings=settings, on=on, watch=watch), painted

    def _add(self, folder: DocumentFolder, work: Work, files: dict[str, bytes], **about: Any) -> None:
        """A new entry, which is the current one from now on; the files are what it is made from."""
        number = max(entry.id for entry in folder.load().entries) + 1
        entry = Entry(id=number, keeps=KEEP in files, **about)
        folder.write_entry(entry.id, files)
        entry = self._rendered(folder, self.desk.recall(folder), entry, work)
        folder.change(entries=[*folder.load().entries, entry], current=entry.id)
        work.update(entry=entry.id)

    def _rendered(self, folder: DocumentFolder, opened: OpenedDocument, entry: Entry, work: Work) -> Entry:
        """Writes the entry's pictures; gives it with the figures they have."""
        composed = self.desk.composition(folder, entry.composition, entry.id)
        started, watch = time.perf_counter(), None
        if composed.refine_steps and composed.refined is None:
            work.update(note="refining", total=composed.refine_steps, step=0)
            watch = self.worker.watch(work, keep_best=True)
        result = opened.editor.apply(opened.view, composed, watch=watch)
        files = {
            "image.webp": encode(result.pixels, "webp", 92),
            "labels.png": encode_labels(result.label_map, opened.editor.schema, "png"),
            "heat.png": heat_map(opened.view.pixels, result.pixels),
        }
        if composed.refine_steps:
            files[REFINED] = save({"w_plus": result.w_plus.cpu().contiguous()})
        folder.write_entry(entry.id, files)
        warnings = [w for w in result.report.warnings if w != opened.view.warning]
        warnings += _strange(entry.figures) + _unseen(entry.figures)
        figures = _measured(entry.figures, result, time.perf_counter() - started)
        return entry.model_copy(update={"figures": figures, "warnings": warnings})


def current_entry(folder: DocumentFolder) -> Entry:
    """What is edited further. Raises Refusal for a document that is not open."""
    document = folder.opened()
    return find_entry(document, document.current)


def _kept(keep: Keep | None) -> dict[str, bytes]:
    """As a file of an entry."""
    return {} if keep is None else {KEEP: mask_to_png(keep)}


def _title(vectors: dict[str, EditVector], composition: Composition) -> str:
    parts = [_said(vectors[key], strength) for key, strength in composition.strengths.items() if strength]
    return ", ".join(parts) or "nothing"


def _said(vector: EditVector, strength: float) -> str:
    """A vector at a strength: of two ends the one it is at, else with a sign."""
    if vector.opposite is None:
        return f"{vector.name} {strength:+.2g}"
    return f"{vector.name if strength > 0 else vector.opposite} {abs(strength):.2g}"


def _reached(edit: Edit, seconds: float) -> Figures:
    return Figures(
        target_iou_before=edit.reached.target_iou_before,
        target_iou_after=edit.reached.target_iou_after,
        seen_iou_before=edit.reached.seen_iou_before,
        seen_iou_after=edit.reached.seen_iou_after,
        seen_share=edit.reached.seen_share,
        shape_distance=edit.reached.shape_distance,
        strange_part=edit.reached.strange_part,
        seconds=round(seconds, 2),
    )


def _strange(figures: Figures) -> list[str]:
    """What is to be said of a painted part that is unlike all that were seen."""
    if figures.strange_part is None or figures.shape_distance is None:
        return []
    return about_painted(figures.strange_part, figures.shape_distance)


def _unseen(figures: Figures) -> list[str]:
    """What is to be said of an edit which the photo does not show."""
    claimed = (figures.target_iou_before, figures.target_iou_after)
    seen = (figures.seen_iou_before, figures.seen_iou_after)
    if None in (*claimed, *seen):
        return []
    hidden = [] if figures.seen_share is None else about_hidden(figures.seen_share)
    return about_seen(Rise(*claimed), Rise(*seen)) + hidden  # type: ignore[arg-type]


def _measured(figures: Figures, result: Result, seconds: float) -> Figures:
    outside = result.report.outside_psnr_db
    return figures.model_copy(
        update={
            "outside_psnr_db": outside if outside < 200 else None,  # infinite where nothing differs
            "pasted_outside_max_abs_diff": result.report.pasted_outside_max_abs_diff,
            "region_share": result.report.region_share,
            "unmoved_share": result.report.unmoved_share,
            "seconds": round(seconds, 2) if figures.seconds is None else figures.seconds,
        }
    )
