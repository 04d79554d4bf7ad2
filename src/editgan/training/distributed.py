"""Several processes, one training: the same weights at the start, the same gradients at every step."""

import torch
from accelerate import Accelerator
from accelerate.utils import broadcast
from torch import nn


@torch.no_grad()
def share_weights(accelerator: Accelerator, *networks: nn.Module) -> None:
    """The first process's weights and buffers, everywhere."""
    if accelerator.num_processes > 1:
        for network in networks:
            for tensor in network.state_dict().values():
                tensor.copy_(broadcast(tensor.contiguous()))


def average_gradients(accelerator: Accelerator, network: nn.Module) -> None:
    """Replaces each gradient by its mean over all processes, in one message."""
    if accelerator.num_processes == 1:
        return
    gradients = [p.grad for p in network.parameters() if p.grad is not None]
    flat = accelerator.reduce(torch.cat([g.flatten() for g in gradients]), reduction="mean")
    for g, part in zip(gradients, flat.split([g.numel() for g in gradients]), strict=True):
        g.copy_(part.view_as(g))
