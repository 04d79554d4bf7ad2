"""The edit room's long work: opening, repainting, composing. Each is queued as a job of the worker."""

import time
from collections.abc import Callable
from pathlib import Path

from safetensors.torch import save

from editgan.core.descent import Step, Watch
from editgan.core.errors import EditGANError
from editgan.core.images import resize, to_pixels
from editgan.core.types import LabelMap, Region
from editgan.editing.learn import asked_of
from editgan.editing.optimise import Editing
from editgan.editing.outcome import Edit, Result
from editgan.editing.recipe import mask_to_png
from editgan.editing.region import margin_px, painted_region
from editgan.inversion.opening import Opening
from editgan.studio.desk import REFINED, Desk
from editgan.studio.documents import (
    KIND,
    change_document,
    entry_folder,
    find_entry,
    load_document,
    next_number,
    write_entry,
)
from editgan.studio.encoding import data_url, encode, encode_labels, heat_map
from editgan.studio.opened import OpenedDocument, facts
from editgan.studio.refusal import Refusal
from editgan.studio.schemas import Composition, Document, Entry, Figures
from editgan.studio.visitors import Visitor
from editgan.studio.work import Kind, Work, Worker

FRAME_SECONDS = 0.25  # between two pictures of a walk: each costs a generator pass
Frame = Callable[[Step], bytes]


