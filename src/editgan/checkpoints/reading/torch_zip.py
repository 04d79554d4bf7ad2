"""torch's format since 1.6: a zip with one pickle, `data.pkl`, and a file for each storage, `data/0` ..."""

from collections.abc import Mapping

import torch

from editgan.checkpoints.reading.archive import Member
from editgan.checkpoints.reading.tensors import Storage
from editgan.core.errors import CheckpointError


class TorchZip:
    """The pickle and the storages in a zip."""

    def __init__(self, members: Mapping[str, Member]) -> None:
        self.members = members
        self.folder = _folder(members)
        self.verified: set[str] = set()
        order = members.get(f"{self.folder}/byteorder")
        self.big_endian = order is not None and bytes(order.data) == b"big"

    @property
    def pickle(self) -> memoryview:
        """What is in the file, without the numbers."""
        return self.members[f"{self.folder}/data.pkl"].checked()

    def storage(self, key: str, *, verify: bool) -> Storage | None:
        """By its key. To verify one means to read it as a whole: for those that are wanted."""
        member = self.members.get(f"{self.folder}/data/{key}")
        if member is None:
            return None
        if verify and key not in self.verified:
            member.checked()
            self.verified.add(key)
        return Storage(member.data, torch.uint8, self.big_endian)


def _folder(members: Mapping[str, Member]) -> str:
    folders = [name.removesuffix("/data.pkl") for name in members if name.endswith("/data.pkl")]
    if members and all(name.endswith(".npy") for name in members):
        raise CheckpointError("is a numpy archive; a .pkl of StyleGAN2 or a .pt of torch was expected")
    if len(folders) != 1 or "/" in folders[0]:
        raise CheckpointError("is a zip, but no torch file; if the checkpoint is inside, unpack it first")
    if any(name.startswith((f"{folders[0]}/code/", f"{folders[0]}/constants.pkl")) for name in members):
        raise CheckpointError("is a TorchScript program; save the model's state_dict() by torch.save")
    return folders[0]
