"""Nothing of a person's is overwritten, by any verb; and nothing half-written is left."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image as PilImage

from editgan.cli import adding, edit, vectors
from editgan.cli.placing import Figures, Results
from editgan.core.errors import InputError

Run = Callable[..., tuple[int, str, str]]
BOX = ("--box", "20,8,20,20", "--embed-steps", "0", "--paste", "replace")


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def me(portrait: Path, editgan: Run) -> Path:
    """A photo in the folder where the command works."""
    path = Path("me.png")
    with PilImage.open(portrait) as picture:  # small: where results go does not depend on it
        picture.resize((64, 64)).save(path)
    return path


EDIT = ("edit", "me.png", *BOX, "--grow", "eye:1", "--steps", "1")
VERBS = [
    ("embed", "me.png", *BOX[:2], "--steps", "0"),
    EDIT,
    ("apply", "me.png", *BOX, "-v", "wink"),
    ("sample", "--count", "1"),
    ("sample", "--count", "1", "--each"),
    ("vectors", "sheet", "wink", "--samples", "1"),
]


@pytest.mark.parametrize("verb", VERBS)
def test_results_are_counted_up_by_default_and_replaced_only_when_that_is_said(
    verb: tuple[str, ...], editgan: Run, equipped: Path, me: Path
) -> None:
    for _ in range(2):
        code, _, err = editgan(*verb, "-b", equipped)
        assert code == 0, err
    first, second = sorted((path.name for path in Path().iterdir() if path != me), key=len)
    assert second.replace("-2", "") == first and "-2" in second
    before = contents(Path())
    target = Path(first)
    code, _, err = editgan(*verb, "-b", equipped, "-o", target)
    assert code == 2 and "is there already; choose another --out, or replace it with --overwrite" in err
    assert contents(Path()) == before
    code, _, err = editgan(*verb, "-b", equipped, "-o", target, "--overwrite")
    assert code == 0, err
    assert set(contents(Path())) == set(before)


@pytest.mark.parametrize("overwrite", [(), ("--overwrite",)])
@pytest.mark.parametrize(
    ("verb", "names"),
    [
        (("apply", "edited.png", *BOX, "-v", "wink", "-o", "."), ["edited.png"]),
        (("apply", "{here}/edited.png", *BOX, "-v", "wink", "-o", "../here"), ["edited.png"]),
        (("apply", "link.png", *BOX, "-v", "wink", "-o", "."), ["edited.png", "link.png"]),
        (("apply", "../here", "-v", "wink", "-o", "."), ["edited.png"]),
        (("edit", "edited.png", *BOX, "--grow", "eye:1", "-o", "."), ["edited.png"]),
        (("edit", "me.png", *BOX, "--target", "target.png", "-o", "."), ["me.png", "target.png"]),
        (
            ("edit", "x.png", *BOX, "--keep", "sheet.png", "--grow", "eye:1", "-o", "."),
            ["x.png", "sheet.png"],
        ),
        (("embed", "aligned.png", "-o", "."), ["aligned.png"]),
        (("vectors", "sheet", "wink", "--photo", "me.png", "-o", "me.png"), ["me.png"]),
    ],
)
def test_no_result_replaces_what_was_given(
    verb: tuple[str, ...],
    names: list[str],
    overwrite: tuple[str, ...],
    editgan: Run,
    equipped: Path,
) -> None:
    for name in names:
        if name == "link.png":
            Path(name).symlink_to("edited.png")
        else:
            PilImage.new("RGB", (64, 64)).save(name)
    before = contents(Path())
    code, out, err = editgan(*(word.format(here=Path.cwd()) for word in verb), "-b", equipped, *overwrite)
    assert code == 2 and out == "" and "no result replaces those" in err and len(err.splitlines()) == 1
    assert contents(Path()) == before


def test_a_vector_is_not_called_like_another_result(editgan: Run, equipped: Path, me: Path) -> None:
    for name in ("w_plus", "W_Plus"):
        code, _, err = editgan(*EDIT, "-b", equipped, "--name", name)
        assert code == 2 and f"two results would be called {name}.safetensors" in err
    assert [path.name for path in Path().iterdir()] == ["me.png"]
    code, _, err = editgan(*EDIT, "-b", equipped, "--name", "x" * 250)
    assert code == 2 and "at most" in err


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt, MemoryError])
def test_an_edit_leaves_all_its_files_or_none(
    error: type[BaseException],
    editgan: Run,
    equipped: Path,
    me: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(*_: object) -> None:
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(edit, "write_report", fail)  # the last of them
        try:
            code = editgan(*EDIT, "-b", equipped, "-o", "deep/out")[0]
        except RuntimeError:
            code = 1
    assert code == {RuntimeError: 1, KeyboardInterrupt: 130, MemoryError: 2}[error]
    assert [path.name for path in Path().iterdir()] == ["me.png"]


def test_a_photos_results_are_all_there_or_none(
    editgan: Run, equipped: Path, me: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device", "me.gif")

    monkeypatch.setattr(adding, "save_animation", fail)
    code, _, err = editgan("apply", me, *BOX, "-v", "wink", "--animate", "gif", "-b", equipped)
    assert code == 2 and "No space left on device" in err
    assert [path.name for path in Path().iterdir()] == ["me.png"]


def test_the_demo_owns_its_own_folder_and_no_other(editgan: Run, saved_bundle: Path) -> None:
    Path("demo").mkdir()
    Path("demo/report.json").write_text(json.dumps({"software": "editgan 0.9.0", "photos": []}))
    before = contents(Path())
    code, _, err = editgan("demo", "-b", saved_bundle)
    assert code == 2 and "something else in it than an earlier demo" in err
    assert contents(Path()) == before


def test_a_recipes_result_replaces_nothing(editgan: Run, saved_bundle: Path, recipe: Path) -> None:
    Path("report.json").write_text("mine")
    before = contents(Path())
    code, _, err = editgan("apply", "--recipe", recipe, "-b", saved_bundle, "-o", ".")
    assert code == 2 and "report.json is there already" in err
    assert contents(Path()) == before


def test_learnt_vectors_share_a_folder_but_not_a_name(
    editgan: Run, saved_bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vectors, "vector_sheet", lambda *_: PilImage.new("RGB", (9, 9)))  # takes its time
    learn = ("-b", saved_bundle, "--samples", 1, "--grow", "eye:1", "--steps", 1)
    for name in ("wide", "wider"):
        code, _, err = editgan("vectors", "learn", name, *learn)
        assert code == 0, err
    before = contents(Path())
    assert len(before) == 4
    code, _, err = editgan("vectors", "learn", "wide", *learn)
    assert code == 2 and "vectors/wide.safetensors is there already" in err
    assert contents(Path()) == before


@pytest.mark.parametrize("kind", ["nvidia", "rosinality", "onnx"])
def test_an_export_replaces_nothing(kind: str, editgan: Run, saved_bundle: Path) -> None:
    target = Path("out")
    if kind == "onnx":
        target.mkdir()
        (target / "about.json").write_text("mine")
    else:
        target.write_text("mine")
    before = contents(Path())
    code, _, err = editgan("export", kind, "-b", saved_bundle, "-o", target)
    assert code == 2 and "is there already" in err
    assert contents(Path()) == before


def test_a_benchmarks_figures_replace_nothing(tmp_path: Path) -> None:
    path = tmp_path / "figures.json"
    Figures(out=path).write({"psnr": 1})
    with pytest.raises(InputError, match="is there already"):
        Figures(out=path)
    Figures(out=path, overwrite=True).write({"psnr": 2})
    assert json.loads(path.read_text()) == {"psnr": 2}


def test_a_benchmarks_rows_are_added_to_no_other_file(editgan: Run) -> None:
    Path("data.jsonl").write_text('{"text": "mine"}\n{"text": "without a last line\'s end"}')
    Path("notes.md").write_text("mine")
    before = contents(Path())
    for out, says in (("data.jsonl", "something else in it"), ("notes.jsonl", "notes.md is there")):
        code, _, err = editgan("bench", "edits", "--data", "nowhere", "-o", out)
        assert code == 2 and says in err
    assert contents(Path()) == before


def test_two_commands_at_once_take_different_places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    results = Results()
    with results.folder("edited", ["a"]) as first, results.folder("edited", ["a"]) as second:
        assert [first.name, second.name] == ["edited", "edited-2"] and second.is_dir()
        (second / "a").touch()
    with results.file("sheet.png") as first, results.file("sheet.png") as second:
        assert [first.name, second.name] == ["sheet.png", "sheet-2.png"]
        PilImage.new("RGB", (1, 1)).save(second)
    assert not first.exists() and second.exists()


@pytest.mark.parametrize("out", [None, "deep/er/out"])
def test_a_folder_in_which_nothing_came_about_goes_away(
    out: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    results = Results(out=None if out is None else Path(out))
    with pytest.raises(KeyboardInterrupt), results.folder("edited", ["a"]):
        raise KeyboardInterrupt
    with pytest.raises(KeyboardInterrupt), results.file("edited.png"):
        raise KeyboardInterrupt
    assert not list(tmp_path.iterdir())
