import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image as PilImage
from torch import Tensor
from typer.testing import CliRunner

from editgan.bundle.bundle import ModelBundle
from editgan.bundle.folder import load_bundle
from editgan.cli.main import app
from editgan.core.errors import InputError, LabelError, PhotoError
from editgan.core.images import from_pil, save_picture, to_pil, to_pixels
from editgan.core.types import Photo
from editgan.editing.composition import Composition
from editgan.editing.library import find_vector
from editgan.editing.parts import apply_operation
from editgan.editor import Editor
from editgan.evaluation.examining import Examined, Examiner
from editgan.evaluation.methods import Edited, EditMethod, Ours, Pasted
from editgan.evaluation.report import as_markdown, probe_rows, ranked_sheet, task_sheet
from editgan.evaluation.run import edited_path, read_rows, run_edits
from editgan.evaluation.tasks import BROADER_MOUTH, BROWS_UP, TASKS, EditTask, tasks_of, vector_task

pytestmark = pytest.mark.slow

DARKER, LIGHTER = EditTask("darker", ()), EditTask("lighter", ())


def examine(photo: Photo, task: EditTask, edited: Edited) -> Examined:
    side = edited.pixels.float().mean()
    features = {"edited": torch.rand(8) + side, "untouched": torch.rand(8) + photo.float().mean()}
    return Examined({"size": "40x40", "mean": side.item()}, features)


class Brightness:
    """Refuses photos that are black; counts what it is asked."""

    name, labels_used = "brightness", None

    def __init__(self) -> None:
        self.opened, self.edited = 0, 0

    def open(self, photo: Photo) -> Photo:
        self.opened += 1
        if not photo.any():
            raise PhotoError("a black photo cannot be edited; give another")
        return photo

    def edit(self, opened: Photo, task: EditTask) -> Edited:
        if task == LIGHTER and opened.max() == 255:
            raise LabelError("it is as light as can be")
        self.edited += 1
        pixels = opened // 2 if task == DARKER else opened + 1
        return Edited(pixels, torch.ones(40, 40, dtype=torch.bool), 0.5, 0.1)


def _photo(value: int) -> Photo:
    return torch.full((1, 40, 40, 3), value, dtype=torch.uint8)


PHOTOS = [("a.png", _photo(100)), ("deep/b.png", _photo(0)), ("c.png", _photo(255))]


def _run(out: Path, method: EditMethod[Any], photos: list[tuple[str, Photo]]) -> list[dict[str, Any]]:
    return list(run_edits([(method, [DARKER, LIGHTER])], photos, out, examine))


def test_every_method_task_and_photo_has_a_line_and_refusals_are_among_them(tmp_path: Path) -> None:
    out, method = tmp_path / "runs" / "edits.jsonl", Brightness()
    assert isinstance(method, EditMethod)
    rows = _run(out, method, PHOTOS)
    assert read_rows(out) == rows and len(rows) == 6
    assert [(row["photo"], row["task"]) for row in rows[:2]] == [("a.png", "darker"), ("a.png", "lighter")]
    assert [row["mean"] for row in rows if "mean" in row] == [50, 101, 127]
    assert [row.get("refused") for row in rows[2:]] == [
        "a black photo cannot be edited; give another",
        "a black photo cannot be edited; give another",
        None,
        "it is as light as can be",
    ]
    assert all(row["open_seconds"] == 0.1 and row["seconds"] == 0.5 for row in rows if "mean" in row)
    assert method.opened == 3 and method.edited == 3
    with PilImage.open(edited_path(out, method.name, "darker", "a.png")) as picture:
        assert torch.equal(from_pil(picture), _photo(50))
    assert not edited_path(out, method.name, "darker", "deep/b.png").exists()


def test_a_run_that_was_stopped_half_way_goes_on_and_ends_the_same(tmp_path: Path) -> None:
    out, method = tmp_path / "edits.jsonl", Brightness()
    running = run_edits([(method, [DARKER, LIGHTER])], PHOTOS, out, examine)
    before = [next(running) for _ in range(3)]
    running.close()
    again = Brightness()
    rest = _run(out, again, PHOTOS)
    assert again.opened == 2  # the first photo was done with, the second in half
    assert read_rows(out) == before + rest and len(rest) == 3
    assert _run(out, again, PHOTOS) == [] and again.opened == 2


def test_a_torn_last_line_is_dropped_and_made_again(tmp_path: Path) -> None:
    out = tmp_path / "edits.jsonl"
    _run(out, Brightness(), PHOTOS)
    whole = out.read_text()
    out.write_text(whole[:-20])
    assert len(read_rows(out)) == 5 and out.read_text().endswith("}\n")
    (row,) = _run(out, Brightness(), PHOTOS)
    assert row["refused"] == "it is as light as can be" and out.read_text() == whole
    out.write_text("{\n" + whole)
    with pytest.raises(InputError, match="a line of JSON for each edit"):
        read_rows(out)


