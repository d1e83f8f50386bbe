"""Small changes that leave a digit readable, so that no two epochs show the same image."""

import math

import torch
import torch.nn.functional as F
from torch import Tensor

MAX_ROTATION = math.radians(10)
MAX_SHIFT = 2 / 14  # two pixels, where the image reaches from -1 to 1
MAX_STRETCH = 0.1


def distort(pixels: Tensor, generator: torch.Generator) -> Tensor:
    """Rotate, stretch and shift each image a little, at random: (N, 1, H, W) to the same shape.

    What comes in from outside the image is 0, the black of the background.
    """
    angle, shift_x, shift_y, stretch_x, stretch_y = _uniform(5, len(pixels), generator)
    angle = angle * MAX_ROTATION
    stretch_x, stretch_y = 1 + MAX_STRETCH * stretch_x, 1 + MAX_STRETCH * stretch_y
    first_row = torch.stack((angle.cos() * stretch_x, -angle.sin() * stretch_y, MAX_SHIFT * shift_x), dim=1)
    second_row = torch.stack((angle.sin() * stretch_x, angle.cos() * stretch_y, MAX_SHIFT * shift_y), dim=1)
    matrices = torch.stack((first_row, second_row), dim=1).to(pixels.device)
    grid = F.affine_grid(matrices, list(pixels.shape), align_corners=False)
    return F.grid_sample(pixels, grid, mode="bilinear", padding_mode="zeros", align_corners=False)


def _uniform(rows: int, length: int, generator: torch.Generator) -> Tensor:
    """Draw numbers between -1 and 1: (rows, length), on the CPU."""
    return 2 * torch.rand((rows, length), generator=generator) - 1
