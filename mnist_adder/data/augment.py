"""Augmentation: small random changes that leave a digit readable, so that no two epochs show the same image."""

import math

import torch
import torch.nn.functional as F
from torch import Tensor

PIXEL = 2 / 28  # `affine_grid` counts from -1 to 1 across the image
MAX_ROTATION = math.radians(12)
MAX_SHIFT = 2 * PIXEL
MAX_STRETCH = 0.12
MAX_SHEAR = 0.15
AFFINE_DRAWS = 6
# An elastic deformation, random at 6x6 points and smooth between them: P. Simard et al., "Best practices for
# convolutional neural networks", 2003.
ELASTIC_POINTS = 6
MAX_ELASTIC_SHIFT = 1.4 * PIXEL
DRAWS = AFFINE_DRAWS + 2 * ELASTIC_POINTS**2


def draw_augmentations(count: int, generator: torch.Generator) -> Tensor:
    """Draw the random numbers that `augment_images` needs: between -1 and 1, (count, DRAWS), on the CPU."""
    return 2 * torch.rand((count, DRAWS), generator=generator) - 1


def augment_images(pixels: Tensor, draws: Tensor) -> Tensor:
    """Rotate, stretch, shear, shift and deform each image, floats (N, 1, H, W), a little.

    `draws`, (N, DRAWS), between -1 and 1, say how; zeros leave an image as it is. What comes in from outside is 0, the
    black of the background.
    """
    angle, stretch_x, stretch_y, shear, shift_x, shift_y = draws[:, :AFFINE_DRAWS].unbind(dim=1)
    cos, sin = (angle * MAX_ROTATION).cos(), (angle * MAX_ROTATION).sin()
    stretch_x, stretch_y, shear = 1 + MAX_STRETCH * stretch_x, 1 + MAX_STRETCH * stretch_y, MAX_SHEAR * shear
    rows = [
        [cos * stretch_x, cos * stretch_x * shear - sin * stretch_y, MAX_SHIFT * shift_x],
        [sin * stretch_x, sin * stretch_x * shear + cos * stretch_y, MAX_SHIFT * shift_y],
    ]
    matrices = torch.stack([torch.stack(row, dim=1) for row in rows], dim=1)
    affine = F.affine_grid(matrices, list(pixels.shape), align_corners=False)
    shifts = MAX_ELASTIC_SHIFT * draws[:, AFFINE_DRAWS:].reshape(-1, 2, ELASTIC_POINTS, ELASTIC_POINTS)
    elastic = F.interpolate(shifts, size=pixels.shape[2:], mode="bicubic", align_corners=True)
    return F.grid_sample(
        pixels, affine + elastic.permute(0, 2, 3, 1), mode="bilinear", padding_mode="zeros", align_corners=False
    )
