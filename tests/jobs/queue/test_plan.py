import re
from pathlib import Path

import pytest

from editgan.core.errors import InputError
from editgan.jobs.queue.plan import load_plan

GOOD = """
data = "photos"
export_minutes = 5
[[training]]
name = "first"
recipe = "smoke"
photos = ["set"]
kimg = 0.5
set = { style_mixing = 0.25, "generator.z_dim" = 16 }
[[training]]
name = "second"
recipe = "smoke"
photos = ["set"]
start = "first"
share = 3
"""


def written(folder: Path, text: str = GOOD) -> Path:
    (folder / "photos" / "set").mkdir(parents=True, exist_ok=True)
    path = folder / "plan.toml"
    path.write_text(text)
    return path


def test_a_plan_is_read_with_its_settings_and_paths(tmp_path: Path) -> None:
    plan = load_plan(written(tmp_path))
    first, second = plan.trainings
    recipe = first.configured()
    assert (recipe.gan.style_mixing, recipe.gan.generator.z_dim, recipe.gan.total_kimg) == (0.25, 16, 0.5)
    assert recipe.bundle == "first"
    assert first.photos == (str(tmp_path / "photos" / "set"),)
    assert (second.start, second.share, plan.export_minutes, plan.samples) == ("first", 3, 5, 2000)


def test_a_start_beside_the_plan_is_found_from_anywhere(tmp_path: Path) -> None:
    (tmp_path / "g.safetensors").write_bytes(b"")
    plan = load_plan(written(tmp_path, GOOD.replace('"first"\nshare', '"g.safetensors"\nshare')))
    assert plan.trainings[1].start == str(tmp_path / "g.safetensors")


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('recipe = "smoke"', 'recipe = "dogs"', "training 'first': there is no recipe 'dogs'"),
        ("style_mixing", "style_mixin", "has no 'style_mixin'"),
        ("style_mixing = 0.25", 'style_mixing = "much"', "style_mixing should be float"),
        ('photos = ["set"]', 'photos = ["sets"]', "its photos should be there, but .*sets is not"),
        ('photos = ["set"]', "photos = []", "should name its photos"),
        ('name = "second"', 'name = "first"', "no other training's"),
        ('name = "first"', 'name = "../first"', "a plain file name"),
        ('start = "first"', 'start = "gone.safetensors"', "neither a file nor another training"),
        ('start = "first"', 'start = "second"', "neither a file nor another training"),
        ("share = 3", "share = 0", "share and kimg should be over 0, got 0 and 1000"),
        ("share = 3", "shares = 3", "has no ..shares"),
        ("kimg = 0.5", 'kimg = "all"', "kimg should be a number, got 'all'"),
        ('photos = ["set"]', "photos = [3]", "photos should be a list of texts"),
        ('photos = ["set"]', 'photos = "set"', "photos should be a list of texts"),
        ('recipe = "smoke"', "recipe = 3", "recipe should be a text, got 3"),
        ("export_minutes = 5", "export_minutes = 0", "export_minutes should be over 0"),
        ("export_minutes = 5", "minutes = 5", "has no ..minutes"),
        ("[[training]]", "[training]", "should be a plan in TOML|under ..training"),
        ("export_minutes = 5", "export_minutes = ", "should be a plan in TOML"),
    ],
)
def test_a_plan_that_cannot_work_is_refused_in_one_sentence(
    old: str, new: str, says: str, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match=says):
        load_plan(written(tmp_path, GOOD.replace(old, new)))


def test_a_plan_without_trainings_and_one_that_is_missing_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="should list trainings"):
        load_plan(written(tmp_path, 'data = "photos"'))
    with pytest.raises(InputError, match="does not exist; give a plan"):
        load_plan(tmp_path / "other.toml")


@pytest.mark.parametrize("name", ["queue.toml", "experiments.toml"])
def test_the_plans_of_the_repository_fit_the_recipes(name: str, tmp_path: Path) -> None:
    text = (Path(__file__).parents[3] / name).read_text()
    for needed in re.findall(r'"([\w/-]+\.(?:zip|safetensors))"', text):
        folder = tmp_path if needed.startswith("starts/") else tmp_path / "data"
        (folder / needed).parent.mkdir(parents=True, exist_ok=True)
        (folder / needed).touch()
    (tmp_path / name).write_text(text)
    assert len(load_plan(tmp_path / name).trainings) >= 4
