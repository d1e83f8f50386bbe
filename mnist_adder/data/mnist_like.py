"""Strokes as an image of MNIST: its size, its place, and the width of its pen."""

import numpy as np
from scipy import ndimage

from mnist_adder.data.ink import resized

SIDE = 28
BOX = 20  # MNIST's digits fit into a box of this side before they are centred
FINE = 120  # pixels along the longer side, on which strokes are measured and drawn
THINNEST = 0.12  # the width of a stroke as a share of the longer side; half of MNIST's are wider


def mnist_like(strokes: np.ndarray) -> np.ndarray:
    """Return strokes, bool (H, W), as an image of MNIST: 20 pixels high or wide, centred by mass, uint8 (28, 28).

    They are light on black. Thin strokes are made wider: scaled down to 20 pixels, they would nearly vanish.
    """
    fine = np.pad(_fitted(_cut(strokes), FINE) > 0.5, FINE // 8)
    if not fine.any():  # a line that is thinner than a pixel here
        fine = np.pad(_fitted(_cut(strokes), FINE) > 0, FINE // 8)
    inside = ndimage.distance_transform_edt(fine)
    middle = fine & (inside == ndimage.maximum_filter(inside, 5))
    missing = (THINNEST * FINE - (2 * np.median(inside[middle]) - 1)) / 2
    if missing > 0:
        fine = ndimage.distance_transform_edt(~fine) <= missing
    small = _fitted(_cut(fine), BOX)
    image = np.zeros((SIDE, SIDE))
    top, left = (
        int(np.clip(round(SIDE / 2 - centre), 0, SIDE - length))
        for centre, length in zip(ndimage.center_of_mass(small), small.shape, strict=True)
    )
    image[top : top + small.shape[0], left : left + small.shape[1]] = small
    return np.rint(image * (255 / image.max())).astype(np.uint8)


def _cut(strokes: np.ndarray) -> np.ndarray:
    rows, columns = np.flatnonzero(strokes.any(axis=1)), np.flatnonzero(strokes.any(axis=0))
    return strokes[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def _fitted(values: np.ndarray, side: int) -> np.ndarray:
    scale = side / max(values.shape)
    height, width = (max(1, round(length * scale)) for length in values.shape)
    return resized(values, height, width)