def test_another_method_shares_the_file(tmp_path: Path) -> None:
    out, other = tmp_path / "edits.jsonl", Brightness()
    _run(out, Brightness(), PHOTOS)
    other.name = "other"
    assert len(_run(out, other, PHOTOS[:1])) == 2 and len(read_rows(out)) == 8


def test_the_table_has_means_over_what_was_not_refused(tmp_path: Path) -> None:
    rows = _run(tmp_path / "edits.jsonl", Brightness(), PHOTOS)
    lines = as_markdown(rows).splitlines()
    head = "method | task | photo px | labels | photos | refused | open seconds | seconds | mean"
    assert lines[0] == f"| {head} |" and len(lines) == 5
    assert {line.count("|") for line in lines} == {10}
    assert lines[2].startswith("| brightness | darker | 40x40 | – | 2 | 1 |") and lines[2].endswith(" 88.5 |")
    assert lines[3].startswith("| brightness | lighter | 40x40 | – | 1 | 2 |") and lines[3].endswith(" 101 |")
    assert lines[4].startswith("| brightness | all | 40x40 | – | 3 | 3 |")


def test_what_a_probe_tells_is_ranked_and_shown(tmp_path: Path) -> None:
    out, photos = tmp_path / "edits.jsonl", [(f"{i}.png", _photo(100 + i)) for i in range(12)]
    rows = _run(out, Brightness(), photos)
    table, ranked = probe_rows(rows, out)
    assert table.splitlines()[2].startswith("| brightness | 24 | 12 | ")
    some = ranked["brightness"]
    assert len(some) == 24 and [score for score, _ in some] == sorted(score for score, _ in some)
    assert {row["task"] for _, row in some[-8:]} == {"darker"}  # half as light: easily told
    sheet = ranked_sheet("brightness", some, dict(photos), out, count=3)
    assert sheet.width > 3 * 320 and sheet.height > 6 * 320
    assert probe_rows(rows[:4], out)[1] == {}  # two photos


