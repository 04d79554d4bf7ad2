"""`editgan studio`: the web editor."""

import secrets
from pathlib import Path
from typing import Annotated

import typer
from typer import Option

from editgan.cli.options import DeviceOption, JudgeOption
from editgan.cli.saying import say
from editgan.studio.settings import LOOPBACK, Settings, default_folder


def studio(
    port: Annotated[int, Option(min=1, max=65535, help="Where it listens.")] = 8000,
    host: Annotated[
        str, Option(help="127.0.0.1: only this machine. Any other address needs a token.")
    ] = "127.0.0.1",
    token: Annotated[
        str | None,
        Option(
            help="What visitors must know; made up and shown where others can reach the studio.",
            envvar="EDITGAN_TOKEN",
        ),
    ] = None,
    allow_host: Annotated[
        list[str] | None, Option(help="Another name it is reached by, say behind a proxy; again for several.")
    ] = None,
    bundle: Annotated[
        list[Path] | None, Option("--bundle", "-b", help="Another bundle's folder; again for several.")
    ] = None,
    folder: Annotated[Path | None, Option(help="Where photos and results are kept for a while.")] = None,
    keep_hours: Annotated[
        float, Option(min=0.1, help="After a visitor's last request, everything of theirs is deleted.")
    ] = 24.0,
    open_browser: Annotated[bool, Option("--open/--no-open", help="Open the page in a browser.")] = False,
    judge: JudgeOption = "default",
    device: DeviceOption = None,
) -> None:
    """The web editor: paint on the parts of a photo, drag a slider, see the photo follow.

    Open the address it prints. Photos stay on this machine. Ctrl-C stops it.
    """
    from editgan.studio.serve import serve

    if token is None and host not in LOOPBACK:
        token = secrets.token_urlsafe(16)
    settings = Settings(
        host=host,
        port=port,
        token=token,
        allowed_hosts=frozenset(allow_host or ()),
        bundles=tuple(bundle or ()),
        folder=folder or default_folder(),
        kept_hours=keep_hours,
        device=device,
        judge=judge,
    )
    shown = f"[{host}]" if ":" in host else host
    address = f"http://{shown}:{port}/" + (f"?token={token}" if token else "")
    say(f"the studio: {address}")
    if open_browser:
        typer.launch(address)
    serve(settings)
