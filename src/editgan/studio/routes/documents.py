"""Documents: photos, their timelines, and what comes out."""

from typing import Annotated, Literal

from fastapi import APIRouter, Body, Header, Query, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import FileResponse

from editgan.bundle.opened import Fidelity
from editgan.core.label_pictures import load_own_label_map
from editgan.editing.composition import PasteMode
from editgan.studio.access import BoxHere, DocumentHere, EntryHere, PhotoName, Studio, StudioHere, Visiting
from editgan.studio.batches import file_name, free_name
from editgan.studio.bundles import schema_of
from editgan.studio.documents import DocumentFolder, find_entry, new_photo, new_sample
from editgan.studio.encoding import MEDIA, Format, decode_labels
from editgan.studio.records import newest_first
from editgan.studio.refusal import Refusal
from editgan.studio.routes import replies
from editgan.studio.schemas import (
    Composition,
    Current,
    Document,
    DocumentJudge,
    Job,
    NewSample,
    NewVector,
    Opening,
    Strengths,
    Vector,
)

router = APIRouter()
PhotoBytes = Annotated[bytes, Body(media_type="image/*")]
ENTRY = "/documents/{document}/entries/{entry}"
LabelBytes = Annotated[bytes, Body(media_type=replies.BYTES)]


@router.get("/documents", tags=["documents"])
def list_all(studio: StudioHere, visitor: Visiting) -> list[Document]:
    """Yours, newest first."""
    return [document.view(studio.worker) for document in newest_first(DocumentFolder, visitor)]


@router.post("/documents", status_code=202, tags=["documents"])
async def upload(
    bundle: str,
    body: PhotoBytes,
    studio: StudioHere,
    visitor: Visiting,
    name: PhotoName,
    box: BoxHere,
    fidelity: Fidelity = "standard",
    judge: DocumentJudge = "default",
) -> Document:
    """Open a photo: the body is the file's bytes. Its job aligns and embeds it."""
    studio.bundles.folder(visitor, bundle)
    about = {"bundle": bundle, "name": name, "box": box, "fidelity": fidelity, "judge": judge}
    return await _opened(studio, await run_in_threadpool(new_photo, visitor, studio.settings, body, **about))


@router.post("/samples", status_code=202, tags=["documents"])
async def invent(asked: NewSample, studio: StudioHere, visitor: Visiting) -> Document:
    """Open a picture that the generator invents."""
    side = studio.bundles.info(visitor, asked.bundle).picture_px
    return await _opened(studio, await run_in_threadpool(new_sample, visitor, studio.settings, asked, side))


@router.get("/documents/{document}", tags=["documents"])
def get(document: DocumentHere, studio: StudioHere) -> Document:
    """A document and its timeline."""
    return document.view(studio.worker)


@router.delete("/documents/{document}", status_code=204, tags=["documents"])
async def delete(document: DocumentHere, studio: StudioHere) -> None:
    """The photo and everything that was made of it."""

    def act() -> None:
        if (work := document.running(studio.worker)) is not None:
            studio.worker.stop(work)
        studio.desk.forget(document.path)
        document.delete()

    await studio.quick(act)


@router.post("/documents/{document}/opening", status_code=202, tags=["documents"])
async def open_again(document: DocumentHere, asked: Opening, studio: StudioHere) -> Document:
    """With another frame, nearer to the photo, or with another judge. What was done to it is done again."""

    def act() -> Document:
        if document.load().kind == "sample":
            raise Refusal(
                409, "sample", "a sample is exactly what its generator draws; there is no other way"
            )
        return studio.edit_room.start_opening(document, **dict(asked))

    return await studio.quick(act)


@router.get("/documents/{document}/photo", tags=["documents"], response_class=Response)
def get_photo(
    document: DocumentHere, studio: StudioHere, size: Annotated[int, Query(ge=16, le=2048)] = 1024
) -> Response:
    """JPEG of the whole photo, to say where its subject is."""
    return replies.photo(document.original, studio.settings.megapixels, size)


@router.post("/documents/{document}/preview", tags=["edits"], response_class=Response)
async def preview(document: DocumentHere, asked: Strengths, studio: StudioHere) -> Response:
    """JPEG: what a slider shows while it moves. How vectors move pixels is found once, at their first use."""
    return replies.jpeg(await studio.quick(lambda: studio.desk.preview(document, asked)))


@router.post("/documents/{document}/edits", status_code=202, tags=["edits"])
async def repaint(
    document: DocumentHere,
    body: LabelBytes,
    studio: StudioHere,
    content_type: Annotated[str, Header()],
    name: Annotated[str, Query(min_length=1, max_length=80)] = "edit",
    steps: Annotated[int, Query(ge=1, le=1000)] = 40,
    paste_mode: PasteMode | None = None,
) -> Job:
    """Make the photo's parts those of the body: raw class ids, or a palette PNG.

    `paste_mode` says how that comes into the photo; as the current entry does by default.
    """

    def act() -> Job:
        editor = studio.desk.editor(document)
        target = decode_labels(body, content_type, editor.schema, editor.bundle.label_side)
        return studio.edit_room.start_edit(document, target, name, steps, paste_mode).job

    return await studio.quick(act)


