import json
import re
from collections.abc import Callable
from pathlib import Path
from urllib.error import URLError

import numpy as np
import pytest
import torch
import torchvision.models
from PIL import Image as PilImage
from safetensors.torch import load_file

from editgan.cli import demo
from editgan.core.label_pictures import load_label_map, save_label_map
from editgan.core.labels import LabelSchema
from editgan.editing.vector import EditVector
from editgan.evaluation.tasks import TASKS
from editgan.recipes import RECIPES

Run = Callable[..., tuple[int, str, str]]
Refused = Callable[[tuple[int, str, str]], str]
BOX = ("--box", "164,60,120,120")
VERBS = (
    *("demo", "bundles", "sample", "embed", "edit", "apply", "refine", "studio", "vectors", "train"),
    *("bench", "import", "export", "show"),
)


def plain(text: str) -> str:
    return re.sub(r"\x1b\[[0-9;]*m", "", text)


def files(folder: Path) -> set[str]:
    return {str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file()}


@pytest.mark.parametrize(
    ("verb", "options"),
    [
        ((), (*VERBS,)),
        (("demo",), ("--bundle", "--out", "--steps", "--device")),
        (("bundles",), ()),
        (
            ("sample",),
            ("--bundle", "--out", "--count", "--seed", "--truncation-psi", "--class", "--each", "--device"),
        ),
        (("embed",), ("PHOTO", "--bundle", "--out", "--box", "--steps", "--device")),
        (
            ("edit",),
            (
                *("PHOTO", "--target", "--erase", "--replace", "--move", "--slide", "--scale", "--bend"),
                *("--open", "--grow", "--shrink", "--fidelity", "--fresh", "--bundle"),
                *("--out", "--name", "--box", "--steps", "--embed-steps", "--paste", "--device"),
            ),
        ),
        (
            ("apply",),
            (
                *("PHOTO", "--vector", "--recipe", "--refine-steps", "--strip", "--animate", "--insist"),
                "--fidelity",
            ),
        ),
        (("studio",), ("--port", "--host", "--token", "--bundle", "--folder", "--keep-hours", "--open")),
        (("refine",), ("PHOTO", "--vector", "--steps", "--insist", "--fidelity", "--out")),
        (("vectors",), ("learn", "list", "show", "sheet")),
        (("vectors", "learn"), ("NAME", "PHOTO", "--samples", "--seed", "--move", "--layers", "--steps")),
        (("vectors", "list"), ("--bundle",)),
        (("vectors", "show"), ("VECTOR", "--bundle")),
        (("vectors", "sheet"), ("VECTOR", "--photo", "--samples", "--seed", "--out")),
        (("show",), ("PICTURE", "--json")),
        (("import",), ("stylegan2", "annotations", "branch", "vector")),
        (("import", "stylegan2"), ("FILE", "--out", "--class", "--rows", "--no-discriminator", "--float16")),
        (("export",), ("nvidia", "rosinality", "onnx")),
        (("train",), ("gan", "encoder", "aligner", "branch", "identity", "vectors")),
        (("train", "vectors"), ("--bundle", "--recipe", "--only", "--samples", "--out")),
        (("train", "gan"), ("--recipe", "--data", "--out", "--minutes", "--resume-from", "--set", "--cpu")),
        (("train", "gan"), tuple(RECIPES)),
        (("train", "encoder"), ("--bundle", "--data", "--recipe", "--out", "--minutes", "--set")),
        (("train", "aligner"), ("--bundle", "--data", "--recipe", "--out", "--minutes")),
        (("train", "grader"), ("--data", "--labels", "--out", "--minutes", "--set", "--cpu")),
        (("train", "branch"), ("--bundle", "--annotations", "--test", "--recipe", "--set")),
        (
            ("bench",),
            ("speed", "edits", "grader", "embedding", "fidelity", "domain", "segmentation", "vectors"),
        ),
        (("bench", "edits"), ("--data", "--bundle", "--photos", "--task", "--out")),
        (("bench", "edits"), tuple(task.name for tasks in TASKS.values() for task in tasks)),
        (("bench", "grader"), ("--data", "--grader", "--bundle", "--photos", "--out")),
        (("bench", "fidelity"), ("--data", "--bundle", "--photos", "--out")),
        (("bench", "domain"), ("--data", "--bundle", "--photos", "--steps", "--out")),
        (("bench", "vectors"), ("--data", "--vector", "--strengths", "--refine-steps", "--out")),
        (("bench", "speed"), ("--bundle", "--only", "--memory", "--precision", "--repeats", "--out")),
        (("bench", "embedding"), ("--data", "--bundle", "--photos", "--steps", "--out")),
        (("bench", "segmentation"), ("--annotations", "--bundle", "--sheet", "--out")),
    ],
)
def test_help_of_every_verb_names_its_options(
    verb: tuple[str, ...], options: tuple[str, ...], editgan: Run
) -> None:
    code, out, _ = editgan(*verb, "--help")
    assert code == 0
    missing = [option for option in options if option.lower() not in plain(out).lower()]
    assert not missing
    assert editgan(*verb, "-h")[0] == 0


