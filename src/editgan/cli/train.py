"""`editgan train`: a bundle's networks and vectors, one after another, or a queue of GANs."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from typer import Option

from editgan.cli.groups import grouped
from editgan.cli.options import CpuOption, DeviceOption
from editgan.cli.placing import OverwriteOption, Results
from editgan.cli.progress import follow, write_lines
from editgan.cli.saying import say, waiting
from editgan.cli.train_finder import finder
from editgan.cli.train_grader import grader
from editgan.cli.train_queue import queue
from editgan.core.config import changed
from editgan.core.devices import pick_device

if TYPE_CHECKING:
    from editgan.recipes import TrainingRecipe

Part = Literal["gan", "encoder", "aligner", "identity", "branch", "reader"]
app = typer.Typer(
    help="Train a bundle's networks, in this order: gan, encoder, aligner (of faces and cats), branch, "
    "reader, vectors; shapes, familiar and identity at any time; some can be inherited. A GAN takes hours on "
    "a CPU and half an hour on a good GPU; run the same command again to go on where it stopped.",
    no_args_is_help=True,
)

app.command()(queue)
app.command()(grader)
app.command()(finder)

RecipeOption = Annotated[
    str,
    Option(
        "--recipe",
        "-r",
        help="faces_128, faces_64, faces_32, cats_128, cats_64, cats_32, "
        "cars_128, cars_64, cars_32, birds_128, birds_64, birds_32, imported, smoke. A bundle's trainings "
        "all take the one its GAN took.",
    ),
]
DataOption = Annotated[
    list[Path],
    Option("--data", help="A folder or a zip of aligned square photos; give it several times for several."),
]
FolderOption = Annotated[Path, Option("--bundle", "-b", help="The bundle's folder; it is updated in place.")]
MinutesOption = Annotated[
    float | None, Option(min=0, help="Stop cleanly after so many minutes; without it, at the recipe's end.")
]
SetOption = Annotated[
    list[str] | None,
    Option(
        "--set",
        metavar="NAME=VALUE",
        help="Another value than the recipe's, like lr=0.003 or generator.channel_base=2048 (a wrong name "
        "lists them all); again for several.",
    ),
]


@dataclass(frozen=True, kw_only=True)
class Run:
    """A training after the GAN's: of which bundle, on what, how."""

    bundle: FolderOption
    data: DataOption
    recipe: RecipeOption = "faces_64"
    out: Annotated[
        Path | None, Option("--out", "-o", help="The run's folder; beside the bundle by default.")
    ] = None
    minutes: MinutesOption = None
    settings: SetOption = None
    cpu: CpuOption = False

    def folder(self, part: Part) -> Path:
        """Where it keeps its checkpoint."""
        return self.out or self.bundle.with_name(f"{self.bundle.name}-{part}")

    def of(self, part: Part) -> tuple["TrainingRecipe", Path, list[Path], Path]:
        """What its job takes: the recipe, the bundle, the photos and the run's folder."""
        return _find_recipe(self.recipe, part, self.settings), self.bundle, self.data, self.folder(part)


@dataclass(frozen=True, kw_only=True)
class IdentityRun(Run):
    """Its photos say who is in them."""

    data: Annotated[
        list[Path],
        Option(
            help="A folder or a zip of aligned square photos with a CSV that has the columns file and "
            "identity; give it several times for several sets."
        ),
    ]


@dataclass(frozen=True, kw_only=True)
class ReaderRun(Run):
    """Its photos need no labels."""

    data: Annotated[
        list[Path],
        Option(
            help="A folder or a zip of aligned square photos without labels, the sharper the better; several "
            "times for several."
        ),
    ]


