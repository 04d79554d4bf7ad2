"""What every request must pass before a route sees it, and the headers that every reply carries.

- Host: the studio answers only to its own names, or a page elsewhere could rebind its domain to this machine.
- Origin: nobody else's page may change anything here.
- Token: when others can reach the studio, they need the word that its owner got.
- Size: a body is counted while it arrives, whatever its header promised.
"""

import ipaddress
import json
import secrets
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qs, urlsplit

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from editgan.studio.refusal import Refusal
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
            await self.app(scope, receive, send)
            return
        headers = {key.decode("latin-1"): value.decode("latin-1") for key, value in scope["headers"]}
        guarded = _with_headers(send, scope["path"])
        try:
            self._check_host(headers)
            self._check_origin(scope["method"], headers)
            if await self._let_in(scope, headers, guarded):
                body = _Body(receive, guarded, self._limit(headers))
                await self.app(scope, body.receive, body.send)
                body.check()
        except Refusal as refusal:
            await _answer(guarded, refusal.status, {"error": refusal.error, "code": refusal.code})

    def _check_host(self, headers: dict[str, str]) -> None:
        name = urlsplit("//" + headers.get("host", "")).hostname or ""
        own = LOOPBACK | {self.settings.host} | self.settings.allowed_hosts
        if name in own or (self.settings.host not in LOOPBACK and _is_address(name)):
            return
        raise Refusal(421, "host", f"the studio is not called {name!r}; open it by its own address")

    def _check_origin(self, method: str, headers: dict[str, str]) -> None:
        if headers.get("sec-fetch-site") == "cross-site" and headers.get("sec-fetch-mode") != "navigate":
            raise Refusal(403, "origin", "another site's page may not use the studio")
        origin = headers.get("origin")
        if method not in SAFE and origin is not None and urlsplit(origin).netloc != headers.get("host"):
            raise Refusal(403, "origin", "another site's page may not use the studio")

    async def _let_in(self, scope: Scope, headers: dict[str, str], send: Send) -> bool:
        """Whether the request goes on. A link with the token becomes a cookie, so that the token leaves the
        address."""
        token = self.settings.token
        if token is None:
            return True
        given = headers.get("authorization", "").removeprefix("Bearer ") or _cookie(headers, ACCESS_COOKIE)
        if secrets.compare_digest(given.encode(), token.encode()):
            return True
        asked = parse_qs(scope["query_string"].decode("latin-1")).get("token", [""])[0]
        if scope["path"] == "/" and secrets.compare_digest(asked.encode(), token.encode()):
            cookie = f"{ACCESS_COOKIE}={token}; Path=/; HttpOnly; SameSite=Strict"
            start: Message = {
                "type": "http.response.start",
                "status": 303,
                "headers": [(b"location", b"/"), (b"set-cookie", cookie.encode())],
            }
            await send(start)
            await send({"type": "http.response.body", "body": b""})
            return False
        raise Refusal(401, "token", "this studio is private; open the link with its token")

    def _limit(self, headers: dict[str, str]) -> int:
        kind = headers.get("content-type", "").lower()
        limit = self.settings.upload_bytes if kind.startswith(RAW) else self.settings.json_bytes
        length = headers.get("content-length", "0")
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
            headers = [(key.encode(), value.encode()) for key, value in HEADERS.items()]
            # Photos are private, and code changes with the version: nothing is worth a stale copy
            keep = b"no-cache" if path.startswith("/web/") else b"no-store"
            message["headers"] = [*message["headers"], *headers, (b"cache-control", keep)]
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


def _cookie(headers: dict[str, str], name: str) -> str:
    try:
        morsel = SimpleCookie(headers.get("cookie", "")).get(name)
    except CookieError:
        return ""
    return "" if morsel is None else morsel.value


async def _answer(send: Send, status: int, body: dict[str, str]) -> None:
    data = json.dumps(body).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(data)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": data})
