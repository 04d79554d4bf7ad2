"""Pictures in a row, in time (GIF, WebP, MP4) or side by side."""

import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np
from PIL import Image as PilImage
from PIL import ImageDraw, ImageFont

from editgan.core.errors import InputError, UnavailableError
from editgan.core.files import replacing
from editgan.core.sheets import INK, PAPER, fitted

SUFFIXES = (".gif", ".webp", ".mp4")
LONGEST_S = 600  # a GIF's frame cannot last longer than 655
GIF_MS = 20  # browsers slow down what is faster
_SAMPLES = 16_384  # pixels that a palette is made from, of all and again of the changing ones
_ENCODERS = {  # in the order we like them, each with its option for high quality
    "libx264": ("-crf", "18"),
    "libopenh264": ("-b:v", "6M"),
    "mpeg4": ("-q:v", "2"),
}


def save_animation(
    frames: Sequence[PilImage.Image], path: Path, *, seconds: float = 2.0, bounce: bool = True
) -> None:
    """Written whole or not at all; the format follows the suffix: .gif, .webp or .mp4.

    Args:
        frames: at least one, all of one size. MP4 leaves out the last row or column of an odd size.
        path: where to; existing files are replaced.
        seconds: how long one loop takes, the way back included.
        bounce: forward, then backward. GIF and WebP start again without end; MP4 leaves that to the player.

    Raises:
        InputError: another suffix, no frames, frames of several sizes, or a length that is no time.
        UnavailableError: MP4 without a working `ffmpeg`.
    """
    check_animation(path)
    if len(sizes := {frame.size for frame in frames}) != 1:
        raise InputError(f"an animation needs frames of one size, got {sorted(sizes) or 'no frames'}")
    if not (0.01 <= seconds <= LONGEST_S):
        raise InputError(f"an animation should last 0.01 to {LONGEST_S} seconds, got {seconds:g}")
    shown = [frame.convert("RGB") for frame in frames]
    if bounce:
        shown += shown[-2:0:-1]  # the turning points only once
    save = {".gif": _save_gif, ".webp": _save_webp, ".mp4": _save_mp4}[path.suffix.lower()]
    with replacing(path) as scratch:
        save(shown, scratch, seconds)


def check_animation(path: Path) -> None:
    """Raises what `save_animation` would raise for this path alone: ask before making the frames."""
    if path.suffix.lower() not in SUFFIXES:
        raise InputError(f"an animation's name should end in .gif, .webp or .mp4, got {path.name!r}")
    if path.suffix.lower() == ".mp4":
        _ffmpeg()


