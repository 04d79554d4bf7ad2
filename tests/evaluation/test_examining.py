import pytest
import torch
from skimage.data import astronaut
from torch import Tensor

from editgan.bundle.bundle import ModelBundle
from editgan.bundle.folder import load_bundle
from editgan.core.errors import LabelError
from editgan.core.labels import at_side
from editgan.core.types import Image, Photo
from editgan.evaluation.asked import Asker
from editgan.evaluation.examining import Examiner
from editgan.evaluation.grading import GRADED
from editgan.evaluation.methods import Edited, EditMethod, KnownGeometry
from editgan.evaluation.tasks import BROADER_MOUTH, BROWS_UP, WIDER_EYES, EditTask
from editgan.perception.segmenter import Segmenter, SegmenterConfig

pytestmark = pytest.mark.slow

FRAME = (slice(None), slice(40, 210), slice(140, 310))  # of the astronaut's face


class Painter(Segmenter):
    """Sees what the frame of the bundles has where on average: no grader's file is at hand in tests."""

    def read(self, image: Image) -> Tensor:
        label_map = torch.full((1, 64, 64), GRADED.ids("skin")[0])
        for name, left, top, right, bottom in (
            ("brow", 14, 14, 27, 17),
            ("brow", 37, 14, 50, 17),
            ("eye", 17, 19, 26, 23),
            ("eye", 38, 19, 47, 23),
            ("upper_lip", 24, 42, 40, 44),
            ("lower_lip", 24, 44, 40, 47),
        ):
            label_map[0, top:bottom, left:right] = GRADED.ids(name)[0]
        return at_side(label_map, self.config.side)


@pytest.fixture(scope="module")
def faces() -> ModelBundle:
    return load_bundle("faces-64")


@pytest.fixture(scope="module")
def photo() -> Photo:
    return torch.from_numpy(astronaut()[FRAME[1], FRAME[2]].copy())[None]


@pytest.fixture
def asker(faces: ModelBundle) -> Asker:
    return Asker(faces, Painter(SegmenterConfig(network="lite0"), GRADED).eval(), is_framed=True)


def test_known_geometry_does_what_is_asked_and_keeps_to_its_region(asker: Asker, photo: Photo) -> None:
    method = KnownGeometry(asker)
    assert isinstance(method, EditMethod)
    edited = method.edit(method.open(photo), BROWS_UP)
    assert 0.02 < edited.may_change.float().mean() < 0.3 and edited.seconds > 0
    assert torch.equal(edited.pixels[0][~edited.may_change], photo[0][~edited.may_change])
    assert (edited.pixels != photo).any()
    with pytest.raises(LabelError, match="no displacement"):
        method.edit(photo, EditTask("bald", (("erase", "brow"),)))


def test_an_edit_is_examined_in_all_ways(asker: Asker, photo: Photo, faces: ModelBundle) -> None:
    examiner, method = Examiner(faces, asker), KnownGeometry(asker)
    for task in (BROWS_UP, WIDER_EYES, BROADER_MOUTH):
        edited = method.edit(photo, task)
        found = examiner(photo, task, edited)
        figures = found.figures
        assert figures["outside_max_bytes"] == 0 and figures["frame_px"] == 170
        assert figures["iou_before"] == figures["iou_after"] < 1  # the painter sees the same in all pictures
        assert figures["points_before"] > 1 and figures["identity"] > 0.8 and figures["distance"] > 0
        assert ("detail_moved" in figures) == (task == BROWS_UP)
        assert found.features["edited"].shape == found.features["untouched"].shape
        assert (found.features["edited"] - found.features["untouched"]).abs().max() > 0.01
    figures = examiner(photo, BROWS_UP, method.edit(photo, BROWS_UP)).figures
    assert figures["points_after"] < figures["points_before"]
    assert figures["detail_moved"] == pytest.approx(1, abs=0.4)
    assert figures["detail_match"] > 0.7 > figures["detail_match_unmoved"]


def test_nothing_done_is_nothing_moved(asker: Asker, photo: Photo, faces: ModelBundle) -> None:
    nothing = Edited(photo, torch.zeros(170, 170, dtype=torch.bool), 0.0, 0.0)
    found = Examiner(faces, asker)(photo, BROWS_UP, nothing)
    assert found.figures["detail_moved"] == 0 and found.figures["detail_match"] == pytest.approx(1, abs=1e-3)
    assert found.figures["points_after"] == found.figures["points_before"]
    assert found.figures["identity"] == pytest.approx(1, abs=1e-4)
    assert torch.equal(found.features["edited"], found.features["untouched"])


def test_what_the_grader_does_not_see_is_not_graded(asker: Asker, photo: Photo, faces: ModelBundle) -> None:
    nothing = Edited(photo, torch.zeros(170, 170, dtype=torch.bool), 0.0, 0.0)
    task = EditTask("narrower-nose", (("scale", "nose:0.8,1"),))
    found = Examiner(faces, asker)(photo, task, nothing)
    assert "there is no nose" in found.figures["ungraded"] and "iou_after" not in found.figures
    assert found.features == {}
