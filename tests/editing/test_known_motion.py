"""Vectors learnt from part operations: parts go where those say, whatever the renderings do."""

from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F
from PIL import Image as PilImage
from skimage.data import astronaut

from editgan.bundle.bundle import ModelBundle
from editgan.bundle.opened import OpenPhoto
from editgan.data.moving import Flow, move
from editgan.editing.composition import Composition
from editgan.editing.geometry import flow_of, followed
from editgan.editing.motion import SIDE
from editgan.editing.vector import EditVector
from editgan.editor import Editor
from editgan.inversion.embed import Embedding

SKIN, LIP, INSIDE, BROW, IRIS = 0, 1, 2, 3, 4
Said = list[tuple[str, str]]


@pytest.fixture(scope="module")
def editor(bundle: ModelBundle) -> Editor:
    return Editor(bundle)


@pytest.fixture(scope="module")
def photo(editor: Editor) -> OpenPhoto:
    """The astronaut, whose parts are taken to be two brows and a mouth that is a pixel open."""
    opened = editor.open(
        PilImage.fromarray(astronaut()), box=(164, 60, 120, 120), embedding=Embedding(steps=0)
    )
    parts = torch.full((1, 32, 32), SKIN)
    parts[:, 10:12, 6:13] = parts[:, 10:12, 19:26] = BROW
    parts[:, 22:24, 10:22] = LIP
    parts[:, 24:25, 10:22] = INSIDE
    return replace(opened, label_map=parts)


def vector(
    editor: Editor, operations: Said, *, opposite: Said | None = None, share: float = 1.0
) -> EditVector:
    shape = editor.sample(0).w_plus.shape[1:]
    learnt = {"operations": operations, "share": share}
    return EditVector(
        name="moves",
        delta=torch.full(shape, 0.3),
        classes=("brow",),
        bundle=editor.bundle.name,
        fingerprint=editor.bundle.fingerprint,
        opposite=None if opposite is None else "moves back",
        learnt=learnt if opposite is None else learnt | {"opposite_operations": opposite},
    )


def as_asked(photo: OpenPhoto, operations: Said, amount: float = 1.0) -> torch.Tensor:
    flow = flow_of(photo.label_map, photo.schema, operations, amount)
    return F.interpolate(flow, size=(SIDE, SIDE), mode="bilinear", antialias=True)


def differing(one: torch.Tensor, other: torch.Tensor) -> int:
    return int((one.int() - other.int()).abs().max())


UP, DOWN = [("move", "brow:0,-2")], [("move", "brow:0,1")]


def everywhere() -> torch.Tensor:
    return torch.ones(1, 1, 32, 32, dtype=torch.bool)


@pytest.mark.parametrize(
    ("strength", "operations", "amount"), [(1.0, UP, 0.5), (-1.0, DOWN, 0.5), (0.5, UP, 0.25)]
)
def test_pixels_go_where_the_operations_say(
    editor: Editor, photo: OpenPhoto, strength: float, operations: Said, amount: float
) -> None:
    result = editor.apply(photo, {vector(editor, UP, opposite=DOWN, share=0.5): strength})
    wanted, _ = move(photo.pixels, photo.framing, as_asked(photo, operations, amount), everywhere())
    assert differing(result.pixels, wanted) <= 2 and differing(result.pixels, photo.pixels) > 20
    assert torch.equal(result.pixels[0][~result.may_change], photo.pixels[0][~result.may_change])
    assert result.report.pasted_outside_max_abs_diff == 0 and result.report.unmoved_share is None


def test_the_order_of_vectors_makes_no_difference(editor: Editor, photo: OpenPhoto) -> None:
    up, wider = vector(editor, UP), replace(vector(editor, [("scale", "mouth:1.3,1")]), name="wider")
    longer = replace(vector(editor, [("scale", "brow:1.3,1")]), name="longer")
    drawn = replace(vector(editor, []), name="drawn")
    one = {up: 1.0, wider: 0.5, drawn: 1.0, longer: 0.7}
    other = {drawn: 1.0, longer: 0.7, wider: 0.5, up: 1.0}
    assert torch.equal(editor.apply(photo, one).pixels, editor.apply(photo, other).pixels)


def test_what_is_kept_stays(editor: Editor, photo: OpenPhoto) -> None:
    keep = torch.zeros(1, 1, 32, 32, dtype=torch.bool)
    keep[..., :16] = True
    result = editor.apply(photo, Composition({vector(editor, UP): 1.0}, keep=keep))
    middle = round(photo.framing.centre_x)
    assert torch.equal(result.pixels[:, :, : middle - 1], photo.pixels[:, :, : middle - 1])
    assert not torch.equal(result.pixels, photo.pixels)


@pytest.mark.parametrize(
    ("operations", "reason"),
    [
        ([("move", "iris:0,-1")], "there is no iris in this picture"),
        ([("erase", "mouth_interior")], "hardly any mouth_interior"),
    ],
)
def test_a_vector_with_nothing_to_do_says_so_and_does_nothing(
    editor: Editor, photo: OpenPhoto, operations: Said, reason: str
) -> None:
    idle = vector(editor, operations)
    result = editor.apply(photo, {idle: 1.0})
    assert torch.equal(result.pixels, photo.pixels)
    assert any("moves has nothing to do here" in w and reason in w for w in result.report.warnings)
    up = replace(vector(editor, UP), name="up")
    assert torch.equal(
        editor.apply(photo, {idle: 1.0, up: 1.0}).pixels, editor.apply(photo, {up: 1.0}).pixels
    )


@pytest.mark.parametrize("learnt", [{}, {"operations": 3}, {"operations": [["move"]]}, {"share": "much"}])
def test_without_operations_motion_is_sought_as_before(
    editor: Editor, photo: OpenPhoto, learnt: dict
) -> None:  # type: ignore[type-arg]
    painted = replace(vector(editor, UP), learnt=learnt)
    made = editor.apply(photo, {painted: 1.0})
    sought = editor.apply(photo, Composition({painted: 1.0}, paste_mode="motion"))
    assert torch.equal(made.pixels, sought.pixels) and made.report.unmoved_share is not None


def test_an_edit_in_words_remembers_them(editor: Editor, photo: OpenPhoto) -> None:
    edit = editor.edit(photo, UP, name="up")
    assert edit.vector.operations(1.0) == (tuple(UP), 1.0)
    assert torch.equal(editor.apply(photo, Composition({edit.vector: 1.0})).pixels, edit.result.pixels)


def test_one_displacement_follows_another() -> None:
    def shifted(x: float, y: float) -> Flow:
        return torch.tensor([x, y])[None, :, None, None].expand(1, 2, 8, 8)

    torch.testing.assert_close(followed(shifted(0.1, 0), shifted(0, -0.2)), shifted(0.1, -0.2))
    ramp = torch.zeros(1, 2, 8, 8)
    ramp[:, 0] = torch.linspace(0, 0.7, 8)
    torch.testing.assert_close(followed(ramp, shifted(1 / 8, 0))[0, 0, 0, :7], ramp[0, 0, 0, 1:] + 1 / 8)
