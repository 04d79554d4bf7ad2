"""A plan: the trainings of a queue, as a small TOML file.

data = "data"                    # where the photos are; everything is relative to the plan's own folder
export_minutes = 30              # how long a turn is: then it leaves a snapshot, a sheet, scores
    samples = 2000                   # that are scored

[[training]]
name = "cats-128"                # of its run folder and its snapshot
recipe = "cats_128"
photos = ["cats-128.zip"]        # folders or zips
start = "faces.safetensors"      # a snapshot, a bundle, or another training's name; leave out to begin anew
after_kimg = 50                  # of that other training: how much it must have seen
share = 2                        # of the time, against the others' (1)
kimg = 400                       # images in thousands at which it is done
[training.set]                   # other values than the recipe's
style_mixing = 0.5
"""

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from editgan.core.config import changed, from_json
from editgan.core.errors import InputError
from editgan.core.files import read_toml
from editgan.evaluation.samples import FEW
from editgan.recipes import find_recipe
from editgan.recipes.recipe import TrainingRecipe


@dataclass(frozen=True, kw_only=True, slots=True)
class PlannedTraining:
    """One training of a plan, its paths resolved."""

    name: str
    recipe: str
    photos: tuple[str, ...]
    start: str | None = None
    after_kimg: float = 0.0
    share: float = 1.0
    kimg: float = 1000.0
    set: dict[str, Any] = field(default_factory=dict)

    def configured(self) -> TrainingRecipe:
        """The recipe with this training's settings and length. Raises InputError for those it lacks."""
        recipe = find_recipe(self.recipe)
        settings = [f"{name}={value}" for name, value in self.set.items()]
        gan = changed(recipe.gan, [*settings, f"total_kimg={float(self.kimg)}"])
        return replace(recipe, gan=gan, bundle=self.name)


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """What a queue works through."""

    trainings: tuple[PlannedTraining, ...]
    export_minutes: float = 30.0
    samples: int = FEW

    def named(self, name: str) -> PlannedTraining:
        """One of them. Raises KeyError."""
        return {training.name: training for training in self.trainings}[name]


def load_plan(path: Path) -> Plan:
    """Reads and checks a plan; every training could start, or says what is missing.

    Raises:
        InputError: not such a file, an unknown recipe or setting, photos that are not there, or two
            trainings of one name.
    """
    if not path.exists():
        raise InputError(f"{path} does not exist; give a plan (docs/training.md shows one)")
    notes = read_toml(path, "a plan in TOML")
    folder = path.parent
    photos = folder / str(notes.pop("data", "."))
    entries = notes.pop("training", [])
    if not isinstance(entries, list) or not entries:
        raise InputError(f"{path} should list trainings under [[training]], but there is none")
    names = [entry.get("name") for entry in entries]
    trainings = tuple(_training(path, entry, photos, names) for entry in entries)
    plan = from_json(Plan, {"trainings": trainings, **notes})
    if plan.export_minutes <= 0 or plan.samples < 4:
        got = f"{plan.export_minutes} and {plan.samples}"
        raise InputError(f"{path}: export_minutes should be over 0 and samples at least 4, got {got}")
    return plan


def _training(path: Path, entry: dict[str, Any], photos: Path, names: list[str]) -> PlannedTraining:
    try:
        _check_kinds(entry)
        planned = from_json(PlannedTraining, entry)
        if names.count(planned.name) > 1 or not planned.name or Path(planned.name).name != planned.name:
            raise InputError("a name should be a plain file name, and no other training's")
        if planned.share <= 0 or planned.kimg <= 0:
            raise InputError(f"share and kimg should be over 0, got {planned.share} and {planned.kimg}")
        planned.configured()
        sources = tuple(str(photos / name) for name in planned.photos)
        if missing := [source for source in sources if not Path(source).exists()]:
            raise InputError(f"its photos should be there, but {', '.join(missing)} is not")
        if not sources:
            raise InputError("it should name its photos, but there are none")
        return replace(planned, photos=sources, start=_start(planned, path.parent, names))
    except InputError as error:
        raise InputError(f"{path}, training {entry.get('name', '?')!r}: {error}") from None


def _check_kinds(entry: dict[str, Any]) -> None:
    """TOML has kinds of its own: a number in quotes is a text."""
    for names, kinds, wanted in (
        (("share", "kimg", "after_kimg"), (int, float), "a number"),
        (("name", "recipe", "start"), (str,), "a text"),
        (("photos",), (list,), "a list of texts"),
        (("set",), (dict,), "a table"),
    ):
        for name in names:
            if name in entry and type(entry[name]) not in kinds:
                raise InputError(f"{name} should be {wanted}, got {entry[name]!r}")
    if not all(isinstance(photo, str) for photo in entry.get("photos", [])):
        raise InputError(f"photos should be a list of texts, got {entry['photos']!r}")


def _start(planned: PlannedTraining, folder: Path, names: list[str]) -> str | None:
    """A training's name as it is, a path resolved."""
    start = planned.start
    if start is None or (start in names and start != planned.name):
        return start
    where = folder / start
    if where.exists():
        return str(where)
    if start.endswith(".safetensors") or start == planned.name:
        raise InputError(f"it starts from {start}, which is neither a file nor another training of the plan")
    return start  # a built-in bundle or one on a hub: looked for when it starts
