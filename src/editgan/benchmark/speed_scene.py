"""What the timed operations act on: samples of a bundle, square regions, a photo, three edit vectors."""

from dataclasses import dataclass, replace

import torch

from editgan.bundle.bundle import ModelBundle
from editgan.bundle.opened import OpenPhoto
from editgan.core.labels import LabelClass, LabelSchema
from editgan.core.rng import sample_z
from editgan.core.types import Image, LabelMap, Region, WPlus
from editgan.data.align import Framing
from editgan.editing.vectors import EditVector
from editgan.editor import Editor


@dataclass(frozen=True, slots=True)
class Subject:
    """Samples with their image and parts; nothing else of the rendering is kept in memory."""

    w_plus: WPlus
    image: Image
    label_map: LabelMap


class Scene:
    """Everything is made when it is first asked for, so that who times one operation pays for no other."""

    def __init__(self, bundle: ModelBundle) -> None:
        self.bundle = bundle
        self._subjects: dict[int, Subject] = {}

    @torch.no_grad()
    def subject(self, pictures: int = 1) -> Subject:
        """The first `pictures` samples of the bundle's generator."""
        if pictures not in self._subjects:
            generator = self.bundle.generator
            z = sample_z(range(pictures), generator.config.z_dim, self.bundle.device)
            w_plus = generator.broadcast(generator.mapping(z)).clone()
            rendering = self.bundle.render(w_plus)
            self._subjects[pictures] = Subject(w_plus, rendering.image, rendering.label_map)
        return self._subjects[pictures]

    def region(self, share: float, pictures: int = 1) -> Region:
        """A square in the middle of each picture, as near to `share` of it as whole pixels allow."""
        region = square_region(self.bundle.label_side, share).to(self.bundle.device)
        return region.expand(pictures, -1, -1, -1)

    def editor(self) -> Editor:
        """An editor of the bundle; classes without names get some."""
        schema = self.bundle.schema or numbered_schema(self.bundle.branch.config.classes)
        return Editor(replace(self.bundle, schema=schema))


def photo_around(sample: OpenPhoto) -> OpenPhoto:
    """The sample in the middle of a black photo of four times its side, at twice its own size."""
    side = sample.image.shape[-1]
    pixels = torch.zeros(1, 4 * side, 4 * side, 3, dtype=torch.uint8)
    return replace(
        sample, pixels=pixels, framing=Framing(centre_x=2.0 * side, centre_y=2.0 * side, side=2.0 * side)
    )


def three_vectors(editor: Editor) -> dict[EditVector, float]:
    """Three small random edit vectors, each about one class, at strength 1."""
    config, names = editor.bundle.generator.config, editor.schema.names
    rng = torch.Generator().manual_seed(0)
    return {
        EditVector(
            name=str(number),
            delta=0.01 * torch.randn(config.num_ws, config.w_dim, generator=rng),
            classes=(names[number % len(names)],),
            bundle=editor.bundle.name,
            fingerprint=editor.bundle.fingerprint,
        ): 1.0
        for number in range(1, 4)
    }


def square_region(side: int, share: float) -> Region:
    """[1, 1, side, side], True in a centred square; at least one pixel."""
    width = max(1, round(side * share**0.5))
    region = torch.zeros(1, 1, side, side, dtype=torch.bool)
    start = (side - width) // 2
    region[:, :, start : start + width, start : start + width] = True
    return region


def numbered_schema(classes: int) -> LabelSchema:
    """Classes named part_0, part_1, ..."""
    return LabelSchema(tuple(LabelClass(i, f"part_{i}", (i, i, i)) for i in range(classes)))
