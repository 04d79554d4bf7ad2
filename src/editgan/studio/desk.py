"""The documents that lie open, and everything about them that takes a moment only.

All of it runs on the worker's thread: jobs call it, and requests hand it to the worker's fast lane.
"""

from collections.abc import Mapping
from pathlib import Path

from editgan.batch.outcome import outcome
from editgan.core.descent import Watch
from editgan.data.original import Original
from editgan.editing.composition import Composition
from editgan.editing.outcome import Result
from editgan.editing.recipe import EditRecipe, photo_hash
from editgan.editing.vector import EditVector
from editgan.editor import Editor
from editgan.inversion.cache import EmbeddingCache
from editgan.inversion.opening import Opening, opening_key
from editgan.studio.bundles import Bundles
from editgan.studio.documents import DocumentFolder
from editgan.studio.library import Library
from editgan.studio.opened import OpenedDocument
from editgan.studio.recent import Recent
from editgan.studio.refusal import not_open
from editgan.studio.schemas import Composition as AskedComposition
from editgan.studio.schemas import Entry, Strengths
from editgan.studio.settings import Settings
from editgan.studio.visitors import Visitor

THUMBNAIL_PX = 128


class Desk:
    """Opens documents, keeps the newest in memory, brings the others back from cached embeddings."""

    def __init__(self, settings: Settings, bundles: Bundles, library: Library) -> None:
        self.settings, self.bundles, self.library = settings, bundles, library
        self._opened: Recent[Path, OpenedDocument] = Recent(settings.open_documents)

    def editor(self, folder: DocumentFolder) -> Editor:
        """What a document is opened and edited with."""
        document = folder.load()
        return self.bundles.editor(folder.visitor, document.bundle, document.judge)

    def open(self, folder: DocumentFolder, watch: Watch | None = None) -> OpenedDocument:
        """Aligned and embedded, or drawn; quick if it was opened in the same way before."""
        document, editor, original = folder.load(), self.editor(folder), self._original(folder)
        if original is None:
            assert document.seed is not None
            photo = editor.sample(document.seed, truncation_psi=document.truncation_psi)
        else:
            photo = editor.open(
                original,
                box=document.box,
                fidelity=document.fidelity,
                cache=embeddings_of(folder.visitor, self.settings),
                watch=watch,
            )
        return self._opened.put(folder.path, OpenedDocument(editor, photo, self.settings.view_px))

    def recall(self, folder: DocumentFolder) -> OpenedDocument:
        """From memory if it is there. Raises Refusal for a document that was never opened."""
        if (opened := self._opened.find(folder.path)) is not None:
            return opened
        if not folder.load().is_open:
            raise not_open()
        return self.open(folder)

    def forget(self, where: Path) -> None:
        """Documents in this folder are gone, or will be opened differently."""
        self._opened.forget(lambda path: path.is_relative_to(where))

    def composition(self, folder: DocumentFolder, asked: AskedComposition, entry: int | None) -> Composition:
        """What a client asks for, with its vectors; with what was painted up to an entry and what it kept."""
        return Composition(
            self._vectors(folder, asked.strengths),
            refine_steps=asked.refine_steps,
            paste_mode=asked.paste_mode,
            painted=None if entry is None else folder.painted(entry),
            keep=None if entry is None else folder.keep(entry),
            refined=None if entry is None else folder.refined(entry),
        )

    def preview(self, folder: DocumentFolder, asked: Strengths) -> bytes:
        """JPEG: what a slider shows while it moves."""
        vectors, painted = self._vectors(folder, asked.strengths), folder.painted(folder.load().current)
        composition = Composition(vectors, paste_mode=asked.paste_mode, painted=painted, keep=folder.keep())
        return self.recall(folder).preview(composition)

    def thumbnail(self, folder: DocumentFolder, vector: str, strength: float) -> bytes:
        """JPEG: one vector on this photo."""
        loaded = self.library.load(folder.visitor, vector)
        return self.recall(folder).thumbnail(loaded, strength, THUMBNAIL_PX)

    def result(
        self,
        folder: DocumentFolder,
        asked: AskedComposition,
        entry: int | None = None,
        watch: Watch | None = None,
    ) -> Result:
        """Of the whole photo at its own size, with what the composition does to it.

        `entry` is whose it is; None: a batch's, which is not quick if it is refined, and keeps nothing: what
        was marked is in another photo.
        """
        opened, composition = self.recall(folder), self.composition(folder, asked, entry)
        photo = opened.at_full_size(self._original(folder))
        return outcome(opened.editor, photo, composition, watch=watch).result

    def recipe(self, folder: DocumentFolder, entry: Entry) -> EditRecipe:
        """What `editgan apply --recipe` needs to do it again."""
        document, editor = folder.load(), self.recall(folder).editor  # now the embedding is in the cache
        original, embedding = self._original(folder), None
        if original is not None:
            how = Opening(box=document.box, fidelity=document.fidelity)
            key = opening_key(editor.bundle, original.srgb, editor.context.likeness, how)
            embedding = embeddings_of(folder.visitor, self.settings).export(key)
        return EditRecipe(
            bundle=editor.bundle.name,
            fingerprint=editor.bundle.fingerprint,
            photo=None if original is None else photo_hash(original.pixels),
            seed=document.seed,
            truncation_psi=document.truncation_psi,
            box=document.box,
            fidelity=document.fidelity,
            judge=self.bundles.judge_name(document.judge),
            embedding=embedding,
            composition=self.composition(folder, entry.composition, entry.id),
        )

    def _vectors(self, folder: DocumentFolder, strengths: Mapping[str, float]) -> dict[EditVector, float]:
        """By their ids. Raises Refusal for one that is not there."""
        return {self.library.load(folder.visitor, key): strength for key, strength in strengths.items()}

    def _original(self, folder: DocumentFolder) -> Original | None:
        return folder.photo(self.settings.megapixels)


def embeddings_of(visitor: Visitor, settings: Settings) -> EmbeddingCache:
    """A visitor's own cache: nobody can find out by its speed what others have opened."""
    return EmbeddingCache(visitor.folder / "cache", max_bytes=settings.disk_bytes // 4)
