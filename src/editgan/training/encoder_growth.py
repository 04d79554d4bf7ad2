"""Start an encoder from one of a smaller generator of the same latent space."""

import copy
import re

import torch
from torch import Tensor

from editgan.core.errors import InputError
from editgan.models.encoder import Encoder, EncoderConfig


def grow_encoder(old: Encoder, config: EncoderConfig) -> Encoder:
    """An encoder of `config`'s shape with everything the trained one knows.

    Its finest blocks, which see what the old one's photos did not have, begin at random, and the layers which
    a grown generator has more begin as the old one's last. Some hundred steps bring the new blocks in line.

    Raises:
        InputError: `config` differs in more than resolution and layers, or has fewer of them.
    """
    if old.config == config:
        return copy.deepcopy(old)
    levels = config.resolution.bit_length() - old.config.resolution.bit_length()
    if levels < 0 or config.num_ws < old.config.num_ws or not _kin(old.config, config):
        raise InputError(f"the encoder to start from is {old.config}, but this one is {config}")
    grown = Encoder(config)
    state = grown.state_dict()
    for name, value in old.state_dict().items():
        if (kept := _name(name, levels)) is not None:
            state[kept] = _with_rows(value, state[kept], config.w_dim)
    grown.load_state_dict(state)
    return grown


def _kin(old: EncoderConfig, new: EncoderConfig) -> bool:
    fields = ("w_dim", "channel_base", "channel_max", "pyramid_channels", "head_channels")
    return all(getattr(old, field) == getattr(new, field) for field in fields)


def _name(name: str, levels: int) -> str | None:
    """What a parameter is called once there are so many finer levels; None where it has no place there."""
    if levels == 0:
        return name
    if name.startswith(("stem.", "blocks.0.")):
        return None
    return re.sub(r"^blocks\.(\d+)", lambda found: f"blocks.{int(found[1]) + levels}", name)


def _with_rows(value: Tensor, wanted: Tensor, w_dim: int) -> Tensor:
    """A head's rows, its last layer's repeated for the layers that are new; anything else as it is."""
    if value.shape == wanted.shape:
        return value
    times = [(len(wanted) - len(value)) // w_dim] + [1] * (value.ndim - 1)
    return torch.cat([value, value[-w_dim:].repeat(times)])
