"""What a checkpoint holds comes out as plain values, tensors and `Stored` objects; all else is refused."""

import argparse
import pickle
from collections import Counter, OrderedDict, defaultdict
from typing import Any

import numpy as np
import pytest
import torch
from checkpoints import samples
from checkpoints.samples import same

from editgan.checkpoints.reading.builders import ALLOWED
from editgan.checkpoints.reading.limits import USUAL, Budget, Limits
from editgan.checkpoints.reading.machine import read_pickle
from editgan.checkpoints.reading.stream import Stream
from editgan.checkpoints.reading.values import Stored
from editgan.checkpoints.reading.walk import Values
from editgan.core.errors import CheckpointError

DTYPES = [
    *(
        torch.float16,
        torch.float32,
        torch.float64,
        torch.bfloat16,
        torch.complex64,
        torch.complex128,
        torch.bool,
    ),
    *(
        torch.uint8,
        torch.int8,
        torch.int16,
        torch.int32,
        torch.int64,
        torch.uint16,
        torch.uint32,
        torch.uint64,
    ),
]


def value(data: bytes, limits: Limits = USUAL, *, wanted: bool = True) -> Any:
    budget = Budget(limits, len(data))
    root = read_pickle(Stream(memoryview(data), budget), ALLOWED).root
    return Values(lambda key: None, budget, wanted=wanted).of(root)


def refused(data: bytes, limits: Limits = USUAL) -> str:
    with pytest.raises(CheckpointError) as caught:
        value(data, limits)
    return str(caught.value)


@pytest.mark.parametrize("protocol", range(6))
@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_tensors_of_all_types(dtype: torch.dtype, protocol: int) -> None:
    tensor = torch.tensor([[0, 1, 2], [3, 4, 100]]).to(dtype)
    assert same(value(pickle.dumps(tensor, protocol)), tensor)


def test_tensors_of_all_shapes() -> None:
    whole = torch.arange(120).float()
    kept = [
        whole.reshape(2, 3, 4, 5),
        whole.reshape(2, 3, 4, 5).permute(3, 1, 0, 2),
        whole.reshape(2, 60)[:, 7:33:3],
        whole[5],
        whole[3:3],
        whole.reshape(10, 12).T[4:, 1:],
        torch.zeros(3, 0, 2),
        torch.nn.Parameter(whole[:4]),
        whole[:1].expand(1, 1, 1),
    ]
    assert same(value(pickle.dumps(kept, 4)), kept)


def test_tensors_own_their_memory() -> None:
    data = bytearray(pickle.dumps([torch.ones(2000), b"x" * 8000], 4))
    made = value(data)
    data[:] = bytes(len(data))  # fails where somebody still looks at it
    assert made[0].eq(1).all() and made[1] == b"x" * 8000
    assert not made[0].requires_grad
    made[0].add_(1)


def test_what_is_not_wanted_is_checked_but_not_made() -> None:
    tensor = torch.ones(1000)
    assert value(pickle.dumps(tensor), wanted=False).numel() == 0
    data = pickle.dumps(tensor).replace(b"\xe8\x03\x85", b"\xe9\x03\x85")
    assert data != pickle.dumps(tensor)
    with pytest.raises(CheckpointError, match="shape"):
        value(data, wanted=False)


@pytest.mark.parametrize("protocol", range(6))
def test_arrays(protocol: int) -> None:
    base = np.arange(24, dtype="f4").reshape(2, 3, 4)
    codes = (
        "f2",
        "f4",
        "f8",
        "c8",
        "c16",
        "b1",
        "u1",
        "u2",
        "u4",
        "u8",
        "i1",
        "i2",
        "i4",
        "i8",
        ">f4",
        ">i2",
        ">c8",
    )
    arrays = [base.astype(code) for code in codes]
    arrays += [base.T, np.asfortranarray(base), base[:, ::2], base[0, 0, 0:0], np.array(3.5), base.byteswap()]
    data = pickle.dumps(arrays, protocol)
    for spelling in (data, _older(data, protocol)):
        made = value(spelling)
        assert all(map(same, made, arrays))
        assert (
            made[codes.index("f2")].dtype == torch.float16 and made[codes.index(">i2")].dtype == torch.int16
        )


def _older(data: bytes, protocol: int) -> bytes:
    """As numpy 1 would have written it."""
    if protocol < 4:
        return data.replace(b"numpy._core.", b"numpy.core.")
    assert b"\x8c\x16numpy._core.multiarray" in data  # texts with their length, frames with theirs
    unframed = data[:2] + data[11:] if data[2] == 0x95 else data
    return unframed.replace(b"\x8c\x16numpy._core.multiarray", b"\x8c\x15numpy.core.multiarray").replace(
        b"\x8c\x13numpy._core.numeric", b"\x8c\x12numpy.core.numeric"
    )


