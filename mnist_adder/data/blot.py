"""A blot: connected pixels of ink."""

from dataclasses import dataclass

import numpy as np

from mnist_adder.data.ink import Ink


@dataclass(frozen=True)
class Blot:
    """Connected pixels of ink in a picture, such as one stroke: `blot.mask()` says which pixels.

    Attributes:
        ink: the ink of the picture, of which the blot is a piece: Ink(…, is_light=False) for dark ink.
        labels: the number of the blot to which each pixel belongs, from 1 on; 0 for none; int (H, W).
        label: the number of this blot: its pixels are `labels == label`.
        box: the slices of its rows and of its columns, (slice(2, 22), slice(5, 17)), from 0 on, without the last.
        mass: its area in pixels, weighted by the strength of the ink.
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
        """Return the blot's box, and a bool mask of the box's shape that is True for the blot's own pixels.

        `margin` pixels are added to the box on each side, (slice(0, 24), slice(3, 19)) with 2; it is cut at the top and
        the left edge of the picture. `labels[box][mask]` are then the blot's pixels.
        """
        rows, columns = (slice(max(0, part.start - margin), part.stop + margin) for part in self.box)
        return (rows, columns), self.labels[rows, columns] == self.label
