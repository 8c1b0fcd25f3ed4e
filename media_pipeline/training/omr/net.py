"""The staff reader as torch trains it: five convolutions, a projection, one-dimensional ConvNeXt blocks, a CTC head.

The blocks follow ConvNeXt (Liu et al. 2022) along the width: a depthwise convolution, layer normalisation, two linear
layers with GELU, and the sum with what came in. Their dilations let a column see half a bar to either side.

A column is four pixels wide. Where notes stand close it has more to say than one token, so each column is opened into
two frames before the head: the resolution of half a column for hardly any work.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from media_pipeline.nets.staff_reader import HEIGHT

CHANNELS = (24, 48, 96, 128, 160)
STRIDES = ((2, 2), (2, 2), (2, 1), (2, 1), (1, 1))  # rows, columns: 160 rows become 10, four pixels one column
KERNELS = (5, 3, 3, 3, 3)
FEATURES = 288
DILATIONS = (1, 2, 4, 1, 2, 4, 8, 1)
REACH = 9  # columns of a depthwise kernel
FRAMES = 2  # to a column


def parameters(net: nn.Module) -> int:
    """How many numbers are learned."""
    return sum(p.numel() for p in net.parameters())


class Block(nn.Module):
    """(batch, frames, features) -> the same, each frame having seen its neighbours."""

    def __init__(self, features: int, dilation: int) -> None:
        super().__init__()
        padding = dilation * (REACH // 2)
        self.near = nn.Conv1d(features, features, REACH, padding=padding, dilation=dilation, groups=features)
        self.norm = nn.LayerNorm(features)
        self.wide = nn.Linear(features, 2 * features)
        self.back = nn.Linear(2 * features, features)

    def forward(self, x: Tensor) -> Tensor:
        seen = self.near(x.transpose(1, 2)).transpose(1, 2)
        change: Tensor = self.back(functional.gelu(self.wide(self.norm(seen))))
        return x + change


class StaffNet(nn.Module):
    """(batch, 1, 160, width) ink from 0 to 1, width a multiple of 4 -> (batch, width / 2, tokens) logits."""

    def __init__(self, tokens: int) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        depth = 1
        for channels, stride, kernel in zip(CHANNELS, STRIDES, KERNELS, strict=True):
            layers.append(nn.Conv2d(depth, channels, kernel, stride, kernel // 2, bias=False))
            layers.append(nn.BatchNorm2d(channels))
            layers.append(nn.ReLU(inplace=True))
            depth = channels
        self.eye = nn.Sequential(*layers)
        self.column = nn.Linear(depth * (HEIGHT // 16), FEATURES)
        self.blocks = nn.Sequential(*[Block(FEATURES, dilation) for dilation in DILATIONS])
        self.open = nn.Linear(FEATURES, FRAMES * FEATURES)
        with torch.no_grad():  # begins as a column said twice, which reads as said once
            self.open.weight.copy_(torch.eye(FEATURES).repeat(FRAMES, 1))
            self.open.bias.zero_()
        self.norm = nn.LayerNorm(FEATURES)
        self.head = nn.Linear(FEATURES, tokens)

    def forward(self, ink: Tensor) -> Tensor:
        seen = self.eye(ink)
        batch, channels, rows, width = seen.shape
        columns = seen.permute(0, 3, 1, 2).reshape(batch, width, channels * rows)
        frames = self.open(self.blocks(torch.relu(self.column(columns)))).reshape(batch, width * FRAMES, FEATURES)
        logits: Tensor = self.head(self.norm(frames))
        return logits
