"""Tiny real networks, seeded, built once. Tests read them and never change them."""

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from bands import brightness_bands, trained_branch

from editgan.bundle.bundle import BundleDraft, ModelBundle
from editgan.bundle.facts import DataFacts, Facts
from editgan.bundle.folder import save_bundle
from editgan.core.labels import LabelClass, LabelSchema, resize_label_map
from editgan.models.aligner import Aligner, AlignerConfig
from editgan.models.discriminator import Discriminator
from editgan.models.encoder import Encoder, EncoderConfig
from editgan.models.generator import Generator, GeneratorConfig
from editgan.perception.features import calibrate

torch.set_num_threads(1)  # tiny networks lose tenfold to a second thread; and sums depend on the number

# They measure, drive a browser, read what others wrote, run the whole program, train and serve
SLOW_FOLDERS = ("benchmarks", "browser", "checkpoints", "cli", "jobs", "recipes", "studio")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    for item in items:
        if _folder(item) in SLOW_FOLDERS:
            item.add_marker(pytest.mark.slow)
    if hasattr(config, "workerinput"):  # of several workers, so that none is left with a long file at the end
        items.sort(key=lambda item: (_folder(item) != "browser", item.get_closest_marker("slow") is None))


def _folder(item: pytest.Item) -> str:
    return item.path.relative_to(Path(__file__).parent).parts[0]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """With `-n 2` a file stays on one worker, for the sake of its fixtures; and so does the only browser."""
    from xdist.scheduler import LoadFileScheduling

    class ByFile(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            own: str = super()._split_scope(nodeid)
            return "tests/browser" if own.startswith("tests/browser/") else own

    config.option.loadscopereorder = False
    return ByFile(config, log)


@pytest.fixture(autouse=True)
def _seeded() -> None:
    torch.manual_seed(0)


@pytest.fixture(scope="session")
def tiny_config() -> GeneratorConfig:
    """32 px, 4 to 8 channels."""
    return GeneratorConfig(resolution=32, z_dim=8, w_dim=8, mapping_layers=2, channel_base=128, channel_max=8)


@pytest.fixture(scope="session")
def generator(tiny_config: GeneratorConfig) -> Generator:
    """As after some training: noise counts, biases are not zero, `w_avg` is the mean of w."""
    with torch.random.fork_rng():
        torch.manual_seed(1)
        return _lived_in(Generator(tiny_config), noise=0.3)


@pytest.fixture(scope="session")
def discriminator(tiny_config: GeneratorConfig) -> Discriminator:
    with torch.random.fork_rng():
        torch.manual_seed(2)
        return Discriminator(tiny_config).eval().requires_grad_(False)


@pytest.fixture(scope="session")
def schema() -> LabelSchema:
    """Five parts, named so that the demo's edits find theirs."""
    parts = ("background", "upper_lip", "mouth_interior", "brow", "iris")
    colors = ((0, 0, 0), (200, 60, 60), (120, 0, 40), (90, 60, 20), (40, 90, 200))
    classes = tuple(LabelClass(i, *part) for i, part in enumerate(zip(parts, colors, strict=True)))
    return LabelSchema(classes, {"mouth": ("upper_lip", "mouth_interior"), "eye": ("iris",)})


@pytest.fixture(scope="session")
def bundle(schema: LabelSchema) -> ModelBundle:
    """Random networks, but a branch that truly reads parts: bands of brightness of the generator's images."""
    config = GeneratorConfig(
        resolution=32, z_dim=16, w_dim=16, mapping_layers=2, channel_base=512, channel_max=16
    )
    with torch.random.fork_rng():
        torch.manual_seed(3)
        generator = _lived_in(Generator(config), noise=0.02)
        encoder = Encoder(
            EncoderConfig(
                resolution=32,
                num_ws=config.num_ws,
                w_dim=16,
                channel_base=512,
                channel_max=16,
                pyramid_channels=8,
                head_channels=8,
            )
        )
        encoder.w_avg.copy_(generator.mapping.w_avg)
        draft = BundleDraft(
            name="tiny-32",
            subject="face",
            generator=generator,
            discriminator=Discriminator(config),
            encoder=encoder,
            aligner=_timid(Aligner(AlignerConfig(resolution=32, channels=4))),
            facts=Facts(data=DataFacts(terms="none: random numbers"), weak=("everything",)),
        )
        w_plus = generator.broadcast(generator.mapping(torch.randn(12, config.z_dim), 0.8)).clone()
        images = generator.synthesis(w_plus).image
        draft = draft.having(perceptual_scale=calibrate(draft.discriminator, images))
        branch = trained_branch(draft, schema, w_plus, brightness_bands(images))
        bundle = draft.having(branch=branch, schema=schema)
    assert isinstance(bundle, ModelBundle)
    return bundle


@pytest.fixture(scope="session")
def coarse_bundle(bundle: ModelBundle) -> ModelBundle:
    """The tiny bundle, but with label maps of half the image's side."""
    generator = bundle.generator
    with torch.random.fork_rng():
        torch.manual_seed(4)
        w_plus = generator.broadcast(generator.mapping(torch.randn(12, generator.config.z_dim), 0.8)).clone()
        bands = brightness_bands(generator.synthesis(w_plus).image)
        branch = trained_branch(bundle, bundle.schema, w_plus, resize_label_map(bands, 16, 5))
    return replace(bundle, name="coarse-32", branch=branch)


@pytest.fixture(scope="session")
def saved_bundle(bundle: ModelBundle, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny bundle as a folder; do not write into it."""
    folder = tmp_path_factory.mktemp("bundles") / "tiny-32"
    save_bundle(bundle, folder)
    return folder


@pytest.fixture(scope="session")
def saved_coarse_bundle(coarse_bundle: ModelBundle, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same of the bundle with smaller label maps."""
    folder = tmp_path_factory.mktemp("bundles") / "coarse-32"
    save_bundle(coarse_bundle, folder)
    return folder


@pytest.fixture
def own_bundle(saved_bundle: Path, tmp_path: Path) -> Path:
    """A copy of the saved tiny bundle, to be spoilt."""
    return Path(shutil.copytree(saved_bundle, tmp_path / "own"))


@torch.no_grad()
def _timid(aligner: Aligner) -> Aligner:
    """It moves every frame, but only a little: one that it would move far is around no subject."""
    last = aligner.head[-1]
    assert isinstance(last, torch.nn.Linear)
    last.weight.mul_(0.2)
    last.bias.mul_(0.2)
    return aligner


def _lived_in(generator: Generator, *, noise: float) -> Generator:
    generator = generator.eval().requires_grad_(False)
    for name, parameter in generator.named_parameters():
        if name.endswith("noise_strength"):
            parameter.fill_(noise)
        elif name.endswith("bias") and "affine" not in name:
            parameter.normal_(std=0.1)
    generator.mapping.w_avg.copy_(generator.mapping(torch.randn(512, generator.config.z_dim)).mean(0))
    return generator
