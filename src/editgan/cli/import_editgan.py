"""`editgan import branch | vector`: what EditGAN's release holds besides its generator."""

from pathlib import Path
from typing import Annotated

from typer import Argument, Option

from editgan.cli.options import DeviceOption, check_name
from editgan.cli.placing import OverwriteOption, Results
from editgan.cli.saying import say, waiting
from editgan.core.devices import pick_device
from editgan.editing.library import FOLDER

BundleFolder = Annotated[
    Path, Option("--bundle", "-b", help="The bundle's folder, from `editgan import stylegan2`.")
]


def branch(
    files: Annotated[list[Path], Argument(help="car_model_0.pth to car_model_9.pth, or their folder.")],
    bundle: BundleFolder,
    side: Annotated[
        int, Option(min=16, max=1024, help="Side of the label maps, in pixels: EditGAN's are 512.")
    ] = 512,
    classes: Annotated[
        str | None,
        Option(
            help="What its parts are called: car-32 for the released cars, face-34, cat-16, or the path of a "
            "classes.json. Otherwise part_1, part_2, ..."
        ),
    ] = None,
    device: DeviceOption = None,
) -> None:
    """Make EditGAN's released segmentation ensemble the branch of the bundle with its generator.

    The ensemble only fits the generator it was trained with: for the released cars
    stylegan2_networks_stylegan2-car-config-f.pt. Writes parts.webp into the bundle: look at that.

    Example: editgan import branch classifier/car_model_*.pth --bundle cars --classes car-32
    """
    from editgan.jobs.release import import_branch

    members = [member for file in files for member in _members(file)]
    with waiting(f"folding {len(members)} classifiers, and drawing what they read"):
        changed = import_branch(members, bundle, side=side, classes=classes, device=pick_device(device))
    say(f"{len(members)} classifiers, {len(changed.schema)} classes in {bundle}")
    say(f"look at {bundle / 'parts.webp'}")


def vector(
    file: Annotated[
        Path, Argument(help="An edit vector: NAME.npy, or what EditGAN's web interface saves (.pickle).")
    ],
    bundle: BundleFolder,
    name: Annotated[str, Option(help="What to call it; also the file's name.")],
    classes: Annotated[
        str | None,
        Option(help="The parts it edits, with commas between: back_wheel,front_wheel. A .pickle knows them."),
    ] = None,
    samples: Annotated[
        int, Option(min=1, max=1000, help="Try its strengths on so many of the generator's pictures.")
    ] = 8,
    overwrite: OverwriteOption = False,
    device: DeviceOption = None,
) -> None:
    """Take one of EditGAN's edit vectors into a bundle that has its generator and branch.

    How strong it may be and where it acts is measured on samples; at 512 px each takes minutes on a CPU.
    Writes vectors/NAME.safetensors into the bundle, and NAME.webp: what it does at several strengths.

    Example: editgan import vector wheel_enlarge.npy -b cars --name bigger-wheels --classes wheel
    """
    from editgan.jobs.release import import_vector

    check_name(name)
    parts = None if classes is None else [part.strip() for part in classes.split(",")]
    files = [f"{name}.safetensors", f"{name}.webp"]
    with (
        Results(out=bundle / FOLDER, overwrite=overwrite).folder(FOLDER, files, [file]),
        waiting(f"trying {name} on {samples} samples"),
    ):
        found = import_vector(
            file, bundle, name=name, classes=parts, samples=samples, device=pick_device(device)
        )
    low, high = found.strengths
    say(f"useful from {low:g} to {high:g}; look at {bundle / FOLDER / name}.webp")


def _members(file: Path) -> list[Path]:
    """A folder's classifiers, or the file itself."""
    return sorted(file.glob("*.pth")) if file.is_dir() else [file]
