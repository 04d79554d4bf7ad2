"""The passes that no operation can do without, and the original's data flow, prepared to be timed.

The oracle is always float32, as the original; passes that walks consist of are as the walks run them.
"""

import torch
from torch import Tensor

from benchmarks.oracle import OracleParts
from editgan.evaluation.speed_operations import Run, Scene
from editgan.perception.judge import perceptual_distance


def generator_forward_fast(scene: Scene) -> Run:
    """The image alone in the arithmetic of walks and previews: float32 where the bundle is small."""
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


def oracle_parts(scene: Scene) -> Run:
    """The label map by the original's data flow, without gradients."""
    synthesis, w_plus = scene.bundle.generator.synthesis, scene.subject().w_plus
    assert scene.bundle.branch is not None
    parts = OracleParts(scene.bundle.branch)
    return torch.no_grad()(lambda: parts(synthesis(w_plus, taps=parts.taps).features).argmax(1))


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
