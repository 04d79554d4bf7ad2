from dataclasses import replace

import pytest
import torch
from PIL import Image as PilImage
from skimage.data import astronaut
from torch import Tensor

from editgan.bundle.bundle import ModelBundle
from editgan.bundle.opened import OpenPhoto
from editgan.core.labels import LabelSchema, resize_label_map
from editgan.core.types import Image, LabelMap
from editgan.data.align import crop
from editgan.editing.composition import Composition, PasteMode
from editgan.editing.learn import asked_of
from editgan.editing.outcome import moved
from editgan.editing.parts import grow
from editgan.editing.region import dilate, region_iou
from editgan.editing.seeing import Rise, about_hidden, about_seen
from editgan.editing.walk import Editing
from editgan.editor import Editor
from editgan.inversion.embed import Embedding
from editgan.perception.segmenter import Segmenter, SegmenterConfig

pytestmark = pytest.mark.slow

SHAPE = SegmenterConfig(network="lite1", side=64, width=16, fine_width=16, finest_width=16)
FEW = Editing(steps=3)


@pytest.fixture(scope="module")
def editor(bundle: ModelBundle) -> Editor:
    """With a reader of random weights: it sees something, and changes with the picture."""
    with torch.random.fork_rng():
        torch.manual_seed(5)
        return Editor(replace(bundle, reader=Segmenter(SHAPE, bundle.schema)))


@pytest.fixture(scope="module")
def photo(editor: Editor) -> OpenPhoto:
    guess = Embedding(steps=0)
    return editor.open(PilImage.fromarray(astronaut()), box=(164, 60, 120, 120), embedding=guess)


class Reads(Segmenter):
    """Whatever it is shown, it sees the same."""

    def __init__(self, label_map: LabelMap, schema: LabelSchema) -> None:
        super().__init__(SHAPE, schema)
        self.label_map = label_map.repeat_interleave(2, 1).repeat_interleave(2, 2)

    def read(self, image: Image) -> LabelMap:
        return self.label_map.expand(len(image), -1, -1)


def read(editor: Editor, photo: OpenPhoto, pixels: Tensor) -> Tensor:
    """Its parts at the label map's side."""
    assert editor.bundle.reader is not None
    return resize_label_map(editor.bundle.reader.read(crop(pixels, photo.framing, 64)), 32, 5)


@pytest.mark.parametrize("mode", ["motion", "difference", "replace"])
def test_an_edit_reports_what_the_reader_sees_in_the_pasted_photo(
    mode: PasteMode, editor: Editor, photo: OpenPhoto
) -> None:
    target = grow(photo.label_map, [4], 2)
    edit = editor.edit(photo, target, settings=FEW, on=Composition({}, paste_mode=mode))
    ids = editor.schema.ids(*edit.reached.classes)
    for name, pixels in (("before", photo.pixels), ("after", edit.result.pixels)):
        seen = region_iou(read(editor, photo, pixels), target, ids, asked_of(photo, target).region)
        assert edit.report[f"seen_iou_{name}"] == pytest.approx(seen)


def test_an_edit_on_top_of_another_is_compared_with_the_photo_as_that_left_it(
    editor: Editor, photo: OpenPhoto
) -> None:
    first = editor.edit(photo, grow(photo.label_map, [4], 2), settings=FEW)
    refined = replace(first.composition, refine_steps=2)  # not walked yet: nor is it for this
    for on in (first.composition, refined):
        second = editor.edit(photo, grow(first.label_map, [3], 2), settings=FEW, on=on)
        ids = editor.schema.ids(*second.reached.classes)
        region = asked_of(moved(editor.context, photo, first.composition), second.target).region
        seen = region_iou(read(editor, photo, first.result.pixels), second.target, ids, region)
        assert second.reached.seen_iou_before == pytest.approx(seen)


def test_a_part_that_cannot_be_seen_in_the_photo_is_warned_of(editor: Editor, photo: OpenPhoto) -> None:
    part = (photo.label_map == 4)[:, None]
    for class_id, share, sentences in ((4, 1.0, 0), (3, 0.0, 1)):
        reads = photo.label_map.masked_fill(dilate(part, 1)[:, 0], class_id)  # as if that were there
        seeing = Editor(replace(editor.bundle, reader=Reads(reads, editor.schema)))
        edit = seeing.edit(
            photo, grow(photo.label_map, [4], 2), settings=FEW, classes=[editor.schema.classes[4].name]
        )
        assert edit.reached.seen_share == share
        assert sum("can be seen in the photo" in w for w in edit.result.report.warnings) == sentences
    assert "30%" in about_hidden(0.3)[0] and about_hidden(0.5) == []


def test_without_a_reader_nothing_is_said(editor: Editor, photo: OpenPhoto) -> None:
    blind = Editor(replace(editor.bundle, reader=None))
    edit = blind.edit(photo, grow(photo.label_map, [4], 2), settings=FEW)
    assert edit.reached.seen_iou_after is None and "seen_iou_after" not in edit.report


def test_what_is_claimed_and_not_seen_is_warned_of() -> None:
    claimed = Rise(0.4, 0.8)
    (sentence,) = about_seen(claimed, Rise(0.35, 0.33))
    assert "0.40 -> 0.80" in sentence and "0.35 -> 0.33" in sentence
    assert about_seen(claimed, Rise(0.35, 0.4)) == []
    assert about_seen(Rise(0.4, 0.45), Rise(0.4, 0.3)) == []  # nothing much was claimed
