"""The operations that are timed, and what they act on: samples of a bundle, a photo, three edit vectors.

What an operation needs but would not do anew at every step (targets, features of a fixed picture, the
optimiser) belongs to its preparation, as it does in an edit.
"""

import io
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import torch
from torch import Tensor

from editgan.bundle.bundle import ModelBundle
from editgan.bundle.opened import OpenPhoto
from editgan.core.descent import descend
from editgan.core.images import resize, to_pil, to_pixels
from editgan.core.rng import sample_z
from editgan.core.types import Image, LabelMap, Region, Terms, WPlus
from editgan.data.frame import Framing
from editgan.editing.context import EditContext
from editgan.editing.objective import EditObjective, EditWeights
from editgan.editing.sliding import find_slide, slid
from editgan.editing.vector import EditVector
from editgan.editing.walk import Refinement, refine
from editgan.editor import Editor
from editgan.inversion.embed import Embedding, first_guess, nearness

Run = Callable[[], object]
Form = Callable[  # of an edit's objective
    [EditContext, WPlus, Image, LabelMap, Region, EditWeights], Callable[[Tensor], Terms]
]

ENDLESS, STANDSTILL = 10**9, 1e-12  # steps and learning rate of a walk whose every step is the same work

FORWARD, PARTS, EMBEDDING = "generator forward", "image and parts", "embedding step"
PREVIEW, ON_SAMPLE, PASTED = (f"three vectors, {how}" for how in ("preview", "on a sample", "pasted back"))
SLIDER, SLIDER_PX = "slider, moved", 384  # side of the picture that moves under a slider, as in the studio
USUAL_REGION = 0.06  # of the picture: an eye, a mouth
EDIT, REFINEMENT = (f"{what} step, {100 * USUAL_REGION:g} %" for what in ("edit", "refinement"))


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
            w_plus = generator.sample(z).clone()
            rendering = self.bundle.render(w_plus)
            self._subjects[pictures] = Subject(w_plus, rendering.image, rendering.label_map)
        return self._subjects[pictures]

    def region(self, share: float, pictures: int = 1) -> Region:
        """A square in the middle of each picture, as near to `share` of it as whole pixels allow."""
        region = square_region(self.bundle.label_side, share).to(self.bundle.device)
        return region.expand(pictures, -1, -1, -1)


def generator_forward(scene: Scene, pictures: int = 1) -> Run:
    """The image alone, without gradients."""
    synthesis, w_plus = scene.bundle.generator.synthesis, scene.subject(pictures).w_plus
    return torch.no_grad()(lambda: synthesis(w_plus))


def image_and_parts(scene: Scene, pictures: int = 1) -> Run:
    """The rendering and its label map, without gradients."""
    bundle, w_plus = scene.bundle, scene.subject(pictures).w_plus
    return torch.no_grad()(lambda: bundle.render(w_plus).label_map)


def edit_step(scene: Scene, share: float, pictures: int = 1, form: Form = EditObjective) -> Run:
    """One update of an edit that may change `share` of each picture; gives the terms."""
    before, region = scene.subject(pictures), scene.region(share, pictures)
    start, context = before.w_plus, EditContext.of(scene.bundle)
    objective = form(context, start, before.image, before.label_map, region, EditWeights())
    walk = descend(objective, start, steps=ENDLESS, lr=STANDSTILL, along=scene.bundle.axes.to_w)
    return lambda: list(next(walk).terms.values())


def refinement_step(scene: Scene, share: float) -> Run:
    """One update of a refinement after vectors were added."""
    before, region = scene.subject(), scene.region(share)
    moved = before.w_plus + 0.1  # as if vectors had been added
    settings = Refinement(steps=ENDLESS, lr=STANDSTILL)
    walk = refine(EditContext.of(scene.bundle), moved, before.image, before.label_map, region, settings)
    return lambda: next(walk)


def embedding_step(scene: Scene) -> Run:
    """One evaluation of an embedding; the encoder's guess belongs to the preparation."""
    bundle, photo = scene.bundle, scene.subject(2).image[1:]
    guess = first_guess(bundle, photo)
    objective = nearness(bundle, photo, guess, Embedding(), arithmetic=bundle.fast)
    walk = descend(objective, guess, steps=ENDLESS, lr=STANDSTILL, along=bundle.axes.to_w)
    return lambda: next(walk)


def preview(scene: Scene) -> Run:
    """What a slider shows while it moves."""
    editor = Editor(scene.bundle)
    photo, vectors = photo_around(editor.sample(0)), three_vectors(editor)
    return lambda: editor.preview(photo, vectors)


def slider_moved(scene: Scene) -> Run:
    """What a slider shows of a photo while its own pixels move, as JPEG; how they move is found before."""
    editor = Editor(scene.bundle)
    photo, vectors = editor.sample(0), three_vectors(editor)
    whole = Framing(centre_x=SLIDER_PX / 2, centre_y=SLIDER_PX / 2, side=float(SLIDER_PX))
    view = replace(photo, pixels=to_pixels(resize(photo.image, SLIDER_PX)), framing=whole)
    slides = [(find_slide(editor.context, view, vector, 1.0), 0.7) for vector in vectors]
    return lambda: to_pil(slid(view, slides)).save(io.BytesIO(), "JPEG", quality=88)


def apply_to_sample(scene: Scene) -> Run:
    """Three vectors added to a sample, its parts read, and pasted back into it."""
    editor = Editor(scene.bundle)
    photo, vectors = editor.sample(0), three_vectors(editor)
    return lambda: editor.apply(photo, vectors)


def apply_to_photo(scene: Scene) -> Run:
    """The same with a photo of four times the side around it."""
    editor = Editor(scene.bundle)
    photo, vectors = photo_around(editor.sample(0)), three_vectors(editor)
    return lambda: editor.apply(photo, vectors)


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


OPERATIONS: dict[str, Callable[[Scene], Run]] = {
    FORWARD: generator_forward,
    PARTS: image_and_parts,
    EDIT: partial(edit_step, share=USUAL_REGION),
    REFINEMENT: partial(refinement_step, share=USUAL_REGION),
    EMBEDDING: embedding_step,
    PREVIEW: preview,
    SLIDER: slider_moved,
    ON_SAMPLE: apply_to_sample,
    PASTED: apply_to_photo,
}