@router.post("/documents/{document}/compositions", status_code=202, tags=["edits"])
async def compose(document: DocumentHere, asked: Composition, studio: StudioHere) -> Job:
    """Vectors at these strengths instead of the current entry's; `refine_steps` cleans up after them."""
    return await studio.quick(lambda: studio.edit_room.start_composition(document, asked).job)


@router.put("/documents/{document}/current", tags=["edits"])
async def go_to(document: DocumentHere, asked: Current, studio: StudioHere) -> Document:
    """Back, or forward, to an entry of the timeline."""

    def act() -> Document:
        find_entry(document.opened(), asked.entry)
        document.change(current=asked.entry)
        return document.view(studio.worker)

    return await studio.quick(act)


@router.get(f"{ENTRY}/image", tags=["results"], response_class=FileResponse)
def get_image(document: DocumentHere, entry: EntryHere) -> FileResponse:
    """WebP: the photo through its frame, with the edit pasted in."""
    return replies.picture(document.entry_path(entry.id, "image.webp"))


@router.get(f"{ENTRY}/heat", tags=["results"], response_class=FileResponse)
def get_heat(document: DocumentHere, entry: EntryHere) -> FileResponse:
    """PNG with alpha: where the entry differs from the photo, and how much."""
    return replies.picture(document.entry_path(entry.id, "heat.png"))


@router.get(f"{ENTRY}/labels", tags=["results"], response_class=Response)
def get_labels(
    document: DocumentHere, entry: EntryHere, studio: StudioHere, format: Literal["raw", "png"] = "png"
) -> Response:
    """The parts: a palette PNG, or their class ids row by row."""
    found = document.load()
    schema = schema_of(studio.bundles.info(document.visitor, found.bundle).parts)
    label_map = load_own_label_map(document.entry_path(entry.id, "labels.png"), schema)
    return replies.labels(label_map, schema, format, found.name)


@router.get(f"{ENTRY}/result", tags=["results"], response_class=Response)
async def get_result(
    document: DocumentHere,
    entry: EntryHere,
    studio: StudioHere,
    format: Format = "png",
    strip_metadata: bool = False,
) -> Response:
    """The whole photo at its own size: outside the edited region its own pixels, in PNG and WebP to the byte.

    With the photo's colour profile and transparency; also, unless `strip_metadata`, its EXIF, XMP and
    resolution, and a note of the edit.
    """
    result = await studio.quick(lambda: studio.desk.result(document, entry.composition, entry.id))
    data = await run_in_threadpool(result.to_bytes, format.upper(), strip_metadata=strip_metadata)
    name = free_name(f"{file_name(document.load().name)}-edited", format, [])
    return replies.attachment(data, MEDIA[format], name)


@router.get(f"{ENTRY}/recipe", tags=["results"], response_class=Response)
async def get_recipe(document: DocumentHere, entry: EntryHere, studio: StudioHere) -> Response:
    """JSON that `editgan apply PHOTO --recipe FILE` replays to the same bytes."""
    recipe = await studio.quick(lambda: studio.desk.recipe(document, entry))
    name = f"{file_name(document.load().name)}-edit.json"
    return replies.attachment(recipe.to_bytes(), "application/json", name)


@router.post(f"{ENTRY}/vector", tags=["vectors"])
async def keep_vector(
    document: DocumentHere, entry: EntryHere, asked: NewVector, studio: StudioHere
) -> Vector:
    """Keep what an entry learnt, under a name."""
    if (vector := entry.vector) is None:
        raise Refusal(409, "no-vector", "this entry learnt nothing; repaint a part, and keep that")
    return await studio.quick(lambda: studio.library.rename(document.visitor, vector, asked.name))


@router.get("/documents/{document}/vectors/{vector}/thumbnail", tags=["vectors"], response_class=Response)
async def get_thumbnail(
    document: DocumentHere,
    vector: str,
    studio: StudioHere,
    strength: Annotated[float, Query(ge=-10, le=10)] = 1.0,
) -> Response:
    """JPEG, 128 px: this vector on this very photo, around the place where it works."""
    return replies.jpeg(await studio.quick(lambda: studio.desk.thumbnail(document, vector, strength)))


async def _opened(studio: Studio, document: DocumentFolder) -> Document:
    """Queues the opening of a new document; if the queue is full, there is no document."""
    try:
        return await studio.quick(lambda: studio.edit_room.start_opening(document))
    except Refusal:
        document.delete()
        raise
