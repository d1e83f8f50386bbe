"""A blot: ink that hangs together."""

from dataclasses import dataclass

import numpy as np

from mnist_adder.data.ink import Ink


@dataclass(frozen=True)
class Blot:
    """Ink that hangs together, in one of the two kinds of ink.

    Attributes:
        ink: the kind.
        labels: the numbers of the blots that each place belongs to, (H, W).
        label: which of them this is.
        box: its rows and columns.
        mass: its area, weighted by the strength of the ink.
        area: its area.
    """

    ink: Ink
    labels: np.ndarray
    label: int
    box: tuple[slice, slice]
    mass: float
    area: int

    @property
    def extent(self) -> tuple[int, int]:
        """Its height and its width."""
        rows, columns = self.box
        return rows.stop - rows.start, columns.stop - columns.start

    def mask(self, margin: int = 0) -> tuple[tuple[slice, slice], np.ndarray]:
        """Give its box, widened by a margin, and where in it the blot is."""
        rows, columns = (slice(max(0, part.start - margin), part.stop + margin) for part in self.box)
        return (rows, columns), self.labels[rows, columns] == self.label
