"""Operators along one dimension, `dim`."""

from excel_export.formulas import Tensor


class OneAxis:
    """Says which dimension it is; a single number is taken as a line of one."""

    input: Tensor
    dim: int

    @property
    def axis(self) -> int:
        """The dimension, counted from 0."""
        return self.dim % max(len(self.input.shape), 1)