class EditRoom:
    """Queues what takes seconds."""

    def __init__(self, worker: Worker, desk: Desk) -> None:
        self.worker, self.desk = worker, desk

    def start_opening(self, visitor: Visitor, document: Document) -> Document:
        """Align and embed the photo, or draw the sample; entries that are there are rendered anew."""

        def act(work: Work, folder: Path) -> None:
            self.desk.forget(folder)
            try:
                self.open_now(visitor, folder, work)
            except EditGANError as error:
                change_document(folder, error=str(error), error_code=error.code)
                raise

        total = 0
        if document.kind == "photo":
            total = Opening(fidelity=document.fidelity).steps
        self._submit("open", visitor, document, act, total)
        return load_document(visitor.path(KIND, document.id))

    def open_now(self, visitor: Visitor, folder: Path, work: Work) -> None:
        """The opening itself, in a job that runs already."""
        work.update(note="embedding")
        bundle = self.desk.bundles.editor(visitor, load_document(folder).bundle).bundle
        side = self.desk.settings.view_px

        def frame(step: Step) -> bytes:
            image = bundle.generator.synthesis(step.w_plus).image
            return encode(to_pixels(resize(image, side)), "jpeg", 85)

        opened = self.desk.open(visitor, folder, self.watch(work, frame, keep_best=False))
        for entry in load_document(folder).entries:  # of an opening before: it was refined from elsewhere
            (entry_folder(folder, entry.id) / REFINED).unlink(missing_ok=True)
        document = change_document(folder, **facts(opened))
        entries = document.entries or [_first_entry(document)]
        entries = [self._rendered(visitor, folder, opened, entry, work) for entry in entries]
        change_document(folder, entries=entries)

    def start_edit(
        self, visitor: Visitor, document: Document, target: LabelMap, name: str, steps: int
    ) -> Work:
        """Learn the difference that turns the current entry's parts into `target`."""
        before = find_entry(document, document.current)

        def act(work: Work, folder: Path) -> None:
            work.update(note="editing")
            opened = self.desk.recall(visitor, folder)
            started = time.perf_counter()
            edit, painted = self._repaint(visitor, folder, opened, before, target, name, steps, work)
            vector = self.desk.library.add(visitor, edit.vector, is_saved=False)
            strengths = before.composition.strengths | {vector.id: 1.0}
            entry = Entry(
                id=next_number(folder),
                kind="repainted",
                title=name,
                composition=before.composition.model_copy(update={"strengths": strengths}),
                vector=vector.id,
                figures=_reached(edit, time.perf_counter() - started),
                warnings=[],
                created=time.time(),
            )
            write_entry(folder, entry.id, {"painted.png": mask_to_png(painted)})
            self._add(visitor, folder, opened, entry, work)

        return self._submit("edit", visitor, document, act, steps)

    def start_composition(self, visitor: Visitor, document: Document, composition: Composition) -> Work:
        """Vectors at these strengths, perhaps refined, instead of the current entry's."""
        before = find_entry(document, document.current)
        names = {key: self.desk.library.load(visitor, key).name for key in composition.strengths}

        def act(work: Work, folder: Path) -> None:
            opened = self.desk.recall(visitor, folder)
            entry = Entry(
                id=next_number(folder),
                kind="refined" if composition.refine_steps else "vectors",
                title=_title(names, composition),
                composition=composition,
                vector=before.vector if before.vector in composition.strengths else None,
                figures=Figures(),
                warnings=[],
                created=time.time(),
            )
            painted = entry_folder(folder, before.id) / "painted.png"
            if painted.exists():
                write_entry(folder, entry.id, {"painted.png": painted.read_bytes()})
            self._add(visitor, folder, opened, entry, work)

        return self._submit("compose", visitor, document, act, composition.refine_steps)

    def check_free(self, visitor: Visitor, document: Document) -> None:
        """Raises Refusal while a job works on the document."""
        busy = None if document.job is None else self.worker.find(document.job, visitor.key)
        if busy is not None and not busy.is_over:
            raise Refusal(409, "busy", "something is being done to this photo already; wait, or stop it")

    def _submit(
        self,
        kind: Kind,
        visitor: Visitor,
        document: Document,
        act: Callable[[Work, Path], None],
        total: int,
    ) -> Work:
        """One job a document at a time: a second one would build on an entry that is not there yet."""
        folder = visitor.path(KIND, document.id)
        self.check_free(visitor, document)

        def run(work: Work) -> None:
            try:
                act(work, folder)
            finally:
                if folder.is_dir():
                    change_document(folder, job=None)

        work = Work(kind, visitor.key, run, document=document.id)
        work.update(total=total)
        self.worker.submit(work)  # refused, the document is as it was
        change_document(folder, job=work.job.id, error=None, error_code=None)
        return work

    def _repaint(
        self,
        visitor: Visitor,
        folder: Path,
        opened: OpenedDocument,
        before: Entry,
        target: LabelMap,
        name: str,
        steps: int,
        work: Work,
    ) -> tuple[Edit, Region]:
        """The edit, learnt from where the vectors have moved the photo, and all that was ever painted."""
        composition = self.desk.composition(visitor, folder, before.composition, before.id)
        moved = opened.moved(composition)
        asked = asked_of(moved, target)
        margin = margin_px(opened.editor.bundle.label_side)
        painted = painted_region(moved.label_map, asked.target, margin=margin)
        if composition.painted is not None:
            painted = painted | composition.painted.to(painted.device)

        def frame(step: Step) -> bytes:
            return opened.frame(step.w_plus, asked.region | painted)

        watch, settings = self.watch(work, frame), Editing(steps=steps)
        return opened.editor.edit(moved, asked, name=name, settings=settings, watch=watch), painted

    def _add(self, visitor: Visitor, folder: Path, opened: OpenedDocument, entry: Entry, work: Work) -> None:
        """A new entry, which is the current one from now on."""
        entry = self._rendered(visitor, folder, opened, entry, work)
        document = load_document(folder)
        change_document(folder, entries=[*document.entries, entry], current=entry.id)
        work.update(entry=entry.id)

    def _rendered(
        self, visitor: Visitor, folder: Path, opened: OpenedDocument, entry: Entry, work: Work
    ) -> Entry:
        """Writes the entry's pictures; gives it with the figures they have."""
        composed = self.desk.composition(visitor, folder, entry.composition, entry.id)
        started = time.perf_counter()
        watch = None
        if composed.refine_steps and composed.refined is None:
            work.update(note="refining", total=composed.refine_steps, step=0)
            watch = self.watch(work)
        result = opened.apply(composed, watch=watch)
        files = {
            "image.webp": encode(result.pixels, "webp", 92),
            "labels.png": encode_labels(result.label_map, opened.editor.schema, "png"),
            "heat.png": heat_map(opened.view.pixels, result.pixels),
        }
        if composed.refine_steps:
            files[REFINED] = save({"w_plus": result.w_plus.cpu().contiguous()})
        write_entry(folder, entry.id, files)
        warnings = [w for w in result.report.warnings if w != opened.view.warning]
        figures = _measured(entry.figures, result, time.perf_counter() - started)
        return entry.model_copy(update={"figures": figures, "warnings": warnings})

    def watch(self, work: Work, frame: Frame | None = None, *, keep_best: bool = True) -> Watch:
        """At every step: serve who waits, note the step, show a frame now and then, end if asked to."""
        shown = time.monotonic()

        def watch(step: Step) -> None:
            nonlocal shown
            self.worker.serve_quick()
            if frame is not None and time.monotonic() - shown > FRAME_SECONDS:
                shown = time.monotonic()
                work.show(data_url(frame(step)))
            work.saw(step)
            work.check(keep_best=keep_best)

        return watch


def _first_entry(document: Document) -> Entry:
    return Entry(
        id=0,
        kind="opened",
        title=document.name,
        composition=Composition(strengths={}),
        vector=None,
        figures=Figures(),
        warnings=[],
        created=time.time(),
    )


def _title(names: dict[str, str], composition: Composition) -> str:
    parts = [f"{names[key]} {strength:+.2g}" for key, strength in composition.strengths.items() if strength]
    return ", ".join(parts) or "nothing"


def _reached(edit: Edit, seconds: float) -> Figures:
    return Figures(
        target_iou_before=edit.reached.target_iou_before,
        target_iou_after=edit.reached.target_iou_after,
        seconds=round(seconds, 2),
    )


def _measured(figures: Figures, result: Result, seconds: float) -> Figures:
    outside = result.report.outside_psnr_db
    return figures.model_copy(
        update={
            "outside_psnr_db": outside if outside < 200 else None,  # infinite where nothing differs
            "pasted_outside_max_abs_diff": result.report.pasted_outside_max_abs_diff,
            "region_share": result.report.region_share,
            "seconds": round(seconds, 2) if figures.seconds is None else figures.seconds,
        }
    )
