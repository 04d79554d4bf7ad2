"""Picture sets: photos and samples, their labels, and the branch that learns from them."""

import shutil
from typing import Annotated, Literal

from fastapi import APIRouter, Body, Header, Query, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import FileResponse

from editgan.data.opening import read_photo
from editgan.studio.access import StudioHere, Visiting
from editgan.studio.annotations import archive
from editgan.studio.batches import file_name
from editgan.studio.branch_training import start_training
from editgan.studio.bundles import schema_of
from editgan.studio.encoding import MEDIA, decode_labels, encode_labels, photo_jpeg
from editgan.studio.picture_sets import (
    KIND,
    change_picture,
    change_set,
    find_picture,
    labels_of,
    list_sets,
    load_set,
    picture_folder,
)
from editgan.studio.refusal import Refusal, unknown
from editgan.studio.routes.documents import LabelBytes, PhotoBytes, attachment, parse_box
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
    return [studio.annotation_room.view(visitor, found.id) for found in list_sets(visitor)]


@router.post("", status_code=201)
async def create(asked: NewPictureSet, studio: StudioHere, visitor: Visiting) -> PictureSet:
    """Start a set, with the bundle's parts or others."""
    return await studio.quick(lambda: studio.annotation_room.create(visitor, asked))


@router.get("/{identifier}")
def get(identifier: str, studio: StudioHere, visitor: Visiting) -> PictureSet:
    """A set and its pictures."""
    return studio.annotation_room.view(visitor, identifier)


@router.delete("/{identifier}", status_code=204)
async def delete(identifier: str, studio: StudioHere, visitor: Visiting) -> None:
    """The set with its pictures and labels; a bundle that learnt from it stays."""
    folder = visitor.path(KIND, identifier)

    def act() -> None:
        if (work := studio.annotation_room.running(visitor, load_set(folder))) is not None:
            studio.worker.stop(work)
        shutil.rmtree(folder, ignore_errors=True)

    await studio.quick(act)


@router.put("/{identifier}/parts")
async def put_parts(identifier: str, parts: Parts, studio: StudioHere, visitor: Visiting) -> PictureSet:
    """Rename, recolour, append; a class that saved labels use keeps its place."""
    folder = visitor.path(KIND, identifier)

    def act() -> PictureSet:
        change_parts(folder, parts)
        return studio.annotation_room.view(visitor, identifier)

    return await studio.quick(act)


@router.post("/{identifier}/pictures", status_code=202)
async def add_photo(
    identifier: str,
    body: PhotoBytes,
    studio: StudioHere,
    visitor: Visiting,
    name: Annotated[str, Query(max_length=200)] = "photo",
    box: str | None = None,
) -> PictureSet:
    """Add a photo: the body is the file's bytes. Its job aligns, embeds and reads it."""
    frame = None if box is None else parse_box(box)
    visitor.path(KIND, identifier)
    pixels = await run_in_threadpool(read_photo, body, studio.settings.megapixels)
    size = (pixels.shape[2], pixels.shape[1])
    plain = name.replace("\\", "/").rpartition("/")[2] or "photo"
    return await studio.quick(
        lambda: studio.annotation_room.add_photo(visitor, identifier, body, plain, frame, size)
    )


@router.post("/{identifier}/samples", status_code=202)
async def add_samples(
    identifier: str, asked: NewSamples, studio: StudioHere, visitor: Visiting
) -> PictureSet:
    """Add pictures that the generator invents."""
    return await studio.quick(lambda: studio.annotation_room.add_samples(visitor, identifier, asked))


@router.post("/{identifier}/pictures/{picture}/reading", status_code=202)
async def read_again(
    identifier: str, picture: str, asked: PictureFrame, studio: StudioHere, visitor: Visiting
) -> PictureSet:
    """Try a picture again that could not be read, with a frame around its subject."""
    return await studio.quick(
        lambda: studio.annotation_room.read_again(visitor, identifier, picture, asked.box)
    )


@router.delete("/{identifier}/pictures/{picture}", status_code=204)
async def delete_picture(identifier: str, picture: str, studio: StudioHere, visitor: Visiting) -> None:
    """A picture and its labels."""
    folder = visitor.path(KIND, identifier)

    def act() -> None:
        gone = find_picture(found := load_set(folder), picture)
        change_set(folder, pictures=[p for p in found.pictures if p.id != gone.id])
        shutil.rmtree(picture_folder(folder, gone.id), ignore_errors=True)

    await studio.quick(act)


