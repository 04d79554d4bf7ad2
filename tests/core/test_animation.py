import itertools
import math
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as PilImage

from editgan.core.animation import check_animation, save_animation, strip
from editgan.core.errors import InputError, UnavailableError

REDS = (0, 100, 200)


def frames(width: int = 24, height: int = 16) -> list[PilImage.Image]:
    """A still gradient with a square that turns red."""
    pixels = np.zeros((height, width, 3), dtype=np.uint8)
    pixels[..., 1] = np.linspace(0, 255, width)
    pictures = []
    for red in REDS:
        pixels[4:12, 4:12] = (red, 0, 0)
        pictures.append(PilImage.fromarray(pixels.copy()))
    return pictures


def played(path: Path) -> tuple[list[np.ndarray], list[int]]:
    """Every picture of the file as RGB, and how long each is shown, in ms."""
    pictures, durations = [], []
    with PilImage.open(path) as file:
        for index in range(getattr(file, "n_frames", 1)):
            file.seek(index)
            file.load()
            pictures.append(np.asarray(file.convert("RGB")).astype(int))
            durations.append(int(file.info["duration"]))
    return pictures, durations


def reds(path: Path) -> list[int]:
    return [min(REDS, key=lambda red: abs(red - picture[8, 8, 0])) for picture in played(path)[0]]


@pytest.mark.parametrize("name", ["a.gif", "a.webp", "a.GIF"])
def test_an_animation_goes_there_and_back_without_end(name: str, tmp_path: Path) -> None:
    save_animation(frames(), tmp_path / name)
    assert reds(tmp_path / name) == [0, 100, 200, 100]
    with PilImage.open(tmp_path / name) as file:
        assert file.info["loop"] == 0 and file.size == (24, 16)


@pytest.mark.parametrize("name", ["a.gif", "a.webp"])
def test_without_bounce_it_only_goes_there(name: str, tmp_path: Path) -> None:
    save_animation(frames(), tmp_path / name, bounce=False)
    assert reds(tmp_path / name) == list(REDS)


@pytest.mark.parametrize("name", ["a.gif", "a.webp"])
def test_a_loop_lasts_as_long_as_asked(name: str, tmp_path: Path) -> None:
    save_animation(frames(), tmp_path / name, seconds=0.5, bounce=False)  # 166.7 ms each
    _, durations = played(tmp_path / name)
    assert sum(durations) == 500 and max(durations) - min(durations) <= 10


def test_a_gif_is_never_too_fast_for_browsers(tmp_path: Path) -> None:
    save_animation(frames(), tmp_path / "a.gif", seconds=0.01)
    assert min(played(tmp_path / "a.gif")[1]) >= 20


def test_what_does_not_change_does_not_flicker_in_a_gif(tmp_path: Path) -> None:
    ys, xs = np.mgrid[:120, :160]
    many_colors = np.stack([xs + 90, 2 * ys, 255 - xs], axis=2).astype(np.uint8)
    turning = [PilImage.fromarray(many_colors) for _ in REDS]
    for picture, red in zip(turning, REDS, strict=True):
        picture.paste((red, 0, 0), (4, 4, 40, 40))
    save_animation(turning, tmp_path / "a.gif")
    still = np.ones((120, 160), dtype=bool)
    still[4:40, 4:40] = False
    pictures, _ = played(tmp_path / "a.gif")
    assert len(pictures) == 4
    assert all((picture[still] == pictures[0][still]).all() for picture in pictures)


def test_a_small_change_gets_its_colours_in_a_gif(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (200, 200, 3), dtype=np.uint8)
    before, after = noise.copy(), noise.copy()
    before[90:100, 90:100], after[90:100, 90:100] = (180, 120, 110), (180, 120, 122)
    save_animation([PilImage.fromarray(p) for p in (before, after)], tmp_path / "a.gif")
    for picture, wanted in zip(played(tmp_path / "a.gif")[0], (before, after), strict=True):
        assert np.abs(picture[92:98, 92:98] - wanted[92:98, 92:98]).max() <= 6


def test_the_longest_animation_fits_every_format(tmp_path: Path) -> None:
    for name in ("a.gif", "a.webp"):
        save_animation(frames(), tmp_path / name, seconds=600, bounce=False)
        assert sum(played(tmp_path / name)[1]) == 600_000


def test_one_frame_is_a_still(tmp_path: Path) -> None:
    for name in ("a.gif", "a.webp"):
        save_animation(frames()[:1], tmp_path / name)
        with PilImage.open(tmp_path / name) as file:
            assert getattr(file, "n_frames", 1) == 1


@pytest.mark.parametrize("name", ["a.png", "a", "a.mp4.txt"])
def test_another_suffix_is_refused(name: str, tmp_path: Path) -> None:
    for refuse in (check_animation, lambda path: save_animation(frames(), path)):
        with pytest.raises(InputError, match=r"should end in \.gif, \.webp or \.mp4"):
            refuse(tmp_path / name)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("seconds", [0.0, -1.0, 601.0, math.nan, math.inf])