def test_a_sheet_shows_pictures_pixel_by_pixel(tmp_path: Path) -> None:
    out = tmp_path / "edits.jsonl"
    checked = (torch.arange(1600).reshape(1, 40, 40, 1) % 2 * 200).to(torch.uint8).expand(-1, -1, -1, 3)
    photos = [("checked.png", checked.contiguous()), *PHOTOS]
    _run(out, Brightness(), photos)
    sheet = from_pil(task_sheet("darker", photos, ["brightness"], out))[0]
    assert _holds(sheet, checked[0]) and _holds(sheet, checked[0] // 2) and _holds(sheet, _photo(127)[0])


def _holds(sheet: Tensor, picture: Tensor) -> bool:
    side = len(picture)
    places = sheet[..., 0].unfold(0, side, 1).unfold(1, side, 1)
    return bool((places == picture[..., 0]).all((2, 3)).any())


def test_tasks_fit_label_maps_of_any_side() -> None:
    task = EditTask("all", (("move", "a:0,-1"), ("bend", "a:1"), ("scale", "a:1.1,1"), ("open", "a=b1,c:2")))
    assert task.at(64) == task.operations
    assert [text for _, text in task.at(256)] == ["a:0,-4", "a:4", "a:1.1,1", "a=b1,c:8"]
    assert [text for _, text in task.at(16)] == ["a:0,-1", "a:0.25", "a:1.1,1", "a=b1,c:1"]
    with pytest.raises(InputError, match="none for 'bird'"):
        tasks_of("bird")


@pytest.mark.parametrize("subject", TASKS)
def test_tasks_are_part_operations_of_the_built_in_bundles(subject: str) -> None:
    bundle = load_bundle(f"{subject}s-64")
    assert bundle.subject == subject and bundle.schema is not None
    editor = Editor(bundle)
    samples = [editor.sample(seed).label_map for seed in range(4)]
    for task in tasks_of(subject):
        for kind, text in task.at(64):
            assert any(_changes(bundle, label_map, kind, text) for label_map in samples), task.name


def _changes(bundle: ModelBundle, label_map: Tensor, kind: str, text: str) -> bool:
    assert bundle.schema is not None
    try:
        return not torch.equal(apply_operation(label_map, bundle.schema, kind, text), label_map)
    except LabelError as error:
        assert "in this picture" in str(error)
        return False


def test_ours_is_learnt_once_and_pasted_in_every_way(bundle: ModelBundle) -> None:
    ours = Ours(Editor(bundle), is_framed=True)
    methods = [Pasted(ours, mode) for mode in ("motion", "difference", "replace")]
    assert all(isinstance(method, EditMethod) for method in methods)
    assert methods[0].name.startswith("motion tiny-32 ") and methods[0].labels_used is None
    photo, task = _enlarged(bundle, 1), EditTask("larger", (("grow", "eye:1"),))
    opened = [method.open(photo) for method in methods]
    assert opened[0] is opened[1] is opened[2] and opened[0].label_map.shape == (1, 32, 32)
    made = [method.edit(opened[0], task) for method in methods]
    for edited in made:
        assert edited.pixels.shape == photo.shape == (1, 96, 96, 3) and edited.seconds > 0
        assert torch.equal(edited.pixels[0][~edited.may_change], photo[0][~edited.may_change])
        figures = Examiner(bundle)(photo, task, edited).figures
        assert 0 < figures["changed_share"] < 1 and figures["outside_max_bytes"] == 0
        assert figures["size"] == "96x96"
    assert not torch.equal(made[1].pixels, made[2].pixels)
    target = apply_operation(opened[0].label_map, bundle.schema, "grow", "eye:1")
    again = Editor(bundle).edit(opened[0], target, on=Composition({}, paste_mode="difference")).result.pixels
    assert torch.equal(made[1].pixels, again)
    with pytest.raises(LabelError, match="no part 'nose'"):
        methods[0].edit(opened[0], TASKS["face"][4])


def test_a_vector_is_a_task_with_the_operations_it_was_learnt_from() -> None:
    loaded = load_bundle("faces-64")
    task = vector_task(find_vector(loaded, "brows-up"), loaded.label_side)
    assert task == EditTask("brows-up by vector", BROWS_UP.operations, "brows-up") and task.parts == ("brow",)
    photo = to_pixels(Editor(loaded).sample(0).image)
    method = Pasted(Ours(Editor(loaded), is_framed=True), "difference")
    assert (method.edit(method.open(photo), task).pixels != photo).any()
    with pytest.raises(InputError, match="aim is unknown"):
        vector_task(replace(find_vector(loaded, "brows-up"), learnt={}), 64)


def test_a_vectors_pixels_are_its_bundles_and_count_by_its_share() -> None:
    said = [["scale", "mouth:1.2,1"], ["bend", "mouth:2"]]
    vector = find_vector(load_bundle("faces-64"), "smile")
    task = vector_task(replace(vector, learnt={"operations": said, "share": 0.75}), 128)
    assert task.at(256) == (("scale", "mouth:1.15,1"), ("bend", "mouth:3"))


def test_what_lies_outside_is_counted_in_bytes(bundle: ModelBundle) -> None:
    photo = _enlarged(bundle, 1)
    spoilt, nothing = photo.clone(), torch.zeros(96, 96, dtype=torch.bool)
    spoilt[0, 3, 3, 0] ^= 4
    examiner = Examiner(bundle)
    assert examiner(photo, BROWS_UP, Edited(spoilt, nothing, 0.0, 0.0)).figures["outside_max_bytes"] == 4
    figures = examiner(photo, BROWS_UP, Edited(photo, nothing, 0.0, 0.0)).figures
    assert figures["changed_share"] == figures["outside_max_bytes"] == 0 and figures["distance"] < 1e-6


def test_the_command_goes_on_and_writes_rows_table_and_sheets(
    bundle: ModelBundle, saved_bundle: Path, tmp_path: Path
) -> None:
    for seed in range(2):
        save_picture(to_pil(_enlarged(bundle, seed)), tmp_path / "photos" / f"{seed}.png")
    (tmp_path / "photos" / "broken.png").write_text("no picture")
    out = tmp_path / "runs" / "edits.jsonl"
    asked = [
        "bench",
        "edits",
        "--data",
        str(tmp_path / "photos"),
        "-b",
        str(saved_bundle),
        "-o",
        str(out),
        "--framed",
    ]
    asked += [
        "--photos",
        "3",
        "--task",
        BROWS_UP.name,
        "--task",
        BROADER_MOUTH.name,
        "--task",
        "narrower-nose",
        "--paste",
        "difference",
    ]
    for _ in range(2):
        result = CliRunner().invoke(app, asked)
        assert result.exit_code == 0, result.exception
    rows = [json.loads(line) for line in out.read_text().splitlines()]
    assert [row["photo"] for row in rows] == ["0.png"] * 3 + ["1.png"] * 3
    assert [row["task"] for row in rows[:3]] == ["brows-up", "broader-mouth", "narrower-nose"]
    assert any("distance" in row for row in rows) and "no part 'nose'" in rows[2]["refused"]
    assert "| narrower-nose | – | – | 0 | 2 |" in out.with_suffix(".md").read_text()
    with PilImage.open(tmp_path / "runs" / "edits" / "brows-up.png") as sheet:
        assert sheet.width > 2 * 96 and sheet.height > 2 * 96
    result = CliRunner().invoke(app, [*asked, "--task", "sleep"])
    assert isinstance(result.exception, InputError) and "no task 'sleep'" in str(result.exception)
    result = CliRunner().invoke(app, [*asked, "-o", str(tmp_path / "edits.md")])
    assert isinstance(result.exception, InputError) and "ends in .jsonl" in str(result.exception)


def _enlarged(bundle: ModelBundle, seed: int) -> Photo:
    """A picture that the bundle draws, at three times its size."""
    image = Editor(bundle).sample(seed).image
    return to_pixels(torch.nn.functional.interpolate(image, scale_factor=3.0))
