"""Picture sets: photos and samples, their labels, and the branch that learns from them."""

from typing import Annotated, Literal

from fastapi import APIRouter, Body, Header, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import FileResponse

from editgan.data.opening import read_photo
from editgan.studio.access import BoxHere, PhotoName, SetHere, StudioHere, Visiting
from editgan.studio.annotations import archive
from editgan.studio.batches import file_name
from editgan.studio.branch_training import start_training
from editgan.studio.bundles import schema_of
from editgan.studio.encoding import decode_labels
from editgan.studio.picture_sets import SetFolder, find_picture
from editgan.studio.records import newest_first
from editgan.studio.refusal import Refusal
from editgan.studio.routes import replies
from editgan.studio.routes.documents import LabelBytes, PhotoBytes
from editgan.studio.schemas import (
    Job,
    NewPictureSet,
    NewSamples,
    Parts,
    PictureFrame,
    PictureSet,
    PictureUse,
    Training,
)
from editgan.studio.set_parts import change_parts

PHOTO_PX = 1024  # longer side of a whole photo as it is shown
router = APIRouter(prefix="/sets", tags=["annotation"])


@router.get("")
def list_all(studio: StudioHere, visitor: Visiting) -> list[PictureSet]:
    """Yours, newest first."""
    return [found.view(studio.worker) for found in newest_first(SetFolder, visitor)]


@router.post("", status_code=201)
async def create(asked: NewPictureSet, studio: StudioHere, visitor: Visiting) -> PictureSet:
    """Start a set, with the bundle's parts or others."""
    return await studio.quick(lambda: studio.annotation_room.create(visitor, asked))


@router.get("/{identifier}")
def get(found: SetHere, studio: StudioHere) -> PictureSet:
    """A set and its pictures."""
    return found.view(studio.worker)


@router.delete("/{identifier}", status_code=204)
async def delete(found: SetHere, studio: StudioHere) -> None:
    """The set with its pictures and labels; a bundle that learnt from it stays."""

    def act() -> None:
        if (work := found.running(studio.worker)) is not None:
            studio.worker.stop(work)
        found.delete()

    await studio.quick(act)


@router.put("/{identifier}/parts")
async def put_parts(found: SetHere, parts: Parts, studio: StudioHere) -> PictureSet:
    """Rename, recolour, append; a class that saved labels use keeps its place."""

    def act() -> PictureSet:
        change_parts(found, parts)
        return found.view(studio.worker)

    return await studio.quick(act)


@router.post("/{identifier}/pictures", status_code=202)
async def add_photo(
    found: SetHere, body: PhotoBytes, studio: StudioHere, name: PhotoName, box: BoxHere
) -> PictureSet:
    """Add a photo: the body is the file's bytes. Its job aligns, embeds and reads it."""
    pixels = await run_in_threadpool(read_photo, body, studio.settings.megapixels)
    size = (pixels.shape[2], pixels.shape[1])
    return await studio.quick(lambda: studio.annotation_room.add_photo(found, body, name, box, size))


@router.post("/{identifier}/samples", status_code=202)
async def add_samples(found: SetHere, asked: NewSamples, studio: StudioHere) -> PictureSet:
    """Add pictures that the generator invents."""
    return await studio.quick(lambda: studio.annotation_room.add_samples(found, asked))


@router.post("/{identifier}/pictures/{picture}/reading", status_code=202)
async def read_again(found: SetHere, picture: str, asked: PictureFrame, studio: StudioHere) -> PictureSet:
    """Try a picture again that could not be read, with a frame around its subject."""
    return await studio.quick(lambda: studio.annotation_room.read_again(found, picture, asked.box))


@router.delete("/{identifier}/pictures/{picture}", status_code=204)
async def delete_picture(found: SetHere, picture: str, studio: StudioHere) -> None:
    """A picture and its labels."""
    await studio.quick(lambda: found.delete_picture(picture))


@router.get("/{identifier}/pictures/{picture}/image", response_class=FileResponse)
def get_image(found: SetHere, picture: str) -> FileResponse:
    """WebP: the picture as its generator expects it, square, `label_px` or more."""
    return replies.picture(found.picture_path(picture, "image.webp"))


@router.get("/{identifier}/pictures/{picture}/photo", response_class=Response)
def get_photo(found: SetHere, picture: str, studio: StudioHere) -> Response:
    """JPEG of the whole photo, until it has been read: to say where its subject is."""
    return replies.photo(found.picture_path(picture, "original"), studio.settings.megapixels, PHOTO_PX)


@router.get("/{identifier}/pictures/{picture}/disagreement", response_class=FileResponse)
def get_disagreement(found: SetHere, picture: str) -> FileResponse:
    """PNG with alpha: where the ensemble disagrees about the picture."""
    return replies.picture(found.picture_path(picture, "disagreement.png"))


@router.get("/{identifier}/pictures/{picture}/labels", response_class=Response)
def get_labels(
    found: SetHere, picture: str, format: Literal["raw", "png"] = "png", read: bool = False
) -> Response:
    """What was saved, else (or with `read`) what the branch reads: a palette PNG, or class ids row by row."""
    record = found.load()
    known = find_picture(record, picture)
    label_map = found.labels(record, known, read=read)
    return replies.labels(label_map, schema_of(record.parts), format, known.name)


@router.put("/{identifier}/pictures/{picture}/labels")
async def save_labels(
    found: SetHere,
    picture: str,
    body: LabelBytes,
    studio: StudioHere,
    content_type: Annotated[str, Header()],
) -> PictureSet:
    """Save what was painted: raw class ids, or a palette PNG."""

    def act() -> PictureSet:
        record = found.load()
        label_map = decode_labels(body, content_type, schema_of(record.parts), record.label_px)
        return studio.annotation_room.save_labels(found, picture, label_map)

    return await studio.quick(act)


@router.put("/{identifier}/pictures/{picture}/use")
async def put_use(found: SetHere, picture: str, asked: PictureUse, studio: StudioHere) -> PictureSet:
    """Whether a labelled picture teaches the branch, or measures it."""

    def act() -> PictureSet:
        if not find_picture(found.load(), picture).is_labelled:
            raise Refusal(409, "labels", "only a labelled picture teaches or measures; save its labels first")
        found.change_picture(picture, is_test=asked.is_test)
        return found.view(studio.worker)

    return await studio.quick(act)


@router.get("/{identifier}/archive", response_class=Response)
def get_archive(found: SetHere) -> Response:
    """A ZIP: photos, palette PNGs, classes.json, test pictures in test/."""
    return replies.attachment(archive(found), "application/zip", f"{file_name(found.load().name)}.zip")


@router.post("/{identifier}/training", status_code=202)
async def train(found: SetHere, asked: Annotated[Training, Body()], studio: StudioHere) -> Job:
    """Teach the labels to a new branch; afterwards there is a new bundle."""
    return await studio.quick(lambda: start_training(studio.annotation_room, found, asked).job)
