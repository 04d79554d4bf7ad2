"""Documents: photos, their timelines, and what comes out."""

import shutil
from typing import Annotated, Literal
from urllib.parse import quote

from fastapi import APIRouter, Body, Header, Query, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import FileResponse

from editgan.bundle.opened import Fidelity
from editgan.core.labels import load_label_map
from editgan.studio.access import StudioHere, Visiting, document_of
from editgan.studio.batches import file_name, free_name
from editgan.studio.documents import (
    KIND,
    change_document,
    entry_folder,
    find_entry,
    list_documents,
    new_photo,
    new_sample,
)
from editgan.studio.encoding import (
    MEDIA,
    Format,
    decode_labels,
    encode,
    encode_labels,
    photo_jpeg,
)
from editgan.studio.refusal import Refusal, not_open, unknown
from editgan.studio.schemas import (
    Box,
    Composition,
    Current,
    Document,
    Job,
    NewSample,
    NewVector,
    Opening,
    Strengths,
    Vector,
)

router = APIRouter()
PhotoBytes = Annotated[bytes, Body(media_type="image/*")]
LabelBytes = Annotated[bytes, Body(media_type="application/octet-stream")]


@router.get("/documents", tags=["documents"])
def list_all(studio: StudioHere, visitor: Visiting) -> list[Document]:
    """Yours, newest first."""
    return [document_of(studio, visitor, document.id) for document in list_documents(visitor)]


@router.post("/documents", status_code=202, tags=["documents"])
async def upload(
    bundle: str,
    body: PhotoBytes,
    studio: StudioHere,
    visitor: Visiting,
    name: Annotated[str, Query(max_length=200)] = "photo",
    fidelity: Fidelity = "standard",
    box: str | None = None,
) -> Document:
    """Open a photo: the body is the file's bytes. Its job aligns and embeds it."""
    studio.bundles.folder(visitor, bundle)
    frame = None if box is None else parse_box(box)
    document = await run_in_threadpool(
        new_photo,
        visitor,
        studio.settings,
        body,
        bundle=bundle,
        name=name.replace("\\", "/").rpartition("/")[2] or "photo",
        box=frame,
        fidelity=fidelity,
    )
    return await _opened(studio, visitor, document)


@router.post("/samples", status_code=202, tags=["documents"])
async def invent(asked: NewSample, studio: StudioHere, visitor: Visiting) -> Document:
    """Open a picture that the generator invents."""
    side = studio.bundles.info(visitor, asked.bundle).picture_px
    document = await run_in_threadpool(new_sample, visitor, studio.settings, asked, side)
    return await _opened(studio, visitor, document)


@router.get("/documents/{document}", tags=["documents"])
def get(document: str, studio: StudioHere, visitor: Visiting) -> Document:
    """A document and its timeline."""
    return document_of(studio, visitor, document)


@router.delete("/documents/{document}", status_code=204, tags=["documents"])
async def delete(document: str, studio: StudioHere, visitor: Visiting) -> None:
    """The photo and everything that was made of it."""
    found = document_of(studio, visitor, document)
    if found.job is not None and (work := studio.worker.find(found.job, visitor.key)):
        studio.worker.stop(work)
    folder = visitor.path(KIND, document)

    def act() -> None:
        studio.desk.forget(folder)
        shutil.rmtree(folder, ignore_errors=True)

    await studio.quick(act)


@router.post("/documents/{document}/opening", status_code=202, tags=["documents"])
async def open_again(document: str, asked: Opening, studio: StudioHere, visitor: Visiting) -> Document:
    """With another frame, or nearer to the photo. What was done to it is done again."""

    def act() -> Document:
        found = document_of(studio, visitor, document)
        if found.kind == "sample":
            raise Refusal(
                409, "sample", "a sample is exactly what its generator draws; there is no other way"
            )
        changed = found.model_copy(update={"box": asked.box, "fidelity": asked.fidelity})
        studio.edit_room.check_free(visitor, found)
        change_document(visitor.path(KIND, document), box=asked.box, fidelity=asked.fidelity)
        return studio.edit_room.start_opening(visitor, changed)

    return await studio.quick(act)


