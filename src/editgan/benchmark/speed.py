"""What an edit step costs, as a ratio to the bare passes it cannot do without; measured in one run."""

import statistics
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import Any

import torch
from torch import Tensor

from editgan.bundle.bundle import ModelBundle
from editgan.bundle.opened import OpenPhoto
from editgan.core.labels import LabelClass, LabelSchema
from editgan.core.rng import sample_z
from editgan.core.types import Region
from editgan.data.align import Framing
from editgan.editing.objective import EditObjective, EditWeights
from editgan.editing.vectors import EditVector
from editgan.editor import Editor
from editgan.perception.judge import perceptual_distance

BARE, FORWARD = "bare forward + backward", "generator forward"


@dataclass(frozen=True, slots=True)
class Row:
    """One measured operation."""

    name: str
    milliseconds: float  # median
    ratio: float  # to the median of ...
    against: str  # ... this operation


def measure_speed(
    bundle: ModelBundle, *, repeats: int = 15, region_share: float = 0.06
) -> tuple[list[Row], dict[str, Any]]:
    """Medians over `repeats`, the operations taking turns so that a drifting machine hits all alike.

    The bare pass: generator and perceptual distance, forward and backward to w_plus. The edit step adds
    reading the parts in the region, the loss terms and Adam. Applying three vectors is compared with the
    generator's forward pass: as a preview (the edited rendering), and whole (parts read, pasted into a photo
    of four times the bundle's side).
    """
    bundle.need("branch", "discriminator")
    operations = _operations(bundle, region_share)
    times: dict[str, list[float]] = {name: [] for name in operations}
    for run in range(repeats + 2):
        for name, operation in operations.items():
            seconds = _timed(operation, bundle.device)
            if run >= 2:  # the first runs warm caches and allocators up
                times[name].append(seconds * 1000)
    medians = {name: statistics.median(t) for name, t in times.items()}
    rows = [
        Row(name, ms, ms / medians[against], against)
        for name, ms in medians.items()
        for against in (BARE if name in (BARE, "edit step") else FORWARD,)
    ]
    about = {
        "bundle": bundle.name,
        "resolution": bundle.resolution,
        "region_share": region_share,
        "repeats": repeats,
        "device": str(bundle.device),
        "threads": torch.get_num_threads(),
        "rows": [asdict(row) for row in rows],
    }
    return rows, about


def _operations(bundle: ModelBundle, region_share: float) -> dict[str, Callable[[], object]]:
    assert bundle.branch is not None
    generator, judge = bundle.generator, bundle.judge()
    with torch.no_grad():
        w = generator.mapping(sample_z([0], generator.config.z_dim, bundle.device))
        start = generator.broadcast(w).clone()
        rendering = bundle.render(start)
        wanted = judge.features(rendering.image)
    region = _square_region(bundle.resolution, region_share).to(bundle.device)
    objective = EditObjective(bundle, start, rendering.image, rendering.label_map, region, EditWeights())
    w_plus = start.clone().requires_grad_()
    moved = torch.zeros_like(start).requires_grad_()
    adam = torch.optim.Adam([moved], lr=0.0)

    def bare() -> None:
        image = generator.synthesis(w_plus).image
        loss: Tensor = perceptual_distance(judge.features(image), wanted).sum() + image.square().mean()
        w_plus.grad = None
        loss.backward()

    def edit_step() -> None:
        terms = objective(start + bundle.axes.to_w(moved))
        adam.zero_grad()
        torch.stack(tuple(terms.values())).sum().backward()
        adam.step()

    def forward() -> None:
        with torch.no_grad():
            generator.synthesis(start)

    def parts() -> None:
        with torch.no_grad():
            bundle.render(start)

    editor = Editor(replace(bundle, schema=bundle.schema or _numbered(bundle.branch.config.classes)))
    photo = _photo(editor)
    vectors = _three_vectors(editor)
    return {
        BARE: bare,
        "edit step": edit_step,
        FORWARD: forward,
        "generator forward + all parts": parts,
        "three vectors, preview": lambda: editor.preview(photo, vectors),
        "three vectors, pasted back": lambda: editor.apply(photo, vectors),
    }


def _photo(editor: Editor) -> OpenPhoto:
    """A sample in the middle of a photo of four times its side."""
    sample = editor.sample(0)
    side = editor.bundle.resolution
    pixels = torch.zeros(1, 4 * side, 4 * side, 3, dtype=torch.uint8)
    framing = Framing(centre_x=2.0 * side, centre_y=2.0 * side, side=2.0 * side)
    return replace(sample, pixels=pixels, framing=framing)


def _three_vectors(editor: Editor) -> dict[EditVector, float]:
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


def _numbered(classes: int) -> LabelSchema:
    return LabelSchema(tuple(LabelClass(i, f"part_{i}", (i, i, i)) for i in range(classes)))


def _square_region(side: int, share: float) -> Region:
    width = max(1, round(side * share**0.5))
    region = torch.zeros(1, 1, side, side, dtype=torch.bool)
    start = (side - width) // 2
    region[:, :, start : start + width, start : start + width] = True
    return region


def _timed(operation: Callable[[], object], device: torch.device) -> float:
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    started = time.perf_counter()
    operation()
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    return time.perf_counter() - started


def random_bundle(resolution: int, *, classes: int = 14) -> ModelBundle:
    """Random weights in the shape of the 128 px recipes, for timing without a trained bundle."""
    from editgan.models.discriminator import Discriminator
    from editgan.models.generator import Generator, GeneratorConfig
    from editgan.models.segmentation import BranchConfig, SegmentationBranch

    config = GeneratorConfig(resolution=resolution, mapping_layers=4, channel_base=8192, channel_max=256)
    taps = config.tap_channels
    shape = BranchConfig(
        taps=tuple(taps), tap_channels=tuple(taps.values()), classes=classes, resolution=resolution
    )
    torch.manual_seed(0)
    branch = SegmentationBranch(shape)
    for parameter in branch.parameters():
        torch.nn.init.normal_(parameter, std=0.05)
    return ModelBundle(
        name=f"random-{resolution}",
        subject="nothing",
        generator=Generator(config),
        discriminator=Discriminator(config),
        branch=branch,
    ).frozen()
