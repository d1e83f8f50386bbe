"""A blot: connected pixels of ink."""

from dataclasses import dataclass

import numpy as np

from mnist_adder.data.ink import Ink


@dataclass(frozen=True)
class Blot:
    """Ink that hangs together, as one stroke does, in the dark or the light ink of a picture.

    Attributes:
        ink: the kind.
        labels: the number of the blot that each pixel belongs to, from 1 on; 0 for none; (H, W).
        label: the number of this one.
        box: its rows and columns.
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
        """Return the box, `margin` pixels wider, (slice(2, 20), slice(5, 14)), and a mask of it, True in the blot."""
        rows, columns = (slice(max(0, part.start - margin), part.stop + margin) for part in self.box)
        return (rows, columns), self.labels[rows, columns] == self.label
