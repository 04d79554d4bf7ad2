"""A checkpoint is opened by what it is and gives what is asked for; every error is a sentence about it."""

import io
import pickle
import zipfile
from collections import OrderedDict
from pathlib import Path
from typing import Any

import pytest
import torch
from checkpoints import samples
from checkpoints.samples import same

from editgan.checkpoints.reading.limits import USUAL, Limits
from editgan.checkpoints.reading.reader import open_checkpoint
from editgan.checkpoints.reading.values import SKIPPED, Stored
from editgan.core.errors import CheckpointError

FILES = {
    "pickle": samples.nvidia_pickle,
    "old pickle": lambda: samples.nvidia_pickle(0),
    "zip": lambda: samples.torch_file(samples.training_values()),
    "legacy": lambda: samples.torch_file(samples.training_values(), is_zip=False),
}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "checkpoint"


def value(path: Path, data: bytes, **asked: Any) -> Any:
    path.write_bytes(data)
    with open_checkpoint(path) as file:
        return file.value(**asked)


def refused(path: Path, data: bytes, limits: Limits = USUAL) -> str:
    path.write_bytes(data)
    with pytest.raises(CheckpointError) as caught, open_checkpoint(path, limits) as file:
        file.value()
    told = str(caught.value)
    assert told.startswith(f"{path} ") and told.isprintable()
    assert caught.value.__cause__ is None
    return told


@pytest.mark.parametrize("is_zip", [True, False])
def test_files_of_torch_are_read_as_torch_reads_them(path: Path, is_zip: bool) -> None:
    values = samples.training_values()
    if not is_zip:
        del values["uint16"]  # torch writes this in its old format, and cannot read it
    path.write_bytes(samples.torch_file(values, is_zip=is_zip))
    with open_checkpoint(path) as file:
        assert (file.kind, file.size, file.names) == ("torch", path.stat().st_size, tuple(values))
        made = file.value()
    assert same(made, values)
    loaded = torch.load(path, weights_only=False)
    assert same(made["g_optim"], loaded["g_optim"]) and same(made["strided"], loaded["strided"])


@pytest.mark.parametrize("protocol", range(6))
def test_pickles_are_told_by_what_they_hold(path: Path, protocol: int) -> None:
    path.write_bytes(samples.nvidia_pickle(protocol))
    with open_checkpoint(path) as file:
        assert file.kind == "pickle"
        assert file.names == ("G", "D", "G_ema", "augment_pipe", "training_set_kwargs")
        assert isinstance(file.value()["G_ema"], Stored)


@pytest.mark.parametrize("pickle_protocol", [2, 3, 4, 5])
@pytest.mark.parametrize("is_zip", [True, False])
def test_torch_s_files_in_all_protocols(path: Path, pickle_protocol: int, is_zip: bool) -> None:
    values = {"a": torch.ones(3), "b": [torch.zeros(2)]}
    torch.save(values, path, _use_new_zipfile_serialization=is_zip, pickle_protocol=pickle_protocol)
    assert same(value(path, path.read_bytes()), values)


@pytest.mark.parametrize("is_zip", [True, False])
def test_tensors_that_share_numbers(path: Path, is_zip: bool) -> None:
    whole = torch.arange(6.0)
    values = {"whole": whole, "part": whole[2:4], "again": whole, "raw": torch.ones(2).untyped_storage()}
    made = value(path, samples.torch_file(values, is_zip=is_zip))
    assert made["again"] is made["whole"]
    assert same(made["part"], whole[2:4])
    assert same(made["raw"], torch.ones(2).view(torch.uint8))


def test_only_what_is_asked_for_is_made(path: Path) -> None:
    made = value(path, samples.nvidia_pickle(), only={"G_ema", "unheard_of"})
    assert list(made) == ["G", "D", "G_ema", "augment_pipe", "training_set_kwargs"]
    assert isinstance(made["G_ema"], Stored)
    assert all(made[name] is SKIPPED for name in made if name != "G_ema")


def test_a_state_dict_s_names_are_known(path: Path) -> None:
    state = torch.nn.Linear(2, 3).state_dict()
    path.write_bytes(samples.torch_file(state))
    with open_checkpoint(path) as file:
        assert file.names == ("weight", "bias")
        made = file.value(only={"bias"})
    assert made["weight"] is SKIPPED and same(made["bias"], state["bias"])


