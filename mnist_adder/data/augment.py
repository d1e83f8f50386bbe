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
    return F.grid_sample(
        pixels, _places(draws, *pixels.shape[2:]), mode="bilinear", padding_mode="zeros", align_corners=False
    )


def augment_shrunk(pixels: Tensor, draws: Tensor, shrink: int) -> Tensor:
    """Do as `augment_images`, then take the mean of each `shrink` by `shrink` pixels: (N, 1, H / shrink, W / shrink).

    The means are taken first, around every pixel, and only those are looked up that are wanted: nearly the same, in
    less than half the time.
    """
    rows, columns = pixels.shape[2:]
    means = F.avg_pool2d(F.pad(pixels, (shrink // 2,) * 4), shrink, stride=1)
    places = _places(draws, rows // shrink, columns // shrink)
    return F.grid_sample(means, places, mode="bilinear", padding_mode="zeros", align_corners=True)


def _places(draws: Tensor, rows: int, columns: int) -> Tensor:
    """Say where in an image, from -1 to 1, each pixel of an augmented one comes from: (N, rows, columns, 2)."""
    angle, stretch_x, stretch_y, shear, shift_x, shift_y = draws[:, :AFFINE_DRAWS].unbind(dim=1)
    cos, sin = (angle * MAX_ROTATION).cos(), (angle * MAX_ROTATION).sin()
    stretch_x, stretch_y, shear = 1 + MAX_STRETCH * stretch_x, 1 + MAX_STRETCH * stretch_y, MAX_SHEAR * shear
    lines = [
        [cos * stretch_x, cos * stretch_x * shear - sin * stretch_y, MAX_SHIFT * shift_x],
        [sin * stretch_x, sin * stretch_x * shear + cos * stretch_y, MAX_SHIFT * shift_y],
    ]
    matrices = torch.stack([torch.stack(line, dim=1) for line in lines], dim=1)
    affine = F.affine_grid(matrices, [len(draws), 1, rows, columns], align_corners=False)
    shifts = MAX_ELASTIC_SHIFT * draws[:, AFFINE_DRAWS:].reshape(-1, 2, ELASTIC_POINTS, ELASTIC_POINTS)
    elastic = F.interpolate(shifts, size=(rows, columns), mode="bicubic", align_corners=True)
    return affine + elastic.permute(0, 2, 3, 1)
