"""The library of edit vectors."""

from typing import Annotated

from fastapi import APIRouter, Body, Query
from fastapi.responses import FileResponse

from editgan.studio.access import StudioHere, Visiting
from editgan.studio.batches import file_name
from editgan.studio.schemas import NewVector, Vector

router = APIRouter(prefix="/vectors", tags=["vectors"])


@router.get("")
def list_vectors(bundle: str, studio: StudioHere, visitor: Visiting) -> list[Vector]:
    """The bundle's own by name, then yours."""
    return studio.library.infos(visitor, bundle)


@router.post("", status_code=201)
async def upload_vector(
    bundle: str,
    studio: StudioHere,
    visitor: Visiting,
    body: Annotated[bytes, Body(media_type="application/octet-stream")],
    name: Annotated[str, Query(max_length=80)] = "",
) -> Vector:
    """A .safetensors file, as the studio or `editgan edit` writes it."""
    return await studio.quick(lambda: studio.library.upload(visitor, bundle, body, name))


@router.get("/{vector}/file", response_class=FileResponse)
def get_file(vector: str, studio: StudioHere, visitor: Visiting) -> FileResponse:
    """The .safetensors file."""
    name = file_name(studio.library.info(visitor, vector).name)
    return FileResponse(
        studio.library.path(visitor, vector),
        media_type="application/octet-stream",
        filename=f"{name}.safetensors",
    )


@router.patch("/{vector}")
async def rename_vector(vector: str, asked: NewVector, studio: StudioHere, visitor: Visiting) -> Vector:
    """Give one of yours another name."""
    return await studio.quick(lambda: studio.library.rename(visitor, vector, asked.name))


@router.delete("/{vector}", status_code=204)
async def delete_vector(vector: str, studio: StudioHere, visitor: Visiting) -> None:
    """Take one of yours off the list; photos that use it keep it."""
    await studio.quick(lambda: studio.library.delete(visitor, vector))
