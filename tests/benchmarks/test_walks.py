"""Ways to walk are compared fairly: on the same photos, by what no walk was made with."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from PIL import Image as PilImage
from skimage.data import astronaut

from benchmarks.walk_objectives import EachHead, Shifted, shifted, variants
from benchmarks.walk_report import as_markdown
from benchmarks.walks import Walker
from editgan.bundle.bundle import ModelBundle
from editgan.bundle.opened import OpenPhoto
from editgan.editing.learn import asked_of
from editgan.editing.objective import EditObjective, EditWeights
from editgan.editing.parts import repaint
from editgan.editing.walk import Editing
from editgan.editor import Editor
from editgan.evaluation.run import edited_path
from editgan.evaluation.tasks import EditTask
from editgan.inversion.embed import Embedding
from editgan.perception.segmenter import Segmenter, SegmenterConfig

TASK = EditTask("thicker", (("grow", "iris:4"),))
SHAPE = SegmenterConfig(network="lite1", side=64, width=16, fine_width=16, finest_width=16)


@pytest.fixture(scope="module")
def editor(bundle: ModelBundle) -> Editor:
    with torch.random.fork_rng():
        torch.manual_seed(5)
        return Editor(replace(bundle, reader=Segmenter(SHAPE, bundle.schema)))


@pytest.fixture(scope="module")
def photo(editor: Editor) -> OpenPhoto:
    portrait = PilImage.fromarray(astronaut()[60:180, 164:284].copy())
    return editor.open(portrait, box=(0, 0, 120, 120), embedding=Embedding(steps=2))


def test_walks_are_measured_and_the_first_is_the_products_own(
    editor: Editor, photo: OpenPhoto, tmp_path: Path
) -> None:
    few = ("as it is", "stopped by the reader", "each head agrees", "shifted readings", "prior on the mean")
    known = variants(editor.bundle.generator.config.num_ws)
    ways = {name: replace(known[name], settings=Editing(steps=9)) for name in few}
    out = tmp_path / "walks.jsonl"
    rows = {row["method"]: row for row in Walker(editor, out, ways).rows("a.png", photo, TASK, few)}
    assert list(rows) == list(few)
    target = repaint(photo.label_map, photo.schema, TASK.at(32))
    edit = editor.edit(photo, target, settings=Editing(steps=9))
    own = rows["as it is"]
    assert own["steps"] == edit.reached.steps
    assert own["claimed_after"] == pytest.approx(edit.reached.target_iou_after)
    assert own["seen_motion"] == pytest.approx(edit.reached.seen_iou_after)
    assert own["unmoved"] == pytest.approx(edit.result.report.unmoved_share, rel=1e-3)
    assert rows["stopped by the reader"]["seen_motion"] >= own["seen_motion"]
    assert all(edited_path(out, f"{way}-difference", "thicker", "a.png").exists() for way in few)
    table = as_markdown(list(rows.values()), out, tmp_path, editor.bundle, None)
    assert (
        table.startswith("| 1 edits | claimed | seen, motion |")
        and f"| as it is | {own['claimed_after']:.3f} |" in table
    )


def test_means_are_over_edits_that_every_way_has(editor: Editor, tmp_path: Path) -> None:
    rows = [
        {"method": way, "task": "t", "photo": photo, "seen_before": 0.1, "seen_motion": seen}
        for way, photo, seen in (("a", "1", 0.2), ("a", "2", 0.9), ("b", "1", 0.4))
    ]
    table = as_markdown(rows, tmp_path / "w.jsonl", tmp_path, editor.bundle, None)
    assert "| 1 edits | seen, motion |" in table and "| a | 0.200 |" in table and "| b | 0.400 |" in table
    assert "| *before* | 0.100 |" in table


def test_a_shift_brings_what_lay_beside() -> None:
    x = torch.rand(1, 2, 6, 8)
    assert torch.allclose(shifted(x, 1 / 8, 0)[..., :-1], x[..., 1:], atol=1e-5)
    assert torch.allclose(shifted(x, 0, -1 / 6)[:, :, 1:], x[:, :, :-1], atol=1e-5)
    halfway = shifted(x, 0.5 / 8, 0)[..., :-1]
    assert torch.allclose(halfway, (x[..., 1:] + x[..., :-1]) / 2, atol=1e-5)


def test_other_objectives_ask_for_the_same_and_more(editor: Editor, photo: OpenPhoto) -> None:
    asked = asked_of(photo, repaint(photo.label_map, photo.schema, TASK.at(32)))

    def labels(objective: type[EditObjective]) -> float:
        made = objective(editor.context, photo.w_plus, photo.image, asked.target, asked.region, EditWeights())
        return made(photo.w_plus)["labels"].item()

    together, each, beside = (labels(objective) for objective in (EditObjective, EachHead, Shifted))
    assert each >= together - 1e-5  # cross-entropy of a mean of logits is at most the mean of theirs
    assert 0.3 < beside / together < 3 and beside != pytest.approx(together, rel=1e-4)
