"""Operators along one dimension, `dim`."""

from excel_export.formulas import Tensor
from excel_export.formulas.writing import Index


class OneAxis:
    """Says which dimension it is; a single number is taken as a line of one."""

    input: Tensor
    dim: int

    @property
    def axis(self) -> int:
        """The dimension, counted from 0."""
        return self.dim % max(len(self.input.shape), 1)

    def neighbour(self, index: Index, by: int) -> Index | None:
        """The index of the element so many places further along the dimension, if there is one."""
        if not index or not 0 <= index[self.axis] + by < self.input.shape[self.axis]:
            return None
        return tuple(k + by if axis == self.axis else k for axis, k in enumerate(index))
