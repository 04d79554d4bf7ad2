"""Who is here, and what the studio offers."""

from importlib.metadata import version

from fastapi import APIRouter, Request, Response

from editgan.studio.access import VISITOR_COOKIE, StudioHere, Visiting, greet
from editgan.studio.schemas import About, Limits

router = APIRouter(tags=["visiting"])


@router.get("/about")
def about(request: Request, studio: StudioHere) -> About:
    """Bundles and limits."""
    visitor = studio.visitors.find(request.cookies.get(VISITOR_COOKIE))
    return About(
        software=f"editgan {version('editgan')}",
        bundles=studio.bundles.infos(visitor),
        limits=Limits.model_validate(studio.settings, from_attributes=True),
    )


@router.post("/visitors", status_code=204)
def arrive(request: Request, response: Response, studio: StudioHere) -> None:
    """Become a visitor: sets the cookie that every other request needs."""
    greet(request, response, studio)


@router.delete("/visitors/me", status_code=204)
async def leave(response: Response, studio: StudioHere, visitor: Visiting) -> None:
    """Delete everything of this visitor: photos, results, vectors, labels."""

    def act() -> None:
        for work in list(studio.worker.works.values()):
            if work.visitor == visitor.key:
                studio.worker.stop(work)
        studio.desk.forget(visitor.folder)
        studio.bundles.forget(visitor.folder)
        studio.visitors.delete(visitor)

    await studio.quick(act)
    response.delete_cookie(VISITOR_COOKIE, path="/")
