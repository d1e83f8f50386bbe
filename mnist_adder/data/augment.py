"""Augmentation: small random changes that leave a digit readable, so that no two epochs show the same image."""

import math
from functools import cache

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


def generator_on(device: torch.device, generator: torch.Generator) -> torch.Generator:
    """Return a source of random numbers on a device: `generator` itself on the CPU, else a new one seeded by it.

    `generator` is on the CPU. It takes a CPU longer to draw the numbers of an epoch, 78 for each image, than a GPU to
    train with them.
    """
    if device.type == "cpu":
        return generator
    seed = int(torch.randint(2**62, (), generator=generator))
    return torch.Generator(device).manual_seed(seed)


def draw_augmentations(count: int, generator: torch.Generator) -> Tensor:
    """Return random numbers for `augment_images`: uniform in -1 to 1, (count, 78), on the device of `generator`."""
    return 2 * torch.rand((count, DRAWS), generator=generator, device=generator.device) - 1


def augment_images(pixels: Tensor, draws: Tensor) -> Tensor:
    """Return images, floats (N, 1, H, W), each a little rotated, stretched, sheared, shifted and deformed.

    `draws`, (N, 78), are numbers from `draw_augmentations`: six for the first four changes, the others to deform.
    Zeros leave an image as it is. Pixels from outside of an image are 0, the black of the background.
    """
    shifts = _elastic_shifts(draws)
    elastic = F.interpolate(shifts, size=pixels.shape[2:], mode="bicubic", align_corners=True)
    places = _places(draws, elastic)
    return F.grid_sample(pixels, places, mode="bilinear", padding_mode="zeros", align_corners=False)


def sums_around(pixels: Tensor, shrink: int) -> Tensor:
    """Return the sums of the `shrink` by `shrink` pixels around every corner of a pixel, for `augment_shrunk`.

    Grey values (N, 1, H, W) become int16 (N, 1, H + 1, W + 1); outside of the image they are 0. `shrink` is even:
    with 2, an image of one pixel, [[7]], becomes [[7, 7], [7, 7]].
    """
    wide = F.pad(pixels.float(), (shrink // 2,) * 4)
    return (F.avg_pool2d(wide, shrink, stride=1) * shrink**2).round().short()


def augment_shrunk(sums: Tensor, draws: Tensor, shrink: int) -> Tensor:
    """Return augmented images (shifted, turned, …) made smaller: each pixel is the mean of `shrink` by `shrink` pixels.

    The result is nearly that of `augment_images`, then averaged, in a fifth of the time.

    Args:
        sums: the result of `sums_around` for the images, computed once for all epochs.
        draws: the random numbers of the augmentation, as for `augment_images`.
        shrink: the side of a square of pixels: 2.

    Returns:
        The means, (N, 1, H / shrink, W / shrink).
    """
    rows, columns = ((side - 1) // shrink for side in sums.shape[2:])
    over_rows, over_columns = (_bicubic(side, draws.dtype) for side in (rows, columns))
    places = _places(draws, over_rows @ _elastic_shifts(draws) @ over_columns.mT)
    found = F.grid_sample(sums.float(), places, mode="bilinear", padding_mode="zeros", align_corners=True)
    return found / shrink**2


def _elastic_shifts(draws: Tensor) -> Tensor:
    return MAX_ELASTIC_SHIFT * draws[:, AFFINE_DRAWS:].reshape(-1, 2, ELASTIC_POINTS, ELASTIC_POINTS)


@cache
def _bicubic(side: int, dtype: torch.dtype) -> Tensor:
    points = torch.eye(ELASTIC_POINTS, dtype=dtype)[None, None]
    return F.interpolate(points, size=(side, ELASTIC_POINTS), mode="bicubic", align_corners=True)[0, 0]


def _places(draws: Tensor, elastic: Tensor) -> Tensor:
    """Return the place in an image, from -1 to 1, from which each pixel of an augmented image comes: (N, H, W, 2).

    `elastic`, (N, 2, H, W), is added to the affine map of `draws`.
    """
    angle, stretch_x, stretch_y, shear, shift_x, shift_y = draws[:, :AFFINE_DRAWS].unbind(dim=1)
    cos, sin = (angle * MAX_ROTATION).cos(), (angle * MAX_ROTATION).sin()
    stretch_x, stretch_y, shear = 1 + MAX_STRETCH * stretch_x, 1 + MAX_STRETCH * stretch_y, MAX_SHEAR * shear
    rows = [
        [cos * stretch_x, cos * stretch_x * shear - sin * stretch_y, MAX_SHIFT * shift_x],
        [sin * stretch_x, sin * stretch_x * shear + cos * stretch_y, MAX_SHIFT * shift_y],
    ]
    matrices = torch.stack([torch.stack(row, dim=1) for row in rows], dim=1)
    affine = F.affine_grid(matrices, [len(draws), 1, *elastic.shape[2:]], align_corners=False)
    return affine + elastic.permute(0, 2, 3, 1)