def strip(
    frames: Sequence[PilImage.Image], captions: Sequence[str], *, panel_px: int = 240
) -> PilImage.Image:
    """Pictures side by side, each fitted into a square of `panel_px`, with its caption under it."""
    gap, font = 8, ImageFont.load_default(max(panel_px // 14, 12))
    panels = [fitted(frame, panel_px) for frame in frames]
    top = max((picture.height for picture in panels), default=0) + gap
    sheet = PilImage.new("RGB", (gap + len(panels) * (panel_px + gap), top + 2 * gap + panel_px // 10), PAPER)
    draw = ImageDraw.Draw(sheet)
    for index, (picture, caption) in enumerate(zip(panels, captions, strict=True)):
        middle = gap + index * (panel_px + gap) + panel_px // 2
        sheet.paste(picture, (middle - picture.width // 2, gap))
        draw.text((middle, top + gap // 2), caption, INK, font, anchor="ma")
    return sheet


def _save_gif(frames: list[PilImage.Image], path: Path, seconds: float) -> None:
    # Without dithering: error diffusion spreads each change over the rest of the picture, which then flickers
    palette = _palette(frames)
    first, *others = (frame.quantize(palette=palette, dither=PilImage.Dither.NONE) for frame in frames)
    durations = _durations_ms(len(frames), max(seconds, len(frames) * GIF_MS / 1000), unit_ms=10)
    first.save(path, "GIF", save_all=True, append_images=others, duration=durations, loop=0)


def _save_webp(frames: list[PilImage.Image], path: Path, seconds: float) -> None:
    first, *others = frames
    durations = _durations_ms(len(frames), seconds, unit_ms=1)
    first.save(path, "WEBP", save_all=True, append_images=others, duration=durations, loop=0, quality=90)


def _save_mp4(frames: list[PilImage.Image], path: Path, seconds: float) -> None:
    ffmpeg = _ffmpeg()
    width, height = (max(side - side % 2, 2) for side in frames[0].size)  # yuv420p halves its colours
    # fmt: off
    command = [
        ffmpeg, "-y", "-loglevel", "error",
        "-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{width}x{height}",
        "-framerate", f"{len(frames) / seconds:.4f}", "-i", "-",
        "-c:v", *_encoder(ffmpeg), "-pix_fmt", "yuv420p", "-movflags", "+faststart", "-f", "mp4", str(path),
    ]
    # fmt: on
    pictures = (frame.crop((0, 0, width, height)).tobytes() for frame in frames)
    with tempfile.TemporaryFile() as complaints:  # not a pipe: nobody would empty it while we write
        with (
            suppress(BrokenPipeError),  # then it has said why
            subprocess.Popen(command, stdin=subprocess.PIPE, stdout=complaints, stderr=complaints) as process,
        ):
            assert process.stdin is not None
            process.stdin.writelines(pictures)
        complaints.seek(0)
        said = complaints.read().decode(errors="replace").strip().splitlines()
    if process.returncode:
        raise UnavailableError(
            f"ffmpeg could not write the video ({said[-1] if said else 'it said nothing'}); use .gif or .webp"
        )


def _ffmpeg() -> str:
    if found := shutil.which("ffmpeg"):
        return found
    raise UnavailableError("an .mp4 needs the program ffmpeg; install it, or use .gif or .webp")


def _encoder(ffmpeg: str) -> tuple[str, ...]:
    """The best encoder this ffmpeg was built with, and its options."""
    listed = subprocess.run([ffmpeg, "-hide_banner", "-encoders"], capture_output=True, text=True)
    for name, options in _ENCODERS.items():
        if name in listed.stdout.split():
            return name, *options
    raise UnavailableError(f"this ffmpeg has none of {', '.join(_ENCODERS)}; use .gif or .webp")


def _palette(frames: Sequence[PilImage.Image]) -> PilImage.Image:
    """256 colours for all frames, half of them chosen for what changes: that is what is looked at."""
    step = max(max(frames[0].size) // 256, 1)
    some = frames[:: max(len(frames) // 8, 1)]
    pixels = np.stack([np.asarray(frame)[::step, ::step] for frame in some])  # [frames, h, w, 3]
    is_changing = np.ptp(pixels, axis=0).max(axis=2) > 8  # more than what compression leaves
    chosen = [_spread(pixels.reshape(-1, 3))]
    if is_changing.any():
        chosen.append(_spread(pixels[:, is_changing].reshape(-1, 3)))
    return PilImage.fromarray(np.stack(chosen)).quantize(
        256, kmeans=_SAMPLES // 50
    )  # stops once 1 % no longer moves


def _spread(colors: np.ndarray) -> np.ndarray:
    spread: np.ndarray = colors[np.linspace(0, len(colors) - 1, _SAMPLES).astype(int)]
    return spread


def _durations_ms(count: int, seconds: float, *, unit_ms: int) -> list[int]:
    """Whole units per frame, at least one, that add up to `seconds`."""
    ends = np.round(np.linspace(0, seconds * 1000 / unit_ms, count + 1)).astype(int)
    durations: list[int] = (np.maximum(np.diff(ends), 1) * unit_ms).tolist()
    return durations
