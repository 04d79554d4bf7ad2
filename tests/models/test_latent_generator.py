"""A second type of generator edits photos as StyleGAN2 does: `models/` and one line of a registry."""

import json
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from bands import brightness_bands, trained_branch
from PIL import Image as PilImage
from skimage.data import astronaut
from torch import Tensor, nn

from editgan.bundle.bundle import BundleDraft, ModelBundle
from editgan.bundle.folder import KINDS, load_bundle, load_draft, save_bundle
from editgan.core.errors import BundleError, InputError
from editgan.core.labels import LabelSchema
from editgan.core.types import W, WPlus, Z
from editgan.editing.walk import Editing
from editgan.editor import Editor
from editgan.inversion.embed import Embedding
from editgan.inversion.tuning import Tuning, tune_generator
from editgan.models.generator import as_stylegan2
from editgan.models.latent_generator import LatentGenerator, LatentShape, Synthesised

BOX = (164, 60, 120, 120)  # the astronaut's face


@dataclass(frozen=True)
class BlobsConfig:
    """Each number of a w lights a blob of its own."""

    resolution: int = 32
    z_dim: int = 16
    w_dim: int = 16
    num_ws: int = 2  # where it is dark, and where it is coloured

    @property
    def tap_channels(self) -> dict[str, int]:
        return {"shades": self.w_dim, "colours": 3}

    @property
    def work(self) -> int:
        return 3 * self.w_dim * self.resolution**2


class BlobsSynthesis(nn.Module):
    def __init__(self, config: BlobsConfig) -> None:
        super().__init__()
        self.config = config
        self.blobs = nn.Parameter(torch.eye(config.w_dim).unflatten(1, (4, 4)))
        self.colours = nn.Parameter(torch.rand(config.w_dim, 3))

    def forward(self, w_plus: WPlus, *, taps: tuple[str, ...] = ()) -> Synthesised:
        if unknown := set(taps) - set(self.config.tap_channels):
            raise InputError(f"no layers {sorted(unknown)}")
        shades = w_plus[:, 0, :, None, None] * self.blobs
        side = self.config.resolution
        shades = F.interpolate(shades, (side, side), mode="bicubic", align_corners=True)
        image = torch.tanh(torch.einsum("nkhw,nk,kc->nchw", shades, 1 + 0.3 * w_plus[:, 1], self.colours))
        features = {"shades": shades, "colours": image}
        return Synthesised(image, {name: features[name] for name in self.config.tap_channels if name in taps})


class Blobs(LatentGenerator):
    def __init__(self, config: BlobsConfig) -> None:
        super().__init__()
        self.config = config
        self.spread = nn.Parameter(torch.randn(config.w_dim, config.z_dim) / config.z_dim**0.5)
        self.synthesis = BlobsSynthesis(config)
        self.register_buffer("mean", torch.linspace(-0.2, 0.2, config.w_dim))

    @property
    def w_avg(self) -> Tensor:
        return self.mean

    def to_w(self, z: Z, truncation_psi: float = 1.0) -> W:
        return self.mean + truncation_psi * z @ self.spread.t()

    def fine_weights(self, coarsest_px: int) -> dict[str, Tensor]:
        return {"blobs": self.synthesis.blobs.detach()}


@pytest.fixture(scope="module")
def blobs(schema: LabelSchema, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle with such a generator, as a folder."""
    with torch.random.fork_rng(), torch.no_grad():
        torch.manual_seed(5)
        draft = BundleDraft("blobs-32", "face", Blobs(BlobsConfig()))
        w_plus = draft.generator.sample(torch.randn(12, 16), 0.8).clone()
        bands = brightness_bands(draft.generator.synthesis(w_plus).image)
        with torch.enable_grad():
            branch = trained_branch(draft, schema, w_plus, bands)
    folder = tmp_path_factory.mktemp("bundles") / "blobs-32"
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(KINDS["generator"], "blobs", (BlobsConfig, Blobs))
        save_bundle(draft.having(branch=branch, schema=schema), folder)
    return folder


@pytest.fixture
def bundle_of_blobs(blobs: Path, monkeypatch: pytest.MonkeyPatch) -> ModelBundle:
    monkeypatch.setitem(KINDS["generator"], "blobs", (BlobsConfig, Blobs))
    return load_bundle(blobs)


def test_another_type_of_generator_edits_a_photo(bundle_of_blobs: ModelBundle) -> None:
    assert isinstance(bundle_of_blobs.generator, Blobs) and isinstance(BlobsConfig(), LatentShape)
    editor = Editor(bundle_of_blobs)
    photo = editor.open(PilImage.fromarray(astronaut()), box=BOX, embedding=Embedding(steps=20))
    lit = photo.w_plus + 2.0 * F.one_hot(torch.tensor(10), 16)
    target = editor.bundle.render(lit).label_map
    edit = editor.edit(photo, target, settings=Editing(steps=8))
    assert edit.report["target_iou_after"] > edit.report["target_iou_before"] + 0.1
    assert edit.report["pasted_outside_max_abs_diff"] == 0 and edit.vector.delta.shape == (2, 16)
    again = editor.apply(editor.sample(3), {edit.vector: 1.0}, refine_steps=2)
    assert again.report.outside_psnr_db > 20
    tuned = tune_generator(bundle_of_blobs, photo.aligned, photo.w_plus, Tuning(steps=2))
    assert isinstance(tuned, Blobs) and not torch.equal(
        tuned.synthesis.blobs, editor.bundle.generator.synthesis.blobs
    )


def test_bundle_json_names_its_type_and_todays_go_without(blobs: Path, saved_bundle: Path) -> None:
    networks = json.loads((blobs / "bundle.json").read_text())["networks"]
    assert networks["generator"]["type"] == "blobs" and "type" not in networks["branch"]
    assert "type" not in (saved_bundle / "bundle.json").read_text()


def test_a_type_that_is_not_known_here_is_said_in_one_sentence(blobs: Path, tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="generator is a 'blobs', which this editgan does not know; update"):
        load_draft(blobs)
    with pytest.raises(BundleError, match="cannot keep a Blobs as its generator"):
        save_bundle(BundleDraft("b", "face", Blobs(BlobsConfig())), tmp_path / "b")
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(InputError, match="an export takes a StyleGAN2 generator, got a Blobs"):
        as_stylegan2(Blobs(BlobsConfig()), "an export")


def test_its_latents_and_vectors_are_its_own(bundle_of_blobs: ModelBundle) -> None:
    other = replace(bundle_of_blobs, generator=Blobs(BlobsConfig()))
    assert other.fingerprint != bundle_of_blobs.fingerprint
    assert bundle_of_blobs.axes.directions.shape == (16, 16)
