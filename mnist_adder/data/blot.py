"""A blot: connected pixels of ink."""

from dataclasses import dataclass

import numpy as np

from mnist_adder.data.ink import Ink


@dataclass(frozen=True)
class Blot:
    """Connected pixels of ink in a picture, such as one stroke.

    Attributes:
        ink: the ink of the picture, dark or light.
        labels: the number of the blot to which each pixel belongs, from 1 on; 0 for none; (H, W).
        label: the number of this blot.
        box: the slices of its rows and of its columns.
        mass: its area, weighted by the strength of the ink.
        area: the number of its pixels.
    """

    ink: Ink
    labels: np.ndarray
    label: int
    box: tuple[slice, slice]
    mass: float
    area: int

    @property
    def extent(self) -> tuple[int, int]:
        """The height and the width of `box`, in pixels: (20, 12)."""
        rows, columns = self.box
        return rows.stop - rows.start, columns.stop - columns.start

    def mask(self, margin: int = 0) -> tuple[tuple[slice, slice], np.ndarray]:
        """Return the box, widened by `margin` pixels, (slice(2, 20), slice(5, 14)), and a mask: True in the blot."""
        rows, columns = (slice(max(0, part.start - margin), part.stop + margin) for part in self.box)
        return (rows, columns), self.labels[rows, columns] == self.label