@app.command()
def gan(
    recipe: RecipeOption,
    data: DataOption,
    out: Annotated[Path | None, Option("--out", "-o", help="The run's folder; runs/NAME by default.")] = None,
    minutes: MinutesOption = None,
    resume_from: Annotated[
        str | None,
        Option(
            help="Start from a bundle's networks, or a generator's snapshot (.safetensors), of this size or "
            "half of it (then they are grown)."
        ),
    ] = None,
    name: Annotated[
        str | None, Option(help="Your own bundle's name, for your own photos; the recipe's by default.")
    ] = None,
    subject: Annotated[
        str, Option(help="With --name: what your photos show. face and cat are detected, others need --box.")
    ] = "picture",
    terms: Annotated[
        str, Option(help="With --name: your photos' source and licence, for the model card.")
    ] = "not stated",
    settings: SetOption = None,
    cpu: CpuOption = False,
) -> None:
    """Generator and discriminator, from photos alone. Leaves OUT/bundle.

    Writes samples/ (the same 64 seeds as it learns), stats.jsonl, TensorBoard events and a checkpoint every
    three minutes. Several processes: `accelerate launch -m editgan.cli.main train gan ...`.
    """
    from editgan.jobs.gan import train_gan

    where = out or Path("runs") / (name or recipe)
    chosen = _find_recipe(recipe, "gan", settings)
    if name is not None:
        chosen = replace(chosen, bundle=name, subject=subject, terms=terms)
    statuses = train_gan(chosen, data, where, minutes=minutes, resume_from=resume_from, cpu=cpu)
    follow(f"gan {recipe}", statuses)
    say(f"bundle in {where / 'bundle'}; look at {where / 'samples'}")


@app.command()
@grouped
def encoder(
    *,
    run: Run,
    resume_from: Annotated[
        str | None,
        Option(help="Start from a bundle's encoder: another class's, or the one for an earlier generator."),
    ] = None,
    judge: Annotated[
        Literal["features", "lite1"] | None,
        Option(
            help="What says how near a rendering is to a photo, here and for whoever opens photos with the "
            "bundle: its discriminator's features, or EfficientNet-Lite1's.",
            show_default="the bundle's",
        ),
    ] = None,
) -> None:
    """The network that guesses a photo's w_plus, from samples and photos; measured on held-out photos."""
    from editgan.jobs.trainings import train_encoder

    job = train_encoder(
        *run.of("encoder"), minutes=run.minutes, resume_from=resume_from, likeness=judge, cpu=run.cpu
    )
    follow("encoder", job)
    say(f"encoder in {run.bundle}; look at {run.bundle / 'reconstructions.webp'}")


@app.command()
@grouped
def aligner(run: Run) -> None:
    """The network that straightens a detected crop, from aligned photos put askew."""
    from editgan.jobs.trainings import train_aligner

    follow("aligner", train_aligner(*run.of("aligner"), minutes=run.minutes, cpu=run.cpu))
    say(f"aligner in {run.bundle}; look at {run.folder('aligner') / 'samples'}")


@app.command()
@grouped
def identity(run: IdentityRun) -> None:
    """The network that says how alike two persons are; verified on people it has not seen."""
    from editgan.jobs.trainings import train_identity

    follow("identity", train_identity(*run.of("identity"), minutes=run.minutes, cpu=run.cpu))
    say(f"identity network in {run.bundle}; figures in {run.bundle / 'README.md'}")


@app.command()
def branch(
    bundle: FolderOption,
    annotations: Annotated[
        Path,
        Option(
            help="A folder of aligned photos, each with a label map, NAME.png (palette) or NAME.json "
            "(LabelMe); classes.json there or one folder up, or the classes are made from the labels."
        ),
    ],
    test: Annotated[
        Path | None, Option(help="Annotated photos to measure mIoU on; never trained on.")
    ] = None,
    recipe: RecipeOption = "faces_64",
    label_side: Annotated[
        int | None,
        Option(help="Side of the label maps, in pixels; the picture's own, at most 512, by default."),
    ] = None,
    settings: SetOption = None,
    device: DeviceOption = None,
    json_lines: Annotated[
        bool, Option("--json-lines", help="Progress as lines of JSON on standard output, for programs.")
    ] = False,
) -> None:
    """The segmentation branch, from 16 to 30 labelled photos. Minutes on a CPU."""
    from editgan.data.annotations import load_schema
    from editgan.data.formats.class_files import classes_file
    from editgan.data.formats.folder import made_from_labels
    from editgan.jobs.trainings import train_branch

    given = [] if label_side is None else [f"label_side={label_side}"]
    chosen = _find_recipe(recipe, "branch", [*(settings or ()), *given])
    statuses = train_branch(chosen, bundle, annotations, test, device=pick_device(device))
    if json_lines:
        write_lines(statuses)
        return
    follow("branch", statuses, unit="pixels a head")
    if classes_file(annotations) is None:
        say(made_from_labels(load_schema(annotations)))
    say(f"branch in {bundle}; figures in {bundle / 'README.md'}")


