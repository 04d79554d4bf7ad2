"""How each operation of `bench speed` is prepared and run.

The oracle is always float32, as the original; passes that walks consist of are as the walks run them.

What an operation needs but would not do anew at every step (targets, features of a fixed picture, the
optimiser) belongs to its preparation, as it does in an edit.
"""

from collections.abc import Callable

import torch
from torch import Tensor

from editgan.benchmark.oracle import OracleObjective, OracleParts
from editgan.benchmark.speed_scene import Scene, photo_around, three_vectors
from editgan.bundle.bundle import ModelBundle
from editgan.core.descent import descend
from editgan.core.types import Terms, WPlus
from editgan.editing.context import EditContext
from editgan.editing.objective import EditObjective, EditWeights
from editgan.editing.refine import Refinement, refine
from editgan.inversion.embed import Embedding, embed
from editgan.perception.judge import perceptual_distance

Run = Callable[[], object]

ENDLESS, STANDSTILL = 10**9, 1e-12  # steps and learning rate of a walk whose every step is the same work


def generator_forward(scene: Scene, pictures: int = 1) -> Run:
    """The image alone, without gradients."""
    synthesis, w_plus = scene.bundle.generator.synthesis, scene.subject(pictures).w_plus
    return torch.no_grad()(lambda: synthesis(w_plus))


def generator_forward_fast(scene: Scene) -> Run:
    """The same in the arithmetic of walks and previews: the very same where the bundle is small."""
    synthesis, w_plus = scene.bundle.generator.synthesis, scene.subject().w_plus
    return torch.no_grad()(_fast(scene, lambda: synthesis(w_plus)))


def generator_forward_backward(scene: Scene) -> Run:
    """The gradient of a mean over the image to w_plus."""
    synthesis, w_plus = scene.bundle.generator.synthesis, scene.subject().w_plus.clone().requires_grad_()
    return _fast(scene, lambda: _gradient(synthesis(w_plus).image.square().mean(), w_plus))


def perceptual_forward(scene: Scene) -> Run:
    """The features of a given image, without gradients."""
    judge, image = scene.bundle.judge(), scene.subject().image
    return torch.no_grad()(_fast(scene, lambda: judge.features(image)))


def perceptual_forward_backward(scene: Scene) -> Run:
    """The gradient of the distance from known features to the image."""
    judge, image = scene.bundle.judge(), scene.subject().image.clone().requires_grad_()
    wanted = _other_features(scene)
    return _fast(scene, lambda: _gradient(perceptual_distance(judge.features(image), wanted).sum(), image))


def bare_step(scene: Scene) -> Run:
    """What no step can do without: generator and perceptual distance, forward and backward."""
    synthesis, judge, wanted = scene.bundle.generator.synthesis, scene.bundle.judge(), _other_features(scene)
    w_plus = scene.subject().w_plus.clone().requires_grad_()

    def run() -> Tensor:
        image = synthesis(w_plus).image
        distance = perceptual_distance(judge.features(image), wanted).sum()
        return _gradient(distance + image.square().mean(), w_plus)

    return _fast(scene, run)


def image_and_parts(scene: Scene, pictures: int = 1) -> Run:
    """The rendering and its label map, without gradients."""
    bundle, w_plus = scene.bundle, scene.subject(pictures).w_plus
    return torch.no_grad()(lambda: bundle.render(w_plus).label_map)


def oracle_parts(scene: Scene) -> Run:
    """The label map by the original's data flow, without gradients."""
    synthesis, w_plus = scene.bundle.generator.synthesis, scene.subject().w_plus
    parts = OracleParts(scene.bundle.branch)
    return torch.no_grad()(lambda: parts(synthesis(w_plus, taps=parts.taps).features).argmax(1))


def edit_step(
    scene: Scene,
    share: float,
    pictures: int = 1,
    form: type[EditObjective] | type[OracleObjective] = EditObjective,
) -> Run:
    """One update of an edit that may change `share` of each picture; gives the terms."""
    before, region = scene.subject(pictures), scene.region(share, pictures)
    start, weights = before.w_plus, EditWeights()
    return _descent(
        scene.bundle,
        form(EditContext.of(scene.bundle), start, before.image, before.label_map, region, weights),
        start,
    )


def refinement_step(scene: Scene, share: float) -> Run:
    """One update of a refinement after vectors were added."""
    before, region = scene.subject(), scene.region(share)
    moved = before.w_plus + 0.1  # as if vectors had been added
    settings = Refinement(steps=ENDLESS, lr=STANDSTILL)
    walk = refine(EditContext.of(scene.bundle), moved, before.image, before.label_map, region, settings)
    return lambda: next(walk)


def embedding_step(scene: Scene) -> Run:
    """One update of an embedding; the encoder's guess belongs to the preparation."""
    walk = embed(scene.bundle, scene.subject(2).image[1:], Embedding(steps=ENDLESS, lr=STANDSTILL))
    return lambda: next(walk)


def preview(scene: Scene) -> Run:
    """What a slider shows while it moves."""
    editor = scene.editor()
    photo, vectors = photo_around(editor.sample(0)), three_vectors(editor)
    return lambda: editor.preview(photo, vectors)


def apply_to_sample(scene: Scene) -> Run:
    """Three vectors added to a sample, its parts read, and pasted back into it."""
    editor = scene.editor()
    photo, vectors = editor.sample(0), three_vectors(editor)
    return lambda: editor.apply(photo, vectors)


def apply_to_photo(scene: Scene) -> Run:
    """The same with a photo of four times the side around it."""
    editor = scene.editor()
    photo, vectors = photo_around(editor.sample(0)), three_vectors(editor)
    return lambda: editor.apply(photo, vectors)


def _descent(bundle: ModelBundle, objective: Callable[[Tensor], Terms], start: WPlus) -> Run:
    """One step of a walk that stands still; gives the terms."""
    walk = descend(objective, start, steps=ENDLESS, lr=STANDSTILL, along=bundle.axes.to_w)
    return lambda: list(next(walk).terms.values())


def _fast(scene: Scene, run: Run) -> Run:
    """In the arithmetic that an edit's steps have, so that ratios to them compare like with like."""

    def running() -> object:
        with scene.bundle.fast():
            return run()

    return running


def _gradient(loss: Tensor, leaf: Tensor) -> Tensor:
    leaf.grad = None
    loss.backward()  # not autograd.grad, under which PyTorch cannot count
    assert leaf.grad is not None
    return leaf.grad


@torch.no_grad()
def _other_features(scene: Scene) -> list[Tensor]:
    """Of another picture than the one that is compared, so that no difference is zero."""
    return scene.bundle.judge().features(scene.subject(2).image[1:])
