"""What an entry of a document's timeline gives."""

from typing import Literal

from fastapi import APIRouter, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import FileResponse

from editgan.core.labels import load_label_map
from editgan.studio.access import DocumentHere, EntryHere, StudioHere
from editgan.studio.batches import file_name, free_name
from editgan.studio.bundles import schema_of
from editgan.studio.encoding import MEDIA, Format, encode
from editgan.studio.refusal import Refusal
from editgan.studio.routes import replies
from editgan.studio.schemas import NewVector, Vector

router = APIRouter(prefix="/documents/{document}/entries/{entry}")


@router.get("/image", tags=["results"], response_class=FileResponse)
def get_image(document: DocumentHere, entry: EntryHere) -> FileResponse:
    """WebP: the photo through its frame, with the edit pasted in."""
    return replies.picture(document.entry_path(entry.id, "image.webp"))


@router.get("/heat", tags=["results"], response_class=FileResponse)
def get_heat(document: DocumentHere, entry: EntryHere) -> FileResponse:
    """PNG with alpha: where the entry differs from the photo, and how much."""
    return replies.picture(document.entry_path(entry.id, "heat.png"))


@router.get("/labels", tags=["results"], response_class=Response)
def get_labels(
    document: DocumentHere, entry: EntryHere, studio: StudioHere, format: Literal["raw", "png"] = "png"
) -> Response:
    """The parts: a palette PNG, or their class ids row by row."""
    found = document.load()
    schema = schema_of(studio.bundles.info(document.visitor, found.bundle).parts)
    label_map = load_label_map(document.entry_path(entry.id, "labels.png"), schema)
    return replies.labels(label_map, schema, format, found.name)


@router.get("/result", tags=["results"], response_class=Response)
async def get_result(
    document: DocumentHere, entry: EntryHere, studio: StudioHere, format: Format = "png"
) -> Response:
    """The whole photo at its own size: outside the edited region its own pixels (in PNG, to the byte)."""
    pixels = await studio.quick(lambda: studio.desk.result(document, entry))
    data = await run_in_threadpool(encode, pixels, format)
    name = free_name(f"{file_name(document.load().name)}-edited", format, [])
    return replies.attachment(data, MEDIA[format], name)


@router.get("/recipe", tags=["results"], response_class=Response)
async def get_recipe(document: DocumentHere, entry: EntryHere, studio: StudioHere) -> Response:
    """JSON that `editgan apply PHOTO --recipe FILE` replays to the same bytes."""
    recipe = await studio.quick(lambda: studio.desk.recipe(document, entry))
    name = f"{file_name(document.load().name)}-edit.json"
    return replies.attachment(recipe.to_bytes(), "application/json", name)


@router.post("/vector", tags=["vectors"])
async def keep_vector(
    document: DocumentHere, entry: EntryHere, asked: NewVector, studio: StudioHere
) -> Vector:
    """Keep what an entry learnt, under a name."""
    if (vector := entry.vector) is None:
        raise Refusal(409, "no-vector", "this entry learnt nothing; repaint a part, and keep that")
    return await studio.quick(lambda: studio.library.rename(document.visitor, vector, asked.name))