def test_every_verb_is_in_the_help_test(editgan: Run) -> None:
    _, out, _ = editgan("--help")
    commands = re.findall(r"^│ (\w+) ", plain(out).split("Commands")[1], re.MULTILINE)
    assert set(commands) == set(VERBS)


def test_embed_writes_what_it_promises(editgan: Run, portrait: Path, saved_bundle: Path) -> None:
    code, _, err = editgan("embed", portrait, "-b", saved_bundle, *BOX, "--steps", 3, "-o", "out")
    assert code == 0, err
    written = {"aligned.png", "reconstruction.png", "parts.png", "overlay.png", "w_plus.safetensors"}
    assert files(Path("out")) == written | {"report.json"}
    report = json.loads(Path("out/report.json").read_text())
    assert report["bundle"] == "tiny-32" and report["reconstruction_psnr_db"] > 0 and report["seconds"] >= 0
    assert load_file("out/w_plus.safetensors")["w_plus"].shape == (1, 8, 16)


def test_parts_can_be_painted_on_and_given_back(
    editgan: Run, portrait: Path, saved_bundle: Path, schema: LabelSchema
) -> None:
    common = ("-b", saved_bundle, *BOX)
    editgan("embed", portrait, *common, "--steps", 2, "-o", "out")
    painted = load_label_map(Path("out/parts.png"), schema)
    painted[:, 12:18, 12:18] = (painted[:, 12:18, 12:18] + 1) % 5
    save_label_map(painted[0], schema, Path("painted.png"))
    code, _, err = editgan(
        "edit", portrait, *common, "--target", "painted.png", "--embed-steps", 2, "--steps", 2, "-o", "edited"
    )
    assert code == 0, err
    assert torch.equal(load_label_map(Path("edited/target.png"), schema), painted)


def test_edit_writes_what_it_promises(editgan: Run, portrait: Path, saved_bundle: Path) -> None:
    common = ("-b", saved_bundle, *BOX, "--embed-steps", 3)
    code, _, err = editgan(
        "edit", portrait, *common, "--move", "brow:1,0", "--grow", "eye:1", "--steps", 3, "--name", "eyes"
    )
    assert code == 0, err
    pictures = {"edited", "edited_rendering", "edited_parts", "target", "sheet"}
    pictures |= {"aligned", "reconstruction", "parts", "overlay"}
    others = {"eyes.safetensors", "w_plus.safetensors", "report.json"}
    assert files(Path("edited")) == {f"{name}.png" for name in pictures} | others
    with PilImage.open("edited/edited.png") as picture:
        assert picture.size == (512, 512)
    report = json.loads(Path("edited/report.json").read_text())
    (told,) = report["edits"]
    assert told["pasted_outside_max_abs_diff"] == 0 and report["reconstruction_psnr_db"] > 0
    assert {"name", "steps", "seconds", "target_iou_before", "target_iou_after", "outside_psnr_db"} <= set(
        told
    )
    assert "iris" in EditVector.load("edited/eyes.safetensors").classes


def test_samples_are_the_same_for_the_same_seed(editgan: Run, saved_bundle: Path) -> None:
    for name, seed in (("a.png", 5), ("b.png", 5), ("c.png", 6)):
        code, _, err = editgan("sample", "-b", saved_bundle, "--count", 4, "--seed", seed, "-o", name)
        assert code == 0, err
    a, b, c = (np.asarray(PilImage.open(name)) for name in ("a.png", "b.png", "c.png"))
    assert a.shape == (64, 64, 3) and np.array_equal(a, b) and not np.array_equal(a, c)
    assert np.array_equal(a[:32, 32:], c[:32, :32])  # seeds count up


