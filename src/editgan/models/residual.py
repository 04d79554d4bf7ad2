"""The block of the small networks that look at whole pictures."""

import torch.nn.functional as F
from torch import Tensor, nn


class ResidualBlock(nn.Module):
    """Two 3x3 convolutions beside a shortcut, halving the resolution first where asked (He et al. 2016).

    Group normalisation, so one picture gives the same answer as a batch. Channels in multiples of 8.
    It begins as its shortcut, which is nothing but the input where widths allow; with `learnt_shortcut` it
    begins as any other layer does, and the shortcut always has weights.
    """

    def __init__(
        self, in_channels: int, out_channels: int, *, down: bool, learnt_shortcut: bool = False
    ) -> None:
        super().__init__()
        self.down = down
        self.conv0 = nn.Conv2d(in_channels, out_channels, 3, padding=1, bias=False)
        self.norm0 = nn.GroupNorm(8, out_channels)
        self.conv1 = nn.Conv2d(out_channels, out_channels, 3, padding=1, bias=False)
        self.norm1 = nn.GroupNorm(8, out_channels)
        if not learnt_shortcut:
            nn.init.zeros_(self.norm1.weight)
        has_weights = learnt_shortcut or in_channels != out_channels
        self.skip = nn.Conv2d(in_channels, out_channels, 1, bias=False) if has_weights else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        """[n, in, r, r] -> [n, out, r, r], or half the side with `down`."""
        if self.down:
            x = F.avg_pool2d(x, 2)
        y = F.leaky_relu(self.norm0(self.conv0(x)), 0.1)
        return F.leaky_relu(self.norm1(self.conv1(y)) + self.skip(x), 0.1)
