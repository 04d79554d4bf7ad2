import pytest
import torch

from editgan.bundle.bundle import ModelBundle
from editgan.core.types import Image
from editgan.evaluation.fidelity import measure_fidelity
from editgan.inversion.embed import Embedding
from editgan.inversion.tuning import Tuning

SHORT = Embedding(steps=2)


@pytest.fixture(scope="module")
def photos(bundle: ModelBundle) -> Image:
    z = torch.randn(2, 16, generator=torch.Generator().manual_seed(9))
    return bundle.generator(z, truncation_psi=0.7).clamp(-1, 1)


def test_tuning_comes_nearer_and_takes_longer(bundle: ModelBundle, photos: Image) -> None:
    seen: list[tuple[int, int]] = []
    figures = measure_fidelity(
        bundle,
        photos,
        embedding=SHORT,
        tuning=Tuning(steps=12),
        on_progress=lambda done, total: seen.append((done, total)),
    )
    embedded, tuned = figures["embedded"], figures["tuned"]
    assert figures["photos"] == 2 and seen == [(1, 2), (2, 2)]
    assert tuned["psnr_db"] > embedded["psnr_db"] + 0.5
    assert tuned["perceptual_distance"] < embedded["perceptual_distance"]
    assert tuned["seconds"] > embedded["seconds"] > 0
    assert embedded["worst_psnr_db"] < embedded["psnr_db"]
    assert 0.5 < tuned["parts_agreement"] <= 1 and 0 < tuned["parts_miou"] <= 1


def test_without_tuning_steps_both_are_the_same(bundle: ModelBundle, photos: Image) -> None:
    figures = measure_fidelity(bundle, photos[:1], embedding=SHORT, tuning=Tuning(steps=0))
    embedded, tuned = figures["embedded"], figures["tuned"]
    assert tuned["psnr_db"] == embedded["psnr_db"]
    assert tuned["parts_agreement"] == 1 and tuned["parts_miou"] == 1
