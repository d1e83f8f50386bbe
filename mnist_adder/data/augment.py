"""Small changes that leave a digit readable, so that no two epochs show the same image."""

import math

import torch
import torch.nn.functional as F
from torch import Tensor

PIXEL = 2 / 28  # the image reaches from -1 to 1
MAX_ROTATION = math.radians(12)
MAX_SHIFT = 2 * PIXEL
MAX_STRETCH = 0.12
MAX_SHEAR = 0.15
AFFINE = 6
# A rubber sheet, pulled at 6x6 points and smooth between them: P. Simard et al., "Best practices for
# convolutional neural networks", 2003.
PULL_POINTS = 6
MAX_PULL = 1.4 * PIXEL
DRAWS = AFFINE + 2 * PULL_POINTS**2
EASING = 0.2


def strength(done: float) -> float:
    """Give how strongly to distort, 0 to 1, when the share `done` of the training is over.

    Less and less, so that the network ends on images that are nearer those it is for.
    """
    return 1 - EASING * done


def draw_distortions(count: int, generator: torch.Generator) -> Tensor:
    """Draw what `distort` needs for `count` images: numbers between -1 and 1, (count, DRAWS), on the CPU."""
    return 2 * torch.rand((count, DRAWS), generator=generator) - 1


def distort(pixels: Tensor, draws: Tensor) -> Tensor:
    """Rotate, stretch, shear, shift and warp each image a little: (N, 1, H, W) to the same shape.

    `draws` (N, DRAWS) says how, between -1 and 1; zeros leave the images as they are. What comes in from
    outside the image is 0, the black of the background.
    """
    angle, stretch_x, stretch_y, shear, shift_x, shift_y = draws[:, :AFFINE].unbind(dim=1)
    cos, sin = (angle * MAX_ROTATION).cos(), (angle * MAX_ROTATION).sin()
    stretch_x, stretch_y, shear = 1 + MAX_STRETCH * stretch_x, 1 + MAX_STRETCH * stretch_y, MAX_SHEAR * shear
    rows = [
        [cos * stretch_x, cos * stretch_x * shear - sin * stretch_y, MAX_SHIFT * shift_x],
        [sin * stretch_x, sin * stretch_x * shear + cos * stretch_y, MAX_SHIFT * shift_y],
    ]
    matrices = torch.stack([torch.stack(row, dim=1) for row in rows], dim=1)
    grid = F.affine_grid(matrices, list(pixels.shape), align_corners=False)
    pulls = MAX_PULL * draws[:, AFFINE:].reshape(-1, 2, PULL_POINTS, PULL_POINTS)
    warp = F.interpolate(pulls, size=pixels.shape[2:], mode="bicubic", align_corners=True)
    return F.grid_sample(
        pixels, grid + warp.permute(0, 2, 3, 1), mode="bilinear", padding_mode="zeros", align_corners=False
    )
