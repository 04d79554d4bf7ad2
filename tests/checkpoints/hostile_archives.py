"""Files that are no checkpoints, though their names say so."""

import bz2
import gzip
import io
import lzma
import pickle
import struct
import tarfile
import zipfile

import numpy as np
import safetensors.torch
import torch
from checkpoints import samples


def _zip(files: dict[str, bytes], method: int = zipfile.ZIP_STORED) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", method) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return made.getvalue()


def _replaced(data: bytes, at: int, new: bytes) -> bytes:
    assert at >= 0
    return data[:at] + new + data[at + len(new) :]


def archives() -> dict[str, tuple[bytes, str]]:
    """Zips that are no torch files, or that claim more than they hold."""
    good = samples.torch_file({"a": torch.ones(300)})
    body = pickle.dumps({"a": 1}, 2)
    described = zipfile.ZipFile(io.BytesIO(good)).read("archive/data.pkl")
    elsewhere = b"\x80\x02(U\x07storagectorch\nFloatStorage\nU\x0b../data.pklU\x03cpuK\4NtQ."
    entry, end = good.find(b"PK\x01\x02"), good.rfind(b"PK\x05\x06")
    last = good.rfind(b"PK\x01\x02")
    data_entry = good.find(b"archive/data/0", entry) - 46
    plain = _zip({"x/data.pkl": body})
    zip_end = plain.rfind(b"PK\x05\x06")
    changed = good.find(struct.pack("<f", 1.0)) + 400
    script = {"a/data.pkl": body, "a/constants.pkl": body, "a/code/x.py": b""}
    bomb = _zip({"archive/data.pkl": body, "archive/data/0": bytes(100 << 20)}, zipfile.ZIP_DEFLATED)
    encrypted = bytearray(plain)
    encrypted[plain.find(b"PK\x01\x02") + 8] |= 1
    return {
        "a zip bomb": (bomb, "compressed"),
        "overlapping files": (_replaced(good, last + 42, good[data_entry + 42 : data_entry + 46]), "overlap"),
        "a file of 4 GB": (_replaced(good, data_entry + 20, b"\xfe\xff\xff\xff" * 2), "damaged"),
        "a file of other packed size": (_replaced(good, data_entry + 20, b"\x01\0\0\0"), "compressed"),
        "a file that starts outside": (_replaced(good, data_entry + 42, b"\xf0\xff\xff\x7f"), "damaged"),
        "an encrypted zip": (bytes(encrypted), "encrypted"),
        "65,000 files": (_replaced(plain, zip_end + 10, b"\xe8\xfd"), "65000 files"),
        "a directory outside": (_replaced(plain, zip_end + 16, b"\xff\xff\xff\x7f"), "damaged"),
        "more files than there are": (_replaced(plain, zip_end + 10, b"\x09\0"), "damaged"),
        "a zip of another size": (
            plain[:zip_end] + b"PK\x06\x07" + bytes(4) + struct.pack("<QI", 2**63, 1) + plain[zip_end:],
            "damaged",
        ),
        "one name twice": (_twice(), "two files"),
        "a zip of nothing": (_zip({}), "no torch file"),
        "a zip of something": (_zip({"readme.txt": b"hello"}), "no torch file"),
        "a numpy archive": (_npz(), "numpy archive"),
        "two pickles": (_zip({"a/data.pkl": body, "b/data.pkl": body}), "no torch file"),
        "TorchScript": (_zip(script), "TorchScript"),
        "a changed number": (_replaced(good, changed, b"\x01"), "has changed"),
        "a changed pickle": (_replaced(good, good.find(b"FloatStorage"), b"H"), "has changed"),
        "a storage that is missing": (_zip({"a/data.pkl": described}), "not in it"),
        "a storage that is too short": (
            _zip({"a/data.pkl": described, "a/data/0": b"1234"}),
            "not in it",
        ),
        "a storage by a path": (_zip({"a/data.pkl": elsewhere}), "not in it"),
        "a zip cut short": (good[:end], "damaged"),
    }


def _twice() -> bytes:
    made = bytearray(_zip({"a/data.pkl": b"N.", "a/data.pkk": b"N."}))
    return bytes(made).replace(b"a/data.pkk", b"a/data.pkl")


def _npz() -> bytes:
    made = io.BytesIO()
    np.savez(made, a=np.ones(3))
    return made.getvalue()


def others() -> dict[str, tuple[bytes, str]]:
    """Other things that are saved under a checkpoint's name."""
    good = samples.nvidia_pickle()
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("storages"))
    array = io.BytesIO()
    np.save(array, np.ones(3))
    return {
        "a web page": (b"<!DOCTYPE html>\n<html><body>Virus scan warning</body></html>", "web page"),
        "a web page after a newline": (b"\xef\xbb\xbf\r\n  <html lang=en>", "web page"),
        "an answer in XML": (b"<?xml version='1.0'?><Error><Code>AccessDenied</Code></Error>", "web page"),
        "an answer in JSON": (b'{"error": "not found"}', "text"),
        "a text": (b"Not Found", "text"),
        "a text in brackets": (b"(see below)\n", "damaged"),
        "a text that begins with c": (b"cannot be found\nsorry\n", "names "),
        "an LFS pointer": (
            b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n",
            "git lfs pull",
        ),
        "gzip": (gzip.compress(good), "gzip"),
        "bzip2": (bz2.compress(good), "bzip2"),
        "xz": (lzma.compress(good), "xz"),
        "zstandard": (b"\x28\xb5\x2f\xfd" + bytes(40), "zstandard"),
        "7z": (b"7z\xbc\xaf\x27\x1c" + bytes(40), "7z"),
        "rar": (b"Rar!\x1a\x07\x01\0" + bytes(40), "rar"),
        "tar": (packed.getvalue(), "tar archive"),
        "safetensors": (safetensors.torch.save({"a": torch.ones(3)}), "safetensors"),
        "HDF5": (b"\x89HDF\r\n\x1a\n" + bytes(40), "HDF5"),
        "a numpy array": (array.getvalue(), "numpy array"),
        "ONNX": (b"\x08\x07\x12\x07pytorch\x1a" + bytes(40), "ONNX"),
        "GGUF": (b"GGUF\x03\0\0\0" + bytes(40), "GGUF"),
        "a JPEG": (b"\xff\xd8\xff\xe0\0\x10JFIF" + bytes(40), "JPEG"),
        "a PNG": (b"\x89PNG\r\n\x1a\n" + bytes(40), "PNG"),
        "a PDF": (b"%PDF-1.7\n" + bytes(40), "PDF"),
        "an empty file": (b"", "empty"),
        "zeros": (bytes(5000), "no file of a known kind"),
        "one byte": (b"\x80", "ends in the middle"),
        "noise": (bytes(range(255, 0, -1)) * 20, "no file of a known kind"),
        "noise that begins as a pickle": (b"\x80\x04" + bytes(range(255, 0, -1)) * 20, "damaged"),
    }