def test_only_knows_other_dicts_and_positions(path: Path) -> None:
    made = value(path, pickle.dumps(OrderedDict(a=[1], b=[2])), only={"b"})
    assert made == {"a": SKIPPED, "b": [2]}
    made = value(path, samples.tensorflow_pickle(), only={2})
    assert isinstance(made, tuple) and made[:2] == (SKIPPED, SKIPPED) and made[2].class_name == "Network"
    assert value(path, pickle.dumps([[1], [2]]), only={0}) == [[1], SKIPPED]
    assert value(path, pickle.dumps(torch.ones(2)), only={"a"}).tolist() == [1, 1]


def test_what_is_skipped_is_checked(path: Path) -> None:
    inner = samples.torch_file(torch.ones(3).untyped_storage(), is_zip=False)
    data = pickle.dumps({"G_ema": 1, "D": torch.ones(300)})
    assert b"FloatStorage" in data and b"FloatStorage" not in inner
    spoilt = data.replace(b"FloatStorage", b"FloatStorags")
    assert "torch.FloatStorags" in refused(path, spoilt)
    with pytest.raises(CheckpointError, match="FloatStorags"):
        value(path, spoilt, only={"G_ema"})


def test_values_outlive_the_file(path: Path) -> None:
    path.write_bytes(FILES["zip"]())
    with open_checkpoint(path) as closed:
        made = closed.value()
    path.write_bytes(b"")
    path.unlink()
    assert same(made["strided"], samples.training_values()["strided"])
    with pytest.raises(AssertionError, match="closed"):
        closed.value()


def test_a_file_can_be_read_twice(path: Path) -> None:
    path.write_bytes(FILES["zip"]())
    with open_checkpoint(path) as file:
        first, second = file.value(), file.value()
    first["half"].zero_()
    assert second["half"].tolist() == [1.5, -2.0]


def _rezipped(data: bytes, **changed: bytes) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(made, "w") as new:
        for name in old.namelist():
            new.writestr(name, changed.get(Path(name).name, old.read(name)))
    return made.getvalue()


def test_a_zip_of_a_big_endian_machine(path: Path) -> None:
    values = {"a": torch.tensor([1.0, 2.0]), "b": torch.tensor([True, False])}
    swapped = values["a"].numpy().byteswap().tobytes()
    data = _rezipped(samples.torch_file(values), **{"byteorder": b"big", "0": swapped})
    assert same(value(path, data), values)


def test_zips_in_64_bits(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = samples.torch_file(samples.training_values())
    monkeypatch.setattr(zipfile, "ZIP64_LIMIT", 10)
    monkeypatch.setattr(zipfile, "ZIP_FILECOUNT_LIMIT", 1)
    wide = _rezipped(data)
    assert b"PK\x06\x07" in wide
    assert same(value(path, wide)["strided"], samples.training_values()["strided"])


def test_zips_without_checksums(path: Path) -> None:
    kept = torch.serialization.get_crc32_options()
    torch.serialization.set_crc32_options(False)
    try:
        data = samples.torch_file({"a": torch.ones(3)})
    finally:
        torch.serialization.set_crc32_options(kept)
    assert same(value(path, data), {"a": torch.ones(3)})


def test_a_changed_number_is_noticed_where_it_is_wanted(path: Path) -> None:
    data = samples.torch_file({"a": torch.full((3,), 1.25), "b": torch.ones(3)})
    spoilt = data.replace(b"\0\0\xa0\x3f" * 3, b"\0\0\xa1\x3f" * 3)
    assert "archive/data/0 in it has changed" in refused(path, spoilt)
    assert same(value(path, spoilt, only={"b"})["b"], torch.ones(3))


@pytest.mark.parametrize("kind", FILES)
def test_a_file_that_is_cut_short_is_refused(path: Path, kind: str) -> None:
    data = FILES[kind]()
    assert value(path, data)
    for end in [*range(1, 20), *range(20, len(data), len(data) // 30), len(data) - 1]:
        refused(path, data[:end])


def test_what_cannot_be_opened(tmp_path: Path) -> None:
    for path, said in [(tmp_path / "nothing.pkl", "is missing"), (tmp_path, "is a folder")]:
        with pytest.raises(CheckpointError, match=said) as caught:
            open_checkpoint(path)
        assert str(caught.value).startswith(str(path))


def test_limits(path: Path) -> None:
    data = FILES["zip"]()
    assert "MiB" in refused(path, data, Limits(file_bytes=1000))
    assert "files" in refused(path, data, Limits(members=5))
    assert "opcodes" in refused(path, data, Limits(opcodes=100))
    assert "tensor bytes" in refused(path, data, Limits(tensor_copies=0))
