"""The operations that `benchmarks.speed` times: which there are, and which other each is compared with."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from benchmarks import speed_passes as passes
from benchmarks.oracle import OracleObjective, bytes_of_hypercolumns
from editgan.bundle.bundle import ModelBundle, Precision
from editgan.core.errors import InputError
from editgan.evaluation import speed_operations as runs
from editgan.evaluation.speed import Pace
from editgan.evaluation.speed_operations import (
    EMBEDDING,
    FORWARD,
    ON_SAMPLE,
    PARTS,
    PASTED,
    PREVIEW,
    REFINEMENT,
    USUAL_REGION,
    Run,
    Scene,
)

BARE, FAST_FORWARD = "bare step", "generator forward, fast"


@dataclass(frozen=True, kw_only=True)
class SpeedSettings(Pace):
    """What is measured, and how often."""

    regions: tuple[float, ...] = (0.01, USUAL_REGION, 0.3, 1.0)  # shares of the picture that edits change
    batches: tuple[int, ...] = (1,)  # pictures at once
    oracle: bool = True  # also the original's data flow ...
    oracle_max_px: int = 256  # ... up to this: of config-f it takes 6 GB at 256 px, 17 GB at 512 px
    precision: Precision = "auto"  # see `ModelBundle.fast`
    only: str = ""  # operations whose name contains it, and those they are compared with

    def __post_init__(self) -> None:
        regions, batches = list(self.regions), list(self.batches)
        if not regions or not all(0 < share <= 1 for share in regions):
            raise InputError(f"regions are shares of the picture, above 0 and up to 1, got {regions}")
        if not batches or min(batches) < 1:
            raise InputError(f"batches are numbers of pictures, 1 or more, got {batches}")
        super().__post_init__()


@dataclass(frozen=True, slots=True)
class Operation:
    """Something to be timed."""

    name: str
    against: str  # the operation that its time is compared with; itself: with nothing
    prepare: Callable[[Scene], Run]
    pictures: int = 1  # that one run makes; times are per picture
    oracle_of: str | None = None  # the operation that is the same function in our form

    @property
    def compared_with(self) -> tuple[str, ...]:
        """The operations without which this one's figures say little."""
        return (self.against,) if self.oracle_of is None else (self.against, self.oracle_of)


def edit_step(share: float) -> str:
    """What the operation is called."""
    return f"edit step, {_percent(share)}"


def oracle(name: str) -> str:
    """What the original's form of an operation is called."""
    return f"oracle: {name}"


def choose_operations(bundle: ModelBundle, settings: SpeedSettings) -> tuple[list[Operation], list[str]]:
    """The operations that the settings ask for, and notes on what had to be left out.

    Raises:
        BundleError: no branch or discriminator.
        InputError: no operation's name contains `only`.
    """
    notes = []
    with_oracle = settings.oracle and bundle.resolution <= settings.oracle_max_px
    if settings.oracle and not with_oracle:
        needed = 3 * bytes_of_hypercolumns(bundle.branch) / 1e9
        notes.append(
            f"The oracle was left out above {settings.oracle_max_px} px (--oracle-max): "
            f"at {bundle.resolution} px it needs about {needed:.2g} GB."
        )
    every = {op.name: op for op in [*_passes(), *_edits(settings), *_vectors(), *_batches(settings)]}
    if with_oracle:
        every |= {op.name: op for op in _oracles(settings)}
    wanted = {name for name in every if settings.only.lower() in name.lower()}
    if not wanted:
        raise InputError(f"no operation is called like {settings.only!r}; there are: {'; '.join(every)}")
    while others := {o for name in wanted for o in every[name].compared_with} - wanted:
        wanted |= others
    return [op for name, op in every.items() if name in wanted], notes


def _passes() -> list[Operation]:
    return [
        Operation(FORWARD, FORWARD, runs.generator_forward),
        Operation(FAST_FORWARD, FORWARD, passes.generator_forward_fast),
        Operation("generator forward + backward", FORWARD, passes.generator_forward_backward),
        Operation("perceptual forward", FORWARD, passes.perceptual_forward),
        Operation("perceptual forward + backward", FORWARD, passes.perceptual_forward_backward),
        Operation(BARE, FORWARD, passes.bare_step),
        Operation(PARTS, FORWARD, runs.image_and_parts),
    ]


def _edits(settings: SpeedSettings) -> list[Operation]:
    shares = set(settings.regions)
    if settings.batches != (1,):
        shares.add(USUAL_REGION)  # what larger batches are compared with
    return [
        *(
            Operation(edit_step(share), BARE, partial(runs.edit_step, share=share))
            for share in sorted(shares)
        ),
        Operation(REFINEMENT, BARE, partial(runs.refinement_step, share=USUAL_REGION)),
        Operation(EMBEDDING, BARE, runs.embedding_step),
    ]


def _vectors() -> list[Operation]:
    return [
        Operation(PREVIEW, FAST_FORWARD, runs.preview),
        Operation(ON_SAMPLE, FORWARD, runs.apply_to_sample),
        Operation(PASTED, FORWARD, runs.apply_to_photo),
    ]


def _batches(settings: SpeedSettings) -> list[Operation]:
    each: dict[str, Callable[..., Run]] = {
        FORWARD: runs.generator_forward,
        PARTS: runs.image_and_parts,
        edit_step(USUAL_REGION): partial(runs.edit_step, share=USUAL_REGION),
    }
    return [
        Operation(f"{name}, batch {n}", name, partial(prepare, pictures=n), pictures=n)
        for name, prepare in each.items()
        for n in sorted({*settings.batches} - {1})
    ]


def _oracles(settings: SpeedSettings) -> list[Operation]:
    found = [Operation(oracle(PARTS), FORWARD, passes.oracle_parts, oracle_of=PARTS)]
    for share in sorted(settings.regions):
        name, prepare = edit_step(share), partial(runs.edit_step, share=share, form=OracleObjective)
        found.append(Operation(oracle(name), BARE, prepare, oracle_of=name))
    return found


def _percent(share: float) -> str:
    return f"{round(100 * share, 2):g} %"
