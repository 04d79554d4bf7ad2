"""A slider's picture in motion: displacements that are known are scaled and added up."""

import itertools

import pytest
import torch
from PIL import Image as PilImage
from skimage.data import astronaut

from editgan.bundle.bundle import ModelBundle
from editgan.bundle.opened import OpenPhoto
from editgan.data.frame import centres, looked_up
from editgan.data.moving import move
from editgan.editing.composition import Composition
from editgan.editing.sliding import Slide, find_slide, slid, stops
from editgan.editing.vector import EditVector
from editgan.editor import Editor
from editgan.inversion.embed import Embedding


@pytest.fixture(scope="module")
def editor(bundle: ModelBundle) -> Editor:
    return Editor(bundle)


@pytest.fixture(scope="module")
def photo(editor: Editor) -> OpenPhoto:
    picture = PilImage.fromarray(astronaut())
    return editor.open(picture, box=(164, 60, 120, 120), embedding=Embedding(steps=10))


def vector_of(bundle: ModelBundle, number: int = 1, reach: tuple[float, float] = (-1.0, 2.0)) -> EditVector:
    config = bundle.generator.config
    rng = torch.Generator().manual_seed(number)
    return EditVector(
        name=str(number),
        delta=0.5 * torch.randn(config.num_ws, config.w_dim, generator=rng),
        classes=(bundle.schema.names[number],),
        bundle=bundle.name,
        fingerprint=bundle.fingerprint,
        strengths=reach,
    )


def test_a_strength_is_told_from_the_stops_around_it(bundle: ModelBundle) -> None:
    vector = vector_of(bundle, reach=(-0.5, 2.0))
    assert stops(vector, 0) == {}
    assert stops(vector, 0.5) == {1.0: 0.5}
    assert stops(vector, 1.0) == {1.0: 1.0}
    assert stops(vector, 1.5) == {1.0: 0.5, 2.0: 0.5}
    assert stops(vector, 2.0) == {2.0: 1.0}
    assert stops(vector, 3.0) == {2.0: 1.5}  # beyond the end
    assert stops(vector, -0.25) == {-0.5: 0.5}  # half of -1: at least as learnt
    assert stops(vector_of(bundle, reach=(0.2, 0.8)), -1) == {-1.0: 1.0}  # on a side that is not useful


def test_a_slide_goes_from_stop_to_stop_without_a_step(bundle: ModelBundle) -> None:
    vector, at = vector_of(bundle), {1.0: 3.0, 2.0: 7.0}  # a displacement's length, at the stops
    lengths = [sum(at[stop] * w for stop, w in stops(vector, 0.01 * n).items()) for n in range(1, 251)]
    steps = [after - before for before, after in itertools.pairwise(lengths)]
    assert min(steps) > 0.02 and max(steps) < 0.05


def test_only_the_photos_own_pixels_are_moved(editor: Editor, photo: OpenPhoto) -> None:
    one, other = (find_slide(editor.context, photo, vector_of(editor.bundle, n), 1.0) for n in (1, 2))
    moved = slid(photo, [(one, 0.5), (other, -1.0)])
    flow = 0.5 * one.flow.float() - other.flow.float()
    assert torch.equal(moved, move(photo.pixels, photo.framing, flow, one.around | other.around)[0])
    assert not torch.equal(moved, photo.pixels)


def test_less_strength_moves_less_and_none_nothing(editor: Editor, photo: OpenPhoto) -> None:
    slide = find_slide(editor.context, photo, vector_of(editor.bundle), 1.0)
    changes = [(slid(photo, [(slide, w)]).float() - photo.pixels.float()).abs().mean() for w in (0.3, 1.0)]
    assert 0 < changes[0] < changes[1]
    assert torch.equal(slid(photo, []), photo.pixels)
    assert torch.equal(slid(photo, [(slide, 0.0)]), photo.pixels)


def test_a_slide_is_where_the_result_goes(editor: Editor, photo: OpenPhoto) -> None:
    """At a stop, a vector alone: but for the rounding of half precision the same picture."""
    vector = vector_of(editor.bundle)
    slide = find_slide(editor.context, photo, vector, 1.0)
    result = editor.apply(photo, {vector: 1.0})
    assert (slid(photo, [(slide, 1.0)]).int() - result.pixels.int()).abs().max() <= 3


def test_where_it_was_painted_things_may_move_too(editor: Editor, photo: OpenPhoto) -> None:
    painted = torch.zeros(1, 1, 32, 32, dtype=torch.bool)
    painted[..., :4, :4] = True
    slide: Slide = find_slide(
        editor.context, photo, vector_of(editor.bundle), 1.0, Composition({}, painted=painted)
    )
    assert slide.around[painted].all()


def test_what_is_to_be_kept_does_not_slide(editor: Editor, photo: OpenPhoto) -> None:
    keep = torch.zeros(1, 1, 64, 64, dtype=torch.bool)
    keep[..., :31] = True
    slide = find_slide(editor.context, photo, vector_of(editor.bundle), 1.0, Composition({}, keep=keep))
    moved, all_of_it = slid(photo, [(slide, 1.0)], keep), slid(photo, [(slide, 1.0)])
    kept = looked_up(keep[0, 0], photo.framing.from_photo(centres(0, 0, *photo.pixels.shape[2:0:-1])))
    assert torch.equal(moved[0][kept], photo.pixels[0][kept]) and not torch.equal(moved, photo.pixels)
    assert torch.equal(moved[0][~kept], all_of_it[0][~kept])