def test_a_length_that_is_no_time_is_refused(seconds: float, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"should last 0\.01 to 600 seconds"):
        save_animation(frames(), tmp_path / "a.gif", seconds=seconds)


def test_no_frames_or_frames_of_several_sizes_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="got no frames"):
        save_animation([], tmp_path / "a.gif")
    with pytest.raises(InputError, match=r"one size, got \[\(8, 8\), \(24, 16\)\]"):
        save_animation([*frames(), PilImage.new("RGB", (8, 8))], tmp_path / "a.gif")


def test_an_mp4_needs_ffmpeg(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    for refuse in (check_animation, lambda path: save_animation(frames(), path)):
        with pytest.raises(UnavailableError, match=r"install it, or use \.gif or \.webp"):
            refuse(tmp_path / "a.mp4")
    assert not list(tmp_path.iterdir())


FAKE = """#!{python}
import sys
from pathlib import Path
here = Path(__file__).parent
if "-encoders" in sys.argv:
    print(" V..... {encoder}   an encoder")
    sys.exit()
(here / "said").write_text("\\n".join(sys.argv[1:]))
if {fails}:
    sys.exit("first line\\nno room left")
(here / "frames").write_bytes(sys.stdin.buffer.read())
Path(sys.argv[-1]).write_bytes(b"a video")
"""


def fake_ffmpeg(
    folder: Path, monkeypatch: pytest.MonkeyPatch, *, encoder: str = "libx264", fails: bool = False
) -> Path:
    """A program of that name, first on PATH, that notes its arguments and input."""
    folder.mkdir()
    program = folder / "ffmpeg"
    program.write_text(FAKE.format(python=sys.executable, encoder=encoder, fails=fails))
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder))
    return folder


def test_ffmpeg_is_given_every_frame_at_an_even_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake = fake_ffmpeg(tmp_path / "bin", monkeypatch)
    save_animation(frames(25, 17), tmp_path / "a b.mp4", seconds=2)
    assert (tmp_path / "a b.mp4").read_bytes() == b"a video"
    said = (fake / "said").read_text().split("\n")
    options = dict(itertools.pairwise(said))
    assert options["-s"] == "24x16" and float(options["-framerate"]) == 2
    assert options["-c:v"] == "libx264" and said.count("yuv420p") == 1
    there = [frame.crop((0, 0, 24, 16)).tobytes() for frame in frames(25, 17)]
    assert (fake / "frames").read_bytes() == b"".join([*there, there[1]])


def test_another_encoder_will_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake = fake_ffmpeg(tmp_path / "bin", monkeypatch, encoder="mpeg4")
    save_animation(frames(), tmp_path / "a.mp4")
    assert "\n-c:v\nmpeg4\n-q:v\n2\n" in (fake / "said").read_text()
    fake_ffmpeg(tmp_path / "other", monkeypatch, encoder="gif")
    with pytest.raises(UnavailableError, match="this ffmpeg has none of libx264"):
        save_animation(frames(), tmp_path / "a.mp4")


def test_when_ffmpeg_fails_its_words_are_passed_on_and_the_old_file_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake_ffmpeg(tmp_path / "bin", monkeypatch, fails=True)
    (tmp_path / "a.mp4").write_bytes(b"old")
    with pytest.raises(UnavailableError, match=r"\(no room left\); use \.gif"):
        save_animation(frames(640, 480), tmp_path / "a.mp4")  # more than a pipe holds
    assert (tmp_path / "a.mp4").read_bytes() == b"old"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.mp4", "bin"]


@pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="no ffmpeg on this machine")
def test_a_real_ffmpeg_writes_a_video(tmp_path: Path) -> None:
    save_animation(frames(65, 49), tmp_path / "a.mp4")
    back = ["ffmpeg", "-loglevel", "error", "-i", str(tmp_path / "a.mp4"), "-f", "rawvideo"]
    raw = subprocess.run([*back, "-pix_fmt", "rgb24", "-"], capture_output=True, check=True).stdout
    pictures = np.frombuffer(raw, np.uint8).reshape(4, 48, 64, 3).astype(int)
    assert np.abs(pictures[:, 8, 8, 0] - [0, 100, 200, 100]).max() < 30


def test_a_strip_shows_every_frame_whole_above_its_caption() -> None:
    red, blue = PilImage.new("RGB", (40, 20), "red"), PilImage.new("RGB", (10, 30), "blue")
    sheet = np.asarray(strip([red, blue], ["-1", "+1"], panel_px=60))
    assert ((sheet == (255, 0, 0)).all(2)).sum() == 60 * 30
    assert ((sheet == (0, 0, 255)).all(2)).sum() == 20 * 60
    dark = (sheet < 100).all(2)
    words = sheet.shape[1] // 2
    assert dark[68:, :words].any() and dark[68:, words:].any() and not dark[:68].any()
    assert not dark[-1].any() and not dark[:, [0, -1]].any()  # nothing is cut off


def test_a_strip_needs_a_caption_for_each_frame() -> None:
    with pytest.raises(ValueError, match="argument 2 is shorter"):
        strip(frames(), ["-1", "0"])
