"""The documents that lie open, and everything about them that takes a moment only.

All of it runs on the worker's thread: jobs call it, and requests hand it to the worker's fast lane.
"""

from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path

from safetensors.torch import load_file

from editgan.batch.outcome import outcome
from editgan.core.descent import Watch
from editgan.core.images import to_pil
from editgan.core.types import Photo, Region, WPlus
from editgan.data.opening import read_photo
from editgan.editing.composition import Composition
from editgan.editing.recipe import EditRecipe, mask_from_png, photo_hash
from editgan.editing.vectors import EditVector
from editgan.inversion.cache import EmbeddingCache
from editgan.inversion.opening import Opening, opening_key
from editgan.studio.bundles import Bundles
from editgan.studio.documents import KIND, entry_folder, load_document
from editgan.studio.library import Library
from editgan.studio.opened import OpenedDocument
from editgan.studio.refusal import not_open
from editgan.studio.schemas import Composition as AskedComposition
from editgan.studio.schemas import Document, Entry
from editgan.studio.settings import Settings
from editgan.studio.visitors import Visitor

THUMBNAIL_PX = 128
REFINED = "refined.safetensors"  # of an entry


class Desk:
    """Opens documents, keeps the newest in memory, brings the others back from cached embeddings."""

    def __init__(self, settings: Settings, bundles: Bundles, library: Library) -> None:
        self.settings, self.bundles, self.library = settings, bundles, library
        self._opened: OrderedDict[Path, OpenedDocument] = OrderedDict()

    def open(self, visitor: Visitor, folder: Path, watch: Watch | None = None) -> OpenedDocument:
        """Aligned and embedded, or drawn; quick if it was opened in the same way before."""
        document = load_document(folder)
        editor = self.bundles.editor(visitor, document.bundle)
        original = self._original(folder)
        if original is None:
            assert document.seed is not None
            photo = editor.sample(document.seed, truncation_psi=document.truncation_psi)
        else:
            photo = editor.open(
                to_pil(original),
                box=document.box,
                fidelity=document.fidelity,
                cache=embeddings_of(visitor, self.settings),
                watch=watch,
            )
        opened = OpenedDocument(editor, photo, self.settings.view_px)
        self._opened[folder] = opened
        while len(self._opened) > self.settings.open_documents:
            self._opened.popitem(last=False)
        return opened

    def recall(self, visitor: Visitor, folder: Path) -> OpenedDocument:
        """From memory if it is there. Raises Refusal for a document that was never opened."""
        if folder not in self._opened:
            if not load_document(folder).is_open:
                raise not_open()
            return self.open(visitor, folder)
        self._opened.move_to_end(folder)
        return self._opened[folder]

    def forget(self, folder: Path) -> None:
        """The document is gone, or will be opened differently."""
        self._opened.pop(folder, None)

    def forget_visitor(self, visitor: Visitor) -> None:
        """All documents and bundles of somebody who leaves."""
        for folder in [path for path in self._opened if visitor.folder in path.parents]:
            self.forget(folder)
        self.bundles.forget_visitor(visitor)

    def composition(
        self, visitor: Visitor, folder: Path, asked: AskedComposition, entry: int | None
    ) -> Composition:
        """What a client asks for with its vectors, and with what was painted up to an entry."""
        return Composition(
            self.load(visitor, asked.strengths),
            refine_steps=asked.refine_steps,
            paste_mode=asked.paste_mode,
            painted=None if entry is None else painted_up_to(folder, entry),
            refined=None if entry is None else refined_at(folder, entry),
        )

    def load(self, visitor: Visitor, strengths: Mapping[str, float]) -> dict[EditVector, float]:
        """Vectors by their ids. Raises Refusal for one that is not there."""
        return {self.library.load(visitor, key): strength for key, strength in strengths.items()}

    def preview(self, visitor: Visitor, document: Document, strengths: Mapping[str, float]) -> bytes:
        """JPEG: what a slider shows while it moves."""
        folder = visitor.path(KIND, document.id)
        opened = self.recall(visitor, folder)
        return opened.preview(
            Composition(self.load(visitor, strengths), painted=painted_up_to(folder, document.current))
        )

    def thumbnail(self, visitor: Visitor, document: Document, vector: str, strength: float) -> bytes:
        """JPEG: one vector on this photo."""
        opened = self.recall(visitor, visitor.path(KIND, document.id))
        return opened.thumbnail(self.library.load(visitor, vector), strength, THUMBNAIL_PX)

    def result(self, visitor: Visitor, document: Document, entry: Entry) -> Photo:
        """The whole photo at its own size, with what the entry does to it."""
        folder = visitor.path(KIND, document.id)
        opened = self.recall(visitor, folder)
        composition = self.composition(visitor, folder, entry.composition, entry.id)
        return opened.apply(composition, self._original(folder)).pixels

    def composed_result(self, visitor: Visitor, folder: Path, asked: AskedComposition, watch: Watch) -> Photo:
        """The same with a composition that is no entry's: a batch's. Not quick if it is refined."""
        opened, composition = self.recall(visitor, folder), self.composition(visitor, folder, asked, None)
        photo = opened.at_full_size(self._original(folder))
        return outcome(opened.editor, photo, composition, watch=watch).result.pixels

    def recipe(self, visitor: Visitor, document: Document, entry: Entry) -> EditRecipe:
        """What `editgan apply --recipe` needs to do it again."""
        folder = visitor.path(KIND, document.id)
        opened = self.recall(visitor, folder)  # so that the embedding is in the cache
        editor = opened.editor
        original, embedding = self._original(folder), None
        if original is not None:
            how = Opening(box=document.box, fidelity=document.fidelity)
            key = opening_key(editor.bundle, original, editor.context.likeness, how)
            embedding = embeddings_of(visitor, self.settings).export(key)
        return EditRecipe(
            bundle=editor.bundle.name,
            fingerprint=editor.bundle.fingerprint,
            photo=None if original is None else photo_hash(original),
            seed=document.seed,
            truncation_psi=document.truncation_psi,
            box=document.box,
            fidelity=document.fidelity,
            embedding=embedding,
            composition=self.composition(visitor, folder, entry.composition, entry.id),
        )

    def _original(self, folder: Path) -> Photo | None:
        """The upright pixels; None for a sample."""
        path = folder / "original"
        return read_photo(path.read_bytes(), self.settings.megapixels) if path.exists() else None


def embeddings_of(visitor: Visitor, settings: Settings) -> EmbeddingCache:
    """A visitor's own cache: nobody can find out by its speed what others have opened."""
    return EmbeddingCache(visitor.folder / "cache", max_bytes=settings.disk_bytes // 4)


def painted_up_to(folder: Path, entry: int) -> Region | None:
    """Where a person painted, in the edits that led to an entry."""
    path = entry_folder(folder, entry) / "painted.png"
    return mask_from_png(path.read_bytes()) if path.exists() else None


def refined_at(folder: Path, entry: int) -> WPlus | None:
    """Where an entry's refinement led, so that it is shown again without its steps."""
    path = entry_folder(folder, entry) / REFINED
    return load_file(path)["w_plus"] if path.exists() else None
