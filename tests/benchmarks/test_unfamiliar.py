import torch
from skimage.data import astronaut

from benchmarks.unfamiliar import DRAWINGS, FRAMES, alarms
from editgan.data.align import crop
from editgan.data.frame import Framing
from editgan.perception.familiar import SHOWN_PX, Familiar, FamiliarConfig

PHOTO = torch.from_numpy(astronaut())[None]
FACE = Framing(centre_x=224, centre_y=120, side=150)


def test_every_kind_is_counted_and_what_is_as_it_should_be_comes_first() -> None:
    near = [FACE.adjusted(0.01 * i, 0.01 * j, 0.0, 0.0) for i in range(-2, 3) for j in range(-2, 3)]
    views = torch.cat([crop(PHOTO, framing, SHOWN_PX) for framing in near])
    familiar = Familiar(FamiliarConfig(num_axes=8)).fit([views], [views])
    rows = dict(alarms(familiar, [(PHOTO, FACE)], "face"))
    assert list(rows) == ["as found", *FRAMES, *DRAWINGS]
    assert rows["as found"] == 0 and rows["moved by 0.3"] == rows["lines"] == rows["upside down"] == 1
    assert "sunglasses" not in dict(alarms(familiar, [(PHOTO, FACE)], "cat"))