@router.get("/documents/{document}/photo", tags=["documents"], response_class=Response)
async def get_photo(
    document: str,
    studio: StudioHere,
    visitor: Visiting,
    size: Annotated[int, Query(ge=16, le=2048)] = 1024,
) -> Response:
    """JPEG of the whole photo, to say where its subject is."""
    path = visitor.path(KIND, document) / "original"
    if not path.exists():
        raise unknown("photo")

    def act() -> bytes:
        return photo_jpeg(path.read_bytes(), studio.settings.megapixels, size)

    return Response(await run_in_threadpool(act), media_type=MEDIA["jpeg"])


@router.post("/documents/{document}/preview", tags=["edits"], response_class=Response)
async def preview(document: str, asked: Strengths, studio: StudioHere, visitor: Visiting) -> Response:
    """JPEG: what a slider shows while it moves. One generator pass."""
    found = document_of(studio, visitor, document)
    jpeg = await studio.quick(lambda: studio.desk.preview(visitor, found, asked.strengths))
    return Response(jpeg, media_type=MEDIA["jpeg"])


@router.post("/documents/{document}/edits", status_code=202, tags=["edits"])
async def repaint(
    document: str,
    body: LabelBytes,
    studio: StudioHere,
    visitor: Visiting,
    content_type: Annotated[str, Header()],
    name: Annotated[str, Query(min_length=1, max_length=80)] = "edit",
    steps: Annotated[int, Query(ge=1, le=1000)] = 40,
) -> Job:
    """Make the photo's parts those of the body: raw class ids, or a palette PNG."""

    def act() -> Job:
        found = _at_rest(studio, visitor, document)
        editor = studio.bundles.editor(visitor, found.bundle)
        target = decode_labels(body, content_type, editor.schema, editor.bundle.label_side)
        return studio.edit_room.start_edit(visitor, found, target, name, steps).job

    return await studio.quick(act)


@router.post("/documents/{document}/compositions", status_code=202, tags=["edits"])
async def compose(document: str, asked: Composition, studio: StudioHere, visitor: Visiting) -> Job:
    """Vectors at these strengths instead of the current entry's; `refine_steps` cleans up after them."""
    return await studio.quick(
        lambda: studio.edit_room.start_composition(visitor, _at_rest(studio, visitor, document), asked).job
    )


@router.put("/documents/{document}/current", tags=["edits"])
async def go_to(document: str, asked: Current, studio: StudioHere, visitor: Visiting) -> Document:
    """Back, or forward, to an entry of the timeline."""

    def act() -> Document:
        find_entry(_at_rest(studio, visitor, document), asked.entry)
        change_document(visitor.path(KIND, document), current=asked.entry)
        return document_of(studio, visitor, document)

    return await studio.quick(act)


@router.get("/documents/{document}/entries/{entry}/image", tags=["results"], response_class=FileResponse)
def get_image(document: str, entry: int, studio: StudioHere, visitor: Visiting) -> FileResponse:
    """WebP: the photo through its frame, with the edit pasted in."""
    return _picture(studio, visitor, document, entry, "image.webp", MEDIA["webp"])


@router.get("/documents/{document}/entries/{entry}/heat", tags=["results"], response_class=FileResponse)
def get_heat(document: str, entry: int, studio: StudioHere, visitor: Visiting) -> FileResponse:
    """PNG with alpha: where the entry differs from the photo, and how much."""
    return _picture(studio, visitor, document, entry, "heat.png", MEDIA["png"])


@router.get("/documents/{document}/entries/{entry}/labels", tags=["results"], response_class=Response)
async def get_labels(
    document: str, entry: int, studio: StudioHere, visitor: Visiting, format: Literal["raw", "png"] = "png"
) -> Response:
    """The parts: a palette PNG, or their class ids row by row."""
    found = document_of(studio, visitor, document)
    find_entry(found, entry)
    path = entry_folder(visitor.path(KIND, document), entry) / "labels.png"
    if format == "png":
        name = f"{file_name(found.name)}-parts.png"
        return FileResponse(path, media_type=MEDIA["png"], filename=name)
    schema = await studio.quick(lambda: studio.bundles.editor(visitor, found.bundle).schema)
    raw = encode_labels(load_label_map(path, schema), schema, "raw")
    return Response(raw, media_type="application/octet-stream")