@pytest.mark.parametrize("protocol", range(6))
def test_numbers_of_numpy_are_python_s(protocol: int) -> None:
    numbers = [
        np.float32(1.5),
        np.float64(2.5),
        np.int64(-3),
        np.bool_(True),
        np.uint8(200),
        np.complex64(1j),
    ]
    made = value(pickle.dumps(numbers, protocol))
    assert made == [1.5, 2.5, -3, True, 200, 1j]
    assert list(map(type, made)) == [float, float, int, bool, int, complex]


def test_arrays_of_python_2() -> None:
    data = (
        b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(I0\ntS'b'\ntR(I1\n(I2\ntcnumpy\ndtype\n"
        b"(S'f4'\nI0\nI1\ntR(I3\nS'<'\nNNNI-1\nI-1\nI0\ntbI00\nS'\\x00\\x00\\x80?\\x00\\x00\\x00@'\ntb."
    )
    assert same(value(data), torch.tensor([1.0, 2.0]))


@pytest.mark.parametrize("protocol", range(6))
def test_containers_and_settings(protocol: int) -> None:
    with samples.stand_ins():
        written = {
            "ordered": OrderedDict(b=1, a=2),
            "default": defaultdict(list, {"x": [1]}),
            "counter": Counter("aab"),
            "easy": samples.EasyDict(size=4, inner=samples.EasyDict(on=True)),
            "args": argparse.Namespace(lr=0.1, layers=[1, 2]),
            "size": torch.Size([1, 2]),
            "type": torch.float16,
            "set": {1, 2},
            "bytes": b"",
        }
        data = pickle.dumps(written, protocol)
    plain = {
        "ordered": {"b": 1, "a": 2},
        "default": {"x": [1]},
        "counter": {"a": 2, "b": 1},
        "easy": {"size": 4, "inner": {"on": True}},
        "args": {"lr": 0.1, "layers": [1, 2]},
        "size": (1, 2),
    }
    assert same(value(data), written | plain)


def test_devices_are_texts() -> None:
    assert value(pickle.dumps([torch.device("cpu"), torch.device("cuda", 1)])) == ["cpu", "cuda:1"]


def test_a_state_dict_s_notes_on_itself_are_left_out() -> None:
    state = torch.nn.BatchNorm1d(2).state_dict()
    assert "_metadata" in vars(state)
    assert same(value(pickle.dumps(state)), state)


@pytest.mark.parametrize("protocol", range(6))
def test_networks_that_bring_their_source(protocol: int) -> None:
    made = value(samples.nvidia_pickle(protocol))
    meant = samples.nvidia_values()
    assert list(made) == ["G", "D", "G_ema", "augment_pipe", "training_set_kwargs"]
    assert made["training_set_kwargs"]["resolution"] == 64
    network = made["G_ema"]
    assert isinstance(network, Stored)
    assert (network.class_name, network.module) == ("Generator", "torch_utils.persistence")
    assert network.source == samples.SOURCE
    assert network.state["_init_kwargs"] == {"z_dim": 4}
    meant_state = meant["G_ema"].meta["state"]
    assert same(network.state["_parameters"], dict(meant_state["_parameters"]))
    layer = network.state["_modules"]["fc0"]
    assert same(layer.state["_parameters"], dict(meant_state["_modules"]["fc0"].meta["state"]["_parameters"]))
    assert network.state["_modules"]["fc1"] is layer  # one object, as in the file


@pytest.mark.parametrize("protocol", range(6))
def test_networks_of_tensorflow(protocol: int) -> None:
    networks = value(samples.tensorflow_pickle(protocol))
    assert [(each.class_name, each.module) for each in networks] == [("Network", "dnnlib.tflib.network")] * 3
    state = networks[2].state
    assert state["version"] == 4 and state["static_kwargs"] == {"fmaps": 8}
    assert same(dict(state["variables"]), {"dlatent_avg": torch.arange(4.0)})
    variables = dict(state["components"]["synthesis"].state["variables"])
    assert same(variables["4x4/Conv/weight"], samples.weights(2, 3, 3, 2, 4))
    assert variables["lod"] == 2.0


def test_values_are_counted_as_often_as_they_are_mentioned() -> None:
    shared: Any = 1
    for _ in range(12):
        shared = [shared, shared]
    assert value(pickle.dumps(shared)) == shared
    assert "nested" in refused(pickle.dumps(shared), Limits(nodes=5000))


def test_limits() -> None:
    nested: Any = []
    for _ in range(100):
        nested = [nested]
    assert value(pickle.dumps(nested)) == nested
    assert "nested" in refused(pickle.dumps(nested), Limits(depth=100))
    tensors = pickle.dumps([torch.ones(2)] * 3 + [torch.zeros(2)])
    assert "tensors" in refused(tensors, Limits(tensors=1))
    text = pickle.dumps([b"x" * 100_000, "y" * 100_000])
    assert value(text) == [b"x" * 100_000, "y" * 100_000]
    assert "text bytes" in refused(text, Limits(text_bytes=150_000))
