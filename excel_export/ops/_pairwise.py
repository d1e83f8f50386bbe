"""Operators of two operands, element by element, with broadcasting; the second may be a plain number."""

from excel_export.formulas import Operator, Tensor


class Pairwise(Operator):
    """A function of two operands."""

    input: Tensor
    other: Tensor | float