@app.command()
@grouped
def reader(
    *,
    run: ReaderRun,
    annotations: Annotated[Path, Option(help="The annotated photos that the branch was taught with.")],
    test: Annotated[Path | None, Option(help="Annotated photos to measure on; never trained on.")] = None,
) -> None:
    """What reads the parts of photos themselves: reports then say what an edited photo shows.

    From the branch's own labelled photos, samples, and photos without labels. About a quarter of an hour of
    one core.
    """
    from editgan.jobs.reader import train_reader

    recipe, bundle, data, out = run.of("reader")
    statuses = train_reader(recipe, bundle, annotations, data, out, test, minutes=run.minutes, cpu=run.cpu)
    follow("reader", statuses)
    say(f"reader in {run.bundle}; look at {run.bundle / 'reader.webp'}")


@app.command()
def familiar(bundle: FolderOption, data: DataOption, device: DeviceOption = None) -> None:
    """What the class's photos look like: opening then warns of wrong frames, drawings and other things.

    From aligned photos, in about a minute.
    """
    from editgan.jobs.familiar import learn_familiar

    with waiting("looking at the photos"):
        learn_familiar(bundle, data, device=pick_device(device))
    say(f"{bundle} knows what its photos look like")


@app.command()
def shapes(bundle: FolderOption, device: DeviceOption = None) -> None:
    """What shapes the class's parts have: edits then warn of painted ones that are unlike them.

    From the generator's own pictures, in seconds. `train branch` does it, too: this is for older bundles.
    """
    from editgan.bundle.folder import load_bundle, save_bundle

    loaded = load_bundle(bundle, pick_device(device))
    with waiting("looking at the generator's pictures"):
        save_bundle(loaded.having(shapes=loaded.measured_shapes()), bundle)
    say(f"{bundle} knows the shapes of its parts")


@app.command()
def inherit(
    bundle: FolderOption,
    source: Annotated[
        str, Option("--from", help="Another bundle of the same class: built-in, a folder, or owner/name.")
    ],
) -> None:
    """Take over what looks at photos alone: aligner, identity, familiar, and, given a branch, the reader.

    Only what the bundle lacks: a generator of another size, or a later one, need not learn them again.
    """
    from editgan.jobs.inheriting import inherit as take_over

    say(f"{bundle} has taken over {', '.join(take_over(bundle, source))} from {source}")


@app.command()
def vectors(
    bundle: FolderOption,
    recipe: RecipeOption = "faces_64",
    only: Annotated[list[str] | None, Option(help="Names of some of the recipe's vectors.")] = None,
    samples: Annotated[int, Option(min=1, max=1000, help="Learn on so many samples.")] = 16,
    out: Annotated[
        Path | None,
        Option(
            "--out",
            "-o",
            help="Another folder than the bundle's vectors/, where the recipe's are replaced.",
        ),
    ] = None,
    overwrite: OverwriteOption = False,
    device: DeviceOption = None,
) -> None:
    """The bundle's own edit vectors, learnt on the generator's samples: no photos needed, seconds each."""
    from editgan.jobs.vectors import learn_vectors
    from editgan.recipes import find_recipe

    wanted = find_recipe(recipe)
    if out is not None:
        names = [vector.name for vector in wanted.vectors if not only or vector.name in only]
        for file in (out / f"{name}{suffix}" for name in names for suffix in (".safetensors", ".webp")):
            Results(out=out, overwrite=overwrite).check(file)
    learnt = learn_vectors(
        wanted, bundle, samples=samples, only=only or (), out=out, device=pick_device(device)
    )
    for vector in learnt:
        low, high = vector.strengths
        say(f"{vector.name}: {', '.join(vector.classes)}; useful from {low:g} to {high:g}")


def _find_recipe(name: str, part: Part, settings: list[str] | None) -> "TrainingRecipe":
    """The recipe with one training's settings changed."""
    from editgan.recipes import find_recipe

    recipe = find_recipe(name)
    return replace(recipe, **{part: changed(getattr(recipe, part), settings or ())})
