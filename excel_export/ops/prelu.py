"""prelu: leaky relu whose slope for negative numbers is learned, one for all or one for each channel."""

import torch
import torch.nn.functional as F
from torch import nn

from excel_export.formulas import Expression, Gradients, Helper, OperandLike, Operator, Tensor, operator
from excel_export.formulas.arrays import reduce
from excel_export.formulas.example import Cases, Example, Extreme
from excel_export.formulas.functions import IF
from excel_export.ops._numbers import BORDERS, IMAGE, NUMBERS, ROW, randn


@operator(F.prelu, torch.prelu, torch.Tensor.prelu)
class prelu(Operator):
    """Parametric rectified linear unit, of (N, C, …) with C weights, or of any shape with one."""

    input: Tensor
    weight: Tensor

    forward_words = "Positive numbers pass unchanged; negative ones are multiplied by a weight that is learned."
    backward_words = (
        "The slope is 1 for positive numbers and the weight for negative ones. "
        "The weight itself gets g times x from each negative number, all added up."
    )
    forward_math = "y = x if x > 0, else w · x"
    backward_math = "∂L/∂x = g if x > 0, else g · w;  ∂L/∂w = Σ (0 if x > 0, else g · x)"

    @property
    def is_by_channel(self) -> bool:
        """Whether each channel has a weight of its own."""
        return self.weight.data.size > 1

    @property
    def _weight(self) -> Expression:
        """The weights, ready to broadcast over the input."""
        if not self.is_by_channel:
            return self.weight.cells.reshape()
        return self.weight.cells.reshape(-1, *(1,) * (len(self.input.shape) - 2))

    def helpers(self, y: Tensor) -> dict[str, Helper]:
        gained = Helper(y.shape, "what w gains from each number", lambda: self._gained(y), "backward")
        return {"gained": gained} if self.weight.has_grad else {}

    def _gained(self, y: Tensor) -> OperandLike:
        return IF(self.input > 0, 0, y.grad * self.input)

    def forward(self, y: Tensor) -> OperandLike:
        return IF(self.input > 0, self.input, self._weight * self.input)

    def backward(self, y: Tensor) -> Gradients:
        yield self.input, IF(self.input > 0, y.grad, self._weight * y.grad)
        if "gained" in y.helpers:
            gained = y.helpers["gained"]
            if self.is_by_channel:
                rest = [slice(None)] * (len(y.shape) - 2)
                yield self.weight, reduce("SUM", self.weight.shape, lambda c: gained[(slice(None), c, *rest)])
            else:
                yield self.weight, reduce("SUM", self.weight.shape, lambda *_: gained.whole)

    @classmethod
    def cases(cls) -> Cases:
        weights = torch.tensor([0.25, -0.5, 2.0])
        yield Example("", F.prelu, ROW, torch.tensor([0.25]))
        yield Example("at zero", nn.PReLU(), BORDERS)
        yield Example("a weight for each channel", F.prelu, IMAGE, weights)
        yield Example("a weight for each column", torch.prelu, randn(4, 3), weights)
        yield Example("of a vector", nn.PReLU(init=-0.3), randn(5))
        yield Example("one weight for pictures", F.prelu, IMAGE, torch.tensor([0.1]))
        yield Example("of one number", F.prelu, torch.tensor(-1.5), torch.tensor(0.3))
        yield Extreme("", lambda x: F.prelu(x, torch.tensor([0.3], dtype=x.dtype)), NUMBERS, by_element=True,
                      decides=True)  # fmt: skip