@router.get("/documents/{document}/entries/{entry}/result", tags=["results"], response_class=Response)
async def get_result(
    document: str, entry: int, studio: StudioHere, visitor: Visiting, format: Format = "png"
) -> Response:
    """The whole photo at its own size: outside the edited region its own pixels (in PNG, to the byte)."""
    found = document_of(studio, visitor, document)
    at = find_entry(found, entry)
    pixels = await studio.quick(lambda: studio.desk.result(visitor, found, at))
    data = await run_in_threadpool(encode, pixels, format)
    name = free_name(f"{file_name(found.name)}-edited", format, [])
    return Response(data, media_type=MEDIA[format], headers=attachment(name))


@router.get("/documents/{document}/entries/{entry}/recipe", tags=["results"], response_class=Response)
async def get_recipe(document: str, entry: int, studio: StudioHere, visitor: Visiting) -> Response:
    """JSON that `editgan apply PHOTO --recipe FILE` replays to the same bytes."""
    found = document_of(studio, visitor, document)
    at = find_entry(found, entry)
    recipe = await studio.quick(lambda: studio.desk.recipe(visitor, found, at))
    headers = attachment(f"{file_name(found.name)}-edit.json")
    return Response(recipe.to_bytes(), media_type="application/json", headers=headers)


@router.post("/documents/{document}/entries/{entry}/vector", tags=["vectors"])
async def keep_vector(
    document: str, entry: int, asked: NewVector, studio: StudioHere, visitor: Visiting
) -> Vector:
    """Keep what an entry learnt, under a name."""
    at = find_entry(document_of(studio, visitor, document), entry)
    if at.vector is None:
        raise Refusal(409, "no-vector", "this entry learnt nothing; repaint a part, and keep that")
    vector = at.vector
    return await studio.quick(lambda: studio.library.rename(visitor, vector, asked.name))


@router.get("/documents/{document}/vectors/{vector}/thumbnail", tags=["vectors"], response_class=Response)
async def get_thumbnail(
    document: str,
    vector: str,
    studio: StudioHere,
    visitor: Visiting,
    strength: Annotated[float, Query(ge=-10, le=10)] = 1.0,
) -> Response:
    """JPEG, 128 px: this vector on this very photo, around the place where it works."""
    found = document_of(studio, visitor, document)
    jpeg = await studio.quick(lambda: studio.desk.thumbnail(visitor, found, vector, strength))
    return Response(jpeg, media_type=MEDIA["jpeg"])


async def _opened(studio: StudioHere, visitor: Visiting, document: Document) -> Document:
    """Queues the opening of a new document; if the queue is full, there is no document."""
    try:
        return await studio.quick(lambda: studio.edit_room.start_opening(visitor, document))
    except Refusal:
        shutil.rmtree(visitor.path(KIND, document.id), ignore_errors=True)
        raise


def _at_rest(studio: StudioHere, visitor: Visiting, document: str) -> Document:
    found = document_of(studio, visitor, document)
    if not found.entries:
        raise not_open()
    return found


def _picture(
    studio: StudioHere, visitor: Visiting, document: str, entry: int, name: str, media: str
) -> FileResponse:
    find_entry(document_of(studio, visitor, document), entry)
    return FileResponse(entry_folder(visitor.path(KIND, document), entry) / name, media_type=media)


def parse_box(text: str) -> Box:
    """x,y,w,h in the photo's pixels. Raises Refusal for anything else."""
    try:
        x, y, w, h = (float(part) for part in text.split(","))
    except ValueError:
        raise Refusal(422, "box", f"box takes x,y,w,h in the photo's pixels, got {text[:80]!r}") from None
    return x, y, w, h


def attachment(name: str) -> dict[str, str]:
    """Headers that make a browser save a reply under that name."""
    plain = name.encode("ascii", "ignore").decode() or "photo"
    return {
        "content-disposition": f"attachment; filename=\"{plain}\"; filename*=utf-8''{quote(name, safe='')}"
    }
