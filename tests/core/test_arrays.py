import pickle
from pathlib import Path

import numpy as np
import pytest

from editgan.core.arrays import load_array
from editgan.core.errors import InputError


def test_numbers_come_back_in_this_machines_byte_order(tmp_path: Path) -> None:
    values = np.arange(6, dtype=">i2").reshape(2, 3)
    np.save(tmp_path / "a.npy", values)
    found = load_array(tmp_path / "a.npy")
    assert np.array_equal(found, values) and found.dtype == np.int16 and found.flags.writeable


def test_columns_first_and_no_dimensions_are_read_as_well(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.asfortranarray(np.arange(6.0).reshape(2, 3)))
    np.save(tmp_path / "b.npy", np.float32(3))
    assert np.array_equal(load_array(tmp_path / "a.npy"), np.arange(6.0).reshape(2, 3))
    assert load_array(tmp_path / "b.npy") == 3


class Trap:
    def __reduce__(self) -> tuple[object, ...]:
        return Path.touch, (Path("sprung"),)


def test_pickled_objects_are_refused_and_never_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    np.save("objects.npy", np.array([Trap()], dtype=object), allow_pickle=True)
    Path("pickle.npy").write_bytes(pickle.dumps(Trap()))
    for name in ("objects.npy", "pickle.npy"):
        with pytest.raises(InputError, match="plain numbers"):
            load_array(Path(name))
    assert not Path("sprung").exists()


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda data: data[:-4], "plain numbers"),  # shorter than its header says
        (lambda data: data[:20], "plain numbers"),
        (lambda data: b"", "plain numbers"),
        (lambda data: b"PK\x03\x04" + data, "plain numbers"),
        (lambda data: data.replace(b"(2, 3)", b"(-2,3)"), "plain numbers"),
        (lambda data: data.replace(b"'<f4'", b"'<U1'"), "<U1"),
    ],
)
def test_what_is_no_array_of_numbers_is_refused_in_one_sentence(
    spoil: object, reason: str, tmp_path: Path
) -> None:
    assert callable(spoil)
    np.save(tmp_path / "a.npy", np.zeros((2, 3), np.float32))
    (tmp_path / "a.npy").write_bytes(spoil((tmp_path / "a.npy").read_bytes()))
    with pytest.raises(InputError, match=reason) as raised:
        load_array(tmp_path / "a.npy")
    assert "\n" not in str(raised.value)


def test_a_size_that_only_the_header_claims_takes_no_memory(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.zeros((2, 3), np.float32))
    data = (tmp_path / "a.npy").read_bytes()
    claimed = data.replace(b"(2, 3), }            ", b"(9999999999999, 3), }")
    assert len(claimed) == len(data) and claimed != data
    (tmp_path / "a.npy").write_bytes(claimed)
    with pytest.raises(InputError, match="plain numbers"):
        load_array(tmp_path / "a.npy")


def test_missing_folders_and_files_too_large_are_named(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.zeros(500_000))
    with pytest.raises(InputError, match="at most 1 MB, but it is 4 MB"):
        load_array(tmp_path / "a.npy", max_mb=1)
    with pytest.raises(InputError, match="missing"):
        load_array(tmp_path / "b.npy")
    with pytest.raises(InputError, match="plain numbers"):
        load_array(tmp_path)