@router.get("/{identifier}/pictures/{picture}/image", response_class=FileResponse)
def get_image(identifier: str, picture: str, studio: StudioHere, visitor: Visiting) -> FileResponse:
    """WebP: the picture as its generator expects it, square, `label_px` or more."""
    return _file(visitor, identifier, picture, "image.webp", MEDIA["webp"])


@router.get("/{identifier}/pictures/{picture}/photo", response_class=Response)
def get_photo(identifier: str, picture: str, studio: StudioHere, visitor: Visiting) -> Response:
    """JPEG of the whole photo, until it has been read: to say where its subject is."""
    path = picture_folder(visitor.path(KIND, identifier), picture) / "original"
    if not path.is_file():
        raise unknown("photo")
    jpeg = photo_jpeg(path.read_bytes(), studio.settings.megapixels, PHOTO_PX)
    return Response(jpeg, media_type=MEDIA["jpeg"])


@router.get("/{identifier}/pictures/{picture}/disagreement", response_class=FileResponse)
def get_disagreement(identifier: str, picture: str, studio: StudioHere, visitor: Visiting) -> FileResponse:
    """PNG with alpha: where the ensemble disagrees about the picture."""
    return _file(visitor, identifier, picture, "disagreement.png", MEDIA["png"])


@router.get("/{identifier}/pictures/{picture}/labels", response_class=Response)
def get_labels(
    identifier: str,
    picture: str,
    studio: StudioHere,
    visitor: Visiting,
    format: Literal["raw", "png"] = "png",
    read: bool = False,
) -> Response:
    """What was saved, else (or with `read`) what the branch reads: a palette PNG, or class ids row by row."""
    folder = visitor.path(KIND, identifier)
    found = load_set(folder)
    known = find_picture(found, picture)
    if read:
        known = known.model_copy(update={"is_labelled": False})
    data = encode_labels(labels_of(folder, found, known), schema_of(found.parts), format)
    if format == "raw":
        return Response(data, media_type="application/octet-stream")
    return Response(data, media_type=MEDIA["png"], headers=attachment(f"{file_name(known.name)}-parts.png"))


@router.put("/{identifier}/pictures/{picture}/labels")
async def save_labels(
    identifier: str,
    picture: str,
    body: LabelBytes,
    studio: StudioHere,
    visitor: Visiting,
    content_type: Annotated[str, Header()],
) -> PictureSet:
    """Save what was painted: raw class ids, or a palette PNG."""
    folder = visitor.path(KIND, identifier)

    def act() -> PictureSet:
        found = load_set(folder)
        label_map = decode_labels(body, content_type, schema_of(found.parts), found.label_px)
        return studio.annotation_room.save_labels(visitor, identifier, picture, label_map)

    return await studio.quick(act)


@router.put("/{identifier}/pictures/{picture}/use")
async def put_use(
    identifier: str, picture: str, asked: PictureUse, studio: StudioHere, visitor: Visiting
) -> PictureSet:
    """Whether a labelled picture teaches the branch, or measures it."""
    folder = visitor.path(KIND, identifier)

    def act() -> PictureSet:
        if not find_picture(load_set(folder), picture).is_labelled:
            raise Refusal(409, "labels", "only a labelled picture teaches or measures; save its labels first")
        change_picture(folder, picture, is_test=asked.is_test)
        return studio.annotation_room.view(visitor, identifier)

    return await studio.quick(act)


@router.get("/{identifier}/archive", response_class=Response)
def get_archive(identifier: str, studio: StudioHere, visitor: Visiting) -> Response:
    """A ZIP: photos, palette PNGs, classes.json, test pictures in test/."""
    folder = visitor.path(KIND, identifier)
    found = load_set(folder)
    headers = attachment(f"{file_name(found.name)}.zip")
    return Response(archive(folder, found), media_type="application/zip", headers=headers)


@router.post("/{identifier}/training", status_code=202)
async def train(
    identifier: str, asked: Annotated[Training, Body()], studio: StudioHere, visitor: Visiting
) -> Job:
    """Teach the labels to a new branch; afterwards there is a new bundle."""
    return await studio.quick(lambda: start_training(studio.annotation_room, visitor, identifier, asked).job)


def _file(visitor: Visiting, identifier: str, picture: str, name: str, media: str) -> FileResponse:
    path = picture_folder(visitor.path(KIND, identifier), picture) / name
    if not path.is_file():
        raise unknown("picture")
    return FileResponse(path, media_type=media)
