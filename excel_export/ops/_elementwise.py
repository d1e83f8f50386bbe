"""Operators of one tensor, element by element: two formulas, and the words for them."""

from excel_export.formulas import Gradients, OperandLike, Operator, Tensor


class Elementwise(Operator):
    """A function of each element; `forward` and `gradient` say which."""

    input: Tensor

    def gradient(self, y: Tensor) -> OperandLike:
        """What the input's gradient gains: g times the slope of the function."""
        raise NotImplementedError

    def backward(self, y: Tensor) -> Gradients:
        """Give the gradient to the input."""
        yield self.input, self.gradient(y)
