"""From somebody's checkpoint to an edited photo, by the commands of docs/import.md."""

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from checkpoints import official
from checkpoints.official import Shape
from PIL import Image as PilImage

from editgan.bundle.folder import load_draft, save_bundle
from editgan.checkpoints.stylegan2 import load_stylegan2
from editgan.core.label_pictures import load_label_map, palette_png
from editgan.core.labels import LabelSchema
from editgan.evaluation.embedding import embed_all
from editgan.inversion.embed import Embedding

Run = Callable[..., tuple[int, str, str]]
Refused = Callable[[tuple[int, str, str]], str]
SHAPE = Shape(base=512, clamp=256.0, z_dim=16)


@pytest.fixture(scope="module")
def pickle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A 32 px snapshot without its discriminator, as people share them."""
    path = tmp_path_factory.mktemp("official") / "network-snapshot.pkl"
    with torch.random.fork_rng():
        torch.manual_seed(0)
        state = official.generator_state(SHAPE)
    path.write_bytes(official.dumps({"G_ema": official.nvidia_generator(SHAPE, state), "D": None}))
    return path


def test_an_imported_bundle_draws_exactly_what_the_checkpoint_draws(editgan: Run, pickle: Path) -> None:
    assert (
        editgan("import", "stylegan2", pickle, "--out", "mine", "--subject", "thing", "--terms", "CC0")[0]
        == 0
    )
    bundle, z = load_draft("mine"), torch.randn(2, SHAPE.z_dim)
    assert torch.equal(bundle.generator(z), load_stylegan2(pickle).generator(z))
    card = Path("mine/README.md").read_text()
    assert "NVIDIA pickle (PyTorch)" in card and "CC0" in card and "samples.webp" in card
    with PilImage.open("mine/samples.webp") as sheet:
        assert sheet.size == (4 * 32, 4 * 32) and np.asarray(sheet).std() > 10
    save_bundle(bundle, Path("again"))  # what every training does
    assert torch.equal(load_draft("again").generator(z), bundle.generator(z))


def test_half_precision_takes_half_the_room(editgan: Run, pickle: Path) -> None:
    for name, more in (("whole", ()), ("half", ("--float16",))):
        assert editgan("import", "stylegan2", pickle, "--out", name, *more)[0] == 0
    sizes = [Path(name, "generator.safetensors").stat().st_size for name in ("whole", "half")]
    assert 1.6 < sizes[0] / sizes[1] < 2
    z = torch.randn(2, SHAPE.z_dim)
    whole, half = (load_draft(name).generator(z) for name in ("whole", "half"))
    assert 0 < (whole - half).abs().mean() < 0.01 * (whole.max() - whole.min())


def test_the_whole_way_from_a_checkpoint_to_an_edit(
    editgan: Run, pickle: Path, schema: LabelSchema, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = partial(embed_all, settings=Embedding(steps=5))
    monkeypatch.setattr("editgan.jobs.trainings.embed_all", few)
    assert editgan("import", "stylegan2", pickle, "--out", "mine")[0] == 0
    assert editgan("sample", "--bundle", "mine", "--each", "--count", 12, "--out", "labelled")[0] == 0
    label(Path("labelled"), schema)
    code, _, err = editgan(
        *(
            "train",
            "branch",
            "-b",
            "mine",
            "--annotations",
            "labelled",
            "-r",
            "smoke",
            "--set",
            "max_steps=300",
        )
    )
    assert code == 0, err
    code, _, err = editgan(
        *(
            "train",
            "encoder",
            "-b",
            "mine",
            "--data",
            "labelled",
            "-r",
            "smoke",
            "--set",
            "held_out=4",
            "--set",
            "total_kimg=0.08",
            "--cpu",
        )
    )
    assert code == 0, err
    bundle = load_draft("mine").need("branch", "encoder", "schema", "metric")
    assert bundle.discriminator is None and bundle.facts.embedding.judge.startswith("random features")
    photo = ("labelled/seed-0003.jpg", "--bundle", "mine", "--box", "0,0,32,32")
    assert editgan("embed", *photo, "--steps", 5)[0] == 0
    parts = load_label_map(Path("embedded/parts.png"), schema)
    part = schema.names[int(parts.flatten().bincount(minlength=5)[1:].argmax()) + 1]
    code, _, err = editgan(
        *("edit", *photo, "--grow", f"{part}:1", "--steps", 30, "--embed-steps", 5, "--name", "more")
    )
    assert code == 0, err
    report = json.loads(Path("edited/report.json").read_text())
    edit = report["edits"][0] if "edits" in report else report
    assert edit["target_iou_after"] > edit["target_iou_before"]
    assert edit["pasted_outside_max_abs_diff"] == 0
    assert editgan("apply", *photo, "--vector", "edited/more.safetensors=0.5", "--out", "a")[0] == 0


def label(folder: Path, schema: LabelSchema) -> None:
    """Bands of brightness, as palette PNGs: what a person would do with a brush."""
    pictures = sorted(folder.glob("*.jpg"))
    grey = torch.stack([torch.from_numpy(np.array(PilImage.open(p).convert("L"))).float() for p in pictures])
    smooth = F.avg_pool2d(F.pad(grey, (2, 2, 2, 2), mode="replicate"), 5, stride=1)
    levels = smooth.flatten().quantile(torch.tensor([0.3, 0.5, 0.7, 0.85]))
    for picture, band in zip(pictures, torch.bucketize(smooth, levels), strict=True):
        palette_png(band, schema).save(picture.with_suffix(".png"))
    schema.save(folder / "classes.json")


def test_latents_beside_labelled_pictures_must_be_theirs(
    editgan: Run, pickle: Path, saved_bundle: Path, schema: LabelSchema
) -> None:
    assert editgan("import", "stylegan2", pickle, "--out", "mine")[0] == 0
    assert editgan("sample", "--bundle", saved_bundle, "--each", "--count", 6, "--out", "others")[0] == 0
    label(Path("others"), schema)
    code, _, err = editgan("train", "branch", "-b", "mine", "--annotations", "others", "-r", "smoke")
    assert code == 2 and "another generator" in err


def test_a_class_is_chosen_at_import_and_again_when_sampling(editgan: Run, tmp_path: Path) -> None:
    shape = Shape(c_dim=3, layers=2)
    state = official.generator_state(shape)
    path = tmp_path / "classes.pkl"
    path.write_bytes(official.dumps({"G_ema": official.nvidia_generator(shape, state), "D": None}))
    assert editgan("import", "stylegan2", path, "--out", "mine", "--class", 2)[0] == 0
    z = torch.randn(1, shape.z_dim)
    drawn = load_draft("mine").generator(z)
    torch.testing.assert_close(drawn.double(), official.draw(state, shape, z, 1.0, 2), rtol=0, atol=1e-3)
    for arguments in ((), ("--class", 2), ("--class", 0)):
        assert (
            editgan(
                "sample",
                "-b",
                "mine",
                "--count",
                1,
                "-o",
                f"{len(arguments)}{arguments[-1:]}.png",
                *arguments,
            )[0]
            == 0
        )
    default, same, other = (Path(f"{n}.png").read_bytes() for n in ("0()", "2(2,)", "2(0,)"))
    assert default == same != other
    code, _, err = editgan("sample", "-b", "mine", "--count", 1, "--class", 3)
    assert code == 2 and "classes 0 to 2, not 3" in err


def test_letter_boxed_images_lose_their_bars(editgan: Run, pickle: Path) -> None:
    assert editgan("import", "stylegan2", pickle, "--out", "mine", "--rows", "4,28")[0] == 0
    assert load_draft("mine").letter_box == 0.125
    with PilImage.open("mine/samples.webp") as sheet:
        assert sheet.size == (4 * 32, 4 * 24)


def test_what_cannot_be_imported_is_refused_and_leaves_nothing(
    editgan: Run, refused: Refused, pickle: Path, tmp_path: Path
) -> None:
    page = tmp_path / "ffhq.pkl"
    page.write_text("<!DOCTYPE html><html><body>Quota exceeded</body></html>")
    for arguments, words in (
        ((page,), "web page"),
        ((tmp_path / "none.pkl",), "none.pkl"),
        ((pickle, "--class", 1), "one class only"),
        ((pickle, "--rows", "4,20"), "middle of the 32 px image"),
        ((pickle, "--rows", "four"), "--rows takes"),
        ((pickle, "--name", "a/b"), "name"),
    ):
        assert words in refused(editgan("import", "stylegan2", *arguments, "--out", "mine"))
    Path("mine").mkdir()
    code, _, err = editgan("import", "stylegan2", pickle, "--out", "mine")
    assert code == 2 and "exists" in err and not list(Path("mine").iterdir())


def test_exports_import_again(editgan: Run, pickle: Path) -> None:
    assert editgan("import", "stylegan2", pickle, "--out", "mine")[0] == 0
    z = torch.randn(2, SHAPE.z_dim)
    drawn = load_stylegan2(pickle).generator(z)
    for kind, file in (("nvidia", "out.pkl"), ("rosinality", "out.pt")):
        assert editgan("export", kind, "--bundle", "mine", "--out", file)[0] == 0
        assert torch.equal(load_stylegan2(Path(file)).generator(z), drawn)
