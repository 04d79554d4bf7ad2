"""Our networks -> a .pt that rosinality's stylegan2-pytorch, and all that was built on it, loads."""

from pathlib import Path
from typing import Any

import torch

from editgan.checkpoints.keys import write_state
from editgan.checkpoints.rosinality import rosinality_constants, rosinality_keys
from editgan.core.errors import InputError
from editgan.core.files import replacing
from editgan.models.discriminator import Discriminator
from editgan.models.generator import Generator, GeneratorConfig


def write_rosinality(generator: Generator, discriminator: Discriminator | None, path: Path) -> list[str]:
    """`g_ema`, `latent_avg` and `d`, if there is one. Returns what a person should know about the file.

    Raises:
        InputError: the format has no such network.
    """
    _check(generator.config, "skip", "generator")
    state = write_state(generator, rosinality_keys(generator), rosinality_constants(generator))
    content: dict[str, Any] = {"latent_avg": state.pop("latent_avg"), "g_ema": state}
    if discriminator is not None:
        _check(discriminator.config, "resnet", "discriminator")
        content["d"] = write_state(
            discriminator, rosinality_keys(discriminator), rosinality_constants(discriminator)
        )
    with replacing(path) as scratch:
        torch.save(content, scratch)
    return _notes(generator.config)


def _check(config: GeneratorConfig, usual: str, what: str) -> None:
    if config.architecture not in (None, usual) or config.c_dim:
        kind = "of several classes" if config.c_dim else f"of the {config.architecture} kind"
        raise InputError(f"rosinality's format knows no {what} {kind}; export to nvidia instead")


def _notes(config: GeneratorConfig) -> list[str]:
    notes = []
    if config.conv_clamp is not None:
        notes.append(
            f"activations beyond {config.conv_clamp:g} are no longer clamped: the format has no clamp"
        )
    if config.z_dim != config.w_dim:
        notes.append(
            f"z has {config.z_dim} numbers and w {config.w_dim}: the original class wants them equal"
        )
    multiplier = config.channel_base / 16384
    usual = all(config.channels(r) == min(512, int(16384 * multiplier) // r) for r in config.resolutions)
    if not usual or config.channels(4) != 512 or multiplier not in (1, 2):
        notes.append(
            "its widths are not those of channel_multiplier 1 or 2: the original class needs changing"
        )
    return notes