def test_the_demo_tells_the_whole_story(
    editgan: Run, saved_bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    eyes = (("larger eyes", (("grow", "eye:1"),)),)
    monkeypatch.setattr(demo, "PORTRAIT_EDITS", (*eyes, ("no iris", (("erase", "iris"),))))
    monkeypatch.setattr(demo, "SAMPLE_EDITS", eyes)
    monkeypatch.setattr(demo, "TAUGHT", eyes[0])
    code, _, err = editgan("demo", "-b", saved_bundle, "--steps", 4)
    assert code == 0, err
    assert {"sheet.png", "report.json", "astronaut.png"} <= files(Path("demo"))
    report = json.loads(Path("demo/report.json").read_text())
    assert "Infinity" not in Path("demo/report.json").read_text()  # a sample is drawn exactly: no PSNR
    photo, sample = report["photos"]
    assert [edit["name"] for edit in photo["edits"]] == ["larger eyes", "no iris"]
    assert photo["reconstruction_psnr_db"] > 0 and len(sample["edits"]) == 1
    for edit in photo["edits"] + sample["edits"]:
        assert edit["pasted_outside_max_abs_diff"] == 0
        assert {"steps", "seconds", "target_iou_before", "target_iou_after", "outside_psnr_db"} <= set(edit)
    assert {v["picture"] for v in report["vectors"]} == {"the portrait", "another sample"}
    assert [v["name"] for v in report["vectors"]][-1] == "the same, refined" and len(report["vectors"]) == 12
    assert all(v["pasted_outside_max_abs_diff"] == 0 and v["seconds"] > 0 for v in report["vectors"])
    assert {"a-vector/larger-eyes.safetensors", "a-vector/the-portrait.png"} <= files(Path("demo"))


def test_bundles_lists_the_built_in_ones(
    editgan: Run, saved_bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("editgan.bundle.find.BUILT_IN", saved_bundle.parent)
    code, out, err = editgan("bundles")
    assert code == 0 and "tiny-32" in out + err and "upper_lip" in out + err


def test_bench_speed_prints_and_writes_its_figures(editgan: Run, saved_bundle: Path) -> None:
    wanted = ("--only", "edit step, 6 %", "--precision", "float32")
    code, out, err = editgan(
        "bench", "speed", "-b", saved_bundle, "--repeats", 1, *wanted, "-o", "speed.json"
    )
    assert code == 0, err
    assert "edit step" in out
    rows = json.loads(Path("speed.json").read_text())["bundles"][0]["rows"]
    assert [row["name"] for row in rows] == ["generator forward", "edit step, 6 %"]
    assert editgan("bench", "speed", "-b", saved_bundle, "--precision", "half")[0] == 2


@pytest.mark.parametrize(
    ("photo", "says"),
    [
        ("words.jpg", "not an image"),
        ("cut.png", "damaged or truncated"),
        ("small.png", "at least 32 px a side, but it is 31x100"),
        ("moving.gif", "2 frames"),
        ("missing.jpg", "does not exist"),
        ("white.png", "no face was found in the 100x100 photo; say where it is with --box x,y,w,h"),
    ],
)
@pytest.mark.parametrize("verb", [("embed",), ("edit", "--grow", "eye:1")])
def test_a_photo_that_cannot_be_used_is_one_sentence(
    photo: str,
    says: str,
    verb: tuple[str, ...],
    editgan: Run,
    refused: Refused,
    bad: Path,
    saved_bundle: Path,
) -> None:
    name, *rest = verb
    message = refused(editgan(name, bad / photo, *rest, "-b", saved_bundle))
    assert says in message
    assert photo in message or "no face" in message  # brackets in the path are not taken for colours


@pytest.mark.parametrize(
    ("box", "says"),
    [
        ("1,2,3", "--box takes x,y,w,h"),
        ("a,b,c,d", "--box takes"),
        ("600,0,9,9", "outside"),
        ("1,1,0,5", "over 0"),
    ],
)
def test_a_wrong_box_is_one_sentence(
    box: str, says: str, editgan: Run, refused: Refused, portrait: Path, saved_bundle: Path
) -> None:
    assert says in refused(editgan("embed", portrait, "-b", saved_bundle, "--box", box))


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ((), "either --target or part operations"),
        (("--target", "t.png", "--grow", "eye:1"), "either --target or part operations"),
        (("--target", "missing.png"), "missing.png"),
        (("--target", "{bad}/words.jpg"), "palette PNG"),
        (("--target", "{bad}/target16.png"), "32x32 like the photo's label map, got 16x16"),
        (("--target", "{bad}/target9.png"), "ids [9]"),
        (("--grow", "eye"), "--grow takes PART:PIXELS"),
        (("--grow", "nose:1"), "no part 'nose'"),
        (("--grow", "eye:0"), "equals the present parts"),
    ],
)
def test_a_wish_that_cannot_be_met_is_one_sentence(
    options: tuple[str, ...],
    says: str,
    editgan: Run,
    refused: Refused,
    bad: Path,
    portrait: Path,
    saved_bundle: Path,
) -> None:
    filled = [option.format(bad=bad) for option in options]
    result = editgan("edit", portrait, "-b", saved_bundle, *BOX, "--embed-steps", 0, *filled)
    assert says in refused(result)


