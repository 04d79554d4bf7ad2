"""What every request must pass before a route sees it, and the headers that every reply carries.

- Host: the studio answers only to its own names, or a page elsewhere could rebind its domain to this machine.
- Origin: nobody else's page may change anything here.
- Token: when others can reach the studio, they need the word that its owner got.
- Size: a body is counted while it arrives, whatever its header promised.
"""

import ipaddress
import secrets
from urllib.parse import urlsplit

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from editgan.studio.refusal import Refusal
from editgan.studio.schemas import Problem
from editgan.studio.settings import LOOPBACK, Settings

ACCESS_COOKIE = "editgan_access"
CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; "
    "connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "content-security-policy": CSP,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
}
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
RAW = ("image/", "application/octet-stream")  # bodies that may be as large as a photo


class Guard:
    """ASGI middleware; the outermost one."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self.app, self.settings = app, settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuses, or hands on."""
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        request, guarded = Request(scope), _with_headers(send, scope["path"])
        try:
            self._check_host(request)
            self._check_origin(request)
            if (enter := self._entrance(request)) is not None:
                return await enter(scope, receive, guarded)
            body = _Body(receive, guarded, self._limit(request))
            await self.app(scope, body.receive, body.send)
            body.check()
        except Refusal as refusal:
            problem = Problem(error=refusal.error, code=refusal.code)
            await JSONResponse(problem.model_dump(), refusal.status)(scope, receive, guarded)

    def _check_host(self, request: Request) -> None:
        name = urlsplit("//" + request.headers.get("host", "")).hostname or ""
        own = LOOPBACK | {self.settings.host} | self.settings.allowed_hosts
        if name in own or (self.settings.host not in LOOPBACK and _is_address(name)):
            return
        raise Refusal(421, "host", f"the studio is not called {name!r}; open it by its own address")

    def _check_origin(self, request: Request) -> None:
        headers, origin = request.headers, request.headers.get("origin")
        is_cross = (
            headers.get("sec-fetch-site") == "cross-site" and headers.get("sec-fetch-mode") != "navigate"
        )
        is_foreign = origin is not None and urlsplit(origin).netloc != headers.get("host")
        if is_cross or (is_foreign and request.method not in SAFE):
            raise Refusal(403, "origin", "another site's page may not use the studio")

    def _entrance(self, request: Request) -> Response | None:
        """What a link with the token answers: a cookie, so that the token leaves the address. None: go on."""
        token = self.settings.token
        bearer = request.headers.get("authorization", "").removeprefix("Bearer ")
        if token is None or _is_same(bearer or request.cookies.get(ACCESS_COOKIE, ""), token):
            return None
        if request.scope["path"] == "/" and _is_same(request.query_params.get("token", ""), token):
            response = RedirectResponse("/", 303)
            response.set_cookie(ACCESS_COOKIE, token, httponly=True, samesite="strict")
            return response
        raise Refusal(401, "token", "this studio is private; open the link with its token")

    def _limit(self, request: Request) -> int:
        kind = request.headers.get("content-type", "").lower()
        limit = self.settings.upload_bytes if kind.startswith(RAW) else self.settings.json_bytes
        length = request.headers.get("content-length", "0")
        if not length.isdigit():
            raise Refusal(400, "length", "the Content-Length header should be a number")
        if int(length) > limit:
            raise _too_large(limit)
        return limit


class _Body:
    """A request's body, counted; once it is too large, nothing the application still says goes out."""

    def __init__(self, receive: Receive, send: Send, limit: int) -> None:
        self._receive, self._send, self.limit = receive, send, limit
        self.taken = 0

    async def receive(self) -> Message:
        """The next piece. Raises Refusal beyond the limit; frameworks make what they like of that."""
        message = await self._receive()
        self.taken += len(message.get("body", b""))
        self.check()
        return message

    async def send(self, message: Message) -> None:
        """What the application answers."""
        if self.taken <= self.limit:
            await self._send(message)

    def check(self) -> None:
        """Raises Refusal if it was too large."""
        if self.taken > self.limit:
            raise _too_large(self.limit)


def _with_headers(send: Send, path: str) -> Send:
    async def with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            # Photos are private, and code changes with the version: nothing is worth a stale copy
            keep = "no-cache" if path.startswith("/web/") else "no-store"
            MutableHeaders(scope=message).update(HEADERS | {"cache-control": keep})
        await send(message)

    return with_headers


def _too_large(limit: int) -> Refusal:
    return Refusal(413, "too-large", f"at most {limit / 1e6:g} MB are taken at once; send something smaller")


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _is_same(given: str, token: str) -> bool:
    return secrets.compare_digest(given.encode(), token.encode())