@pytest.mark.parametrize(
    "arguments",
    [("embed", "{me}"), ("edit", "{me}", "--grow", "eye:1"), ("sample",), ("demo",), ("bench", "speed")],
)
def test_an_unknown_bundle_is_one_sentence(
    arguments: tuple[str, ...],
    editgan: Run,
    refused: Refused,
    portrait: Path,
) -> None:
    filled = [argument.format(me=portrait) for argument in arguments]
    assert "there is no bundle 'nobody'" in refused(editgan(*filled, "-b", "nobody"))


def test_a_damaged_bundle_is_one_sentence(
    editgan: Run,
    refused: Refused,
    portrait: Path,
    own_bundle: Path,
) -> None:
    data = bytearray((own_bundle / "generator.safetensors").read_bytes())
    data[-1] ^= 1
    (own_bundle / "generator.safetensors").write_bytes(bytes(data))
    assert "is damaged" in refused(editgan("embed", portrait, "-b", own_bundle))


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("train", "gan", "-r", "dogs", "--data", "x"), "no recipe 'dogs'"),
        (("train", "gan", "-r", "smoke", "--data", "nowhere.zip"), "nowhere.zip"),
        (("train", "gan", "-r", "smoke", "--data", "x", "--set", "speed=1"), "has no 'speed'; there are"),
        (
            ("train", "encoder", "-b", "x", "--data", "x", "--set", "lr=fast"),
            "lr should be float, got 'fast'",
        ),
        (("train", "branch", "-b", "x", "--annotations", "x", "--set", "heads"), "NAME=VALUE, got 'heads'"),
        (("train", "branch", "-b", "nowhere", "--annotations", "x"), "no bundle 'nowhere'"),
        (("embed", "x.jpg", "--device", "abacus"), "device 'abacus' cannot be used here"),
    ],
)
def test_what_training_needs_and_lacks_is_one_sentence(
    arguments: tuple[str, ...], says: str, editgan: Run, refused: Refused
) -> None:
    assert says in refused(editgan(*arguments))


def test_lpips_without_its_weights_is_one_sentence(
    editgan: Run, refused: Refused, portrait: Path, saved_bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def offline(pretrained: bool) -> None:
        raise URLError("no network")

    monkeypatch.setattr(torchvision.models, "alexnet", offline)
    result = editgan("embed", portrait, "-b", saved_bundle, "--judge", "lpips-alex")
    assert "use the bundle's own judge" in refused(result)


def test_a_result_that_cannot_be_written_is_one_sentence(
    editgan: Run, refused: Refused, portrait: Path, saved_bundle: Path, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("in the way")
    inside = tmp_path / "file" / "out"
    common = (portrait, "-b", saved_bundle, *BOX)
    assert "file" in refused(editgan("embed", *common, "--steps", 0, "-o", inside))
    assert ".png" in refused(editgan("sample", "-b", saved_bundle, "--count", 1, "-o", "a.words"))
    message = refused(editgan("edit", *common, "--grow", "eye:1", "--name", "../eyes"))
    assert "'../eyes'" in message


def test_one_bundle_can_be_verified(
    editgan: Run,
    refused: Refused,
    saved_bundle: Path,
    own_bundle: Path,
) -> None:
    code, out, err = editgan("bundles", saved_bundle)
    assert code == 0 and "are right" in out + err and "upper_lip" in out + err
    (own_bundle / "branch.safetensors").unlink()
    assert "branch.safetensors is missing" in refused(editgan("bundles", own_bundle))


def test_a_misspelt_option_is_exit_code_2(editgan: Run) -> None:
    for arguments in (("embed",), ("embed", "a.jpg", "--stepps", "3"), ("edit", "a.jpg", "--steps", "0")):
        code, _, err = editgan(*arguments)
        assert code == 2 and err


def test_a_message_with_brackets_is_shown_as_it_is(editgan: Run, refused: Refused, tmp_path: Path) -> None:
    message = refused(editgan("apply", "x.jpg", "-v", f"{tmp_path}/[red]a[/nowhere].safetensors"))
    assert "[red]a[/nowhere].safetensors" in message
