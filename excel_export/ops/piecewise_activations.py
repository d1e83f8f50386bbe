"""Activations made of straight lines, with settings: a slope, which prelu learns, a threshold, bounds."""

from collections.abc import Callable
from typing import Any, Self

import torch
import torch.nn.functional as F
from torch import nn

from excel_export.formulas import Expression, Gradients, Helper, OperandLike, Operator, Tensor, operator, reduce
from excel_export.formulas.example import Cases, Example, Extreme
from excel_export.formulas.functions import ABS, AND, IF, MAX, MIN
from excel_export.ops._elementwise import Elementwise
from excel_export.ops._numbers import BORDERS, IMAGE, NOT_NEAR_1, NUMBERS, ROW, randn


@operator(F.leaky_relu)
class leaky_relu(Elementwise):
    """Leaky rectified linear unit. At exactly 0 its slope is `negative_slope`, as in PyTorch."""

    negative_slope: float = 0.01
    inplace: bool = False

    decides = True
    forward_words = "Positive numbers pass unchanged; negative ones are multiplied by {negative_slope}."
    forward_math = "y = x if x > 0, else slope · x"
    backward_words = (
        "Where the number is positive the gradient passes as it is. "
        "Elsewhere the slope is {negative_slope}, and the gradient is multiplied by it."
    )
    backward_math = "∂L/∂x = g if x > 0, else slope · g"

    def forward(self, y: Tensor) -> OperandLike:
        return IF(self.input > 0, self.input, self.negative_slope * self.input)

    def gradient(self, y: Tensor) -> OperandLike:
        return IF(self.input > 0, y.grad, self.negative_slope * y.grad)

    @classmethod
    def cases(cls) -> Cases:
        yield from super().cases()
        yield Example("another slope", nn.LeakyReLU(0.2), randn(3, 4))


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


@operator(F.threshold, torch.threshold)
class threshold(Elementwise):
    """Numbers above the threshold pass; the others become `value`. At the threshold no gradient passes."""

    threshold: float
    value: float
    inplace: bool = False

    forward_words = "Numbers above {threshold} pass unchanged; all others become {value}."
    forward_math = "y = x if x > {threshold}, else {value}"
    backward_words = "Where the number passed, the gradient passes. Elsewhere a nudge changes nothing: there it is 0."
    backward_math = "∂L/∂x = g if x > {threshold}, else 0"

    def forward(self, y: Tensor) -> OperandLike:
        return IF(self.input > self.threshold, self.input, self.value)

    def gradient(self, y: Tensor) -> OperandLike:
        return IF(self.input > self.threshold, y.grad, 0)

    @classmethod
    def cases(cls) -> Cases:
        yield Example("", lambda x: F.threshold(x, 0.5, -2), ROW)
        yield Example("at the threshold", nn.Threshold(0, 20), BORDERS)
        yield Example("in place", lambda x: nn.Threshold(0.1, 20, inplace=True)(x * 1), BORDERS)
        yield Extreme("", lambda x: F.threshold(x, 0.25, -1e-200), NUMBERS, by_element=True, decides=True)


@operator(F.hardtanh, F.relu6)
class hardtanh(Elementwise):
    """Like clamp, but at a bound no gradient passes, as in PyTorch. relu6 is the one with bounds 0 and 6."""

    min_val: float = -1.0
    max_val: float = 1.0
    inplace: bool = False

    decides = True
    numbers = NOT_NEAR_1
    forward_words = "What is below {min_val} becomes {min_val} and what is above {max_val} becomes {max_val}. The rest passes unchanged."
    forward_math = "y = min(max(x, {min_val}), {max_val})"
    backward_words = "Between the bounds the gradient passes as it is. At them and outside it is 0, as in PyTorch."
    backward_math = "∂L/∂x = g if {min_val} < x < {max_val}, else 0"

    @classmethod
    def bind(cls, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Self:
        if function is F.relu6:
            return cls(args[0], 0, 6)
        return super().bind(function, *args, **kwargs)

    def forward(self, y: Tensor) -> OperandLike:
        return MIN(MAX(self.input, self.min_val), self.max_val)

    def gradient(self, y: Tensor) -> OperandLike:
        return IF(AND(self.input > self.min_val, self.input < self.max_val), y.grad, 0)

    @classmethod
    def cases(cls) -> Cases:
        yield from super().cases()
        yield Example("at the bounds", nn.Hardtanh(-0.5, 1), torch.tensor([[-2.0, -0.5, 0.1, 1, 3.0]]))
        yield Example("relu6", F.relu6, torch.tensor([[-2.0, 0, 0.1, 6, 7.0]]))
        yield Extreme("relu6", F.relu6, NUMBERS, by_element=True, decides=True)


class _Shrink(Elementwise):
    """Numbers from −λ to λ become 0."""

    lambd: float = 0.5

    decides = True
    backward_words = "Numbers near 0 became 0 and would with a nudge, too: their gradient is 0. Elsewhere g passes."
    backward_math = "∂L/∂x = g if |x| > {lambd}, else 0"

    def gradient(self, y: Tensor) -> OperandLike:
        return IF(ABS(self.input) > self.lambd, y.grad, 0)

    @classmethod
    def cases(cls) -> Cases:
        function = cls.functions[0]
        yield from super().cases()
        yield Example("at the borders", function, torch.tensor([[-2.0, -0.5, -0.1, 0.0, 0.25, 0.5, 3.0]]))
        yield Example("lambd", lambda x: function(x, 0.1), randn(3, 4))
        yield Extreme("lambd", lambda x: function(x, 0.25), NUMBERS, by_element=True, decides=True)


@operator(F.hardshrink, torch.hardshrink, torch.Tensor.hardshrink)
class hardshrink(_Shrink):
    """Numbers at most λ from 0 become 0; the others pass."""

    forward_words = "Numbers that are at most {lambd} from 0 become 0; the others pass unchanged."
    forward_math = "y = x if |x| > {lambd}, else 0"

    def forward(self, y: Tensor) -> OperandLike:
        return IF(ABS(self.input) > self.lambd, self.input, 0)

    @classmethod
    def cases(cls) -> Cases:
        yield from super().cases()
        yield Example("a negative lambd", lambda x: F.hardshrink(x, -0.1), randn(3, 4))


@operator(F.softshrink)
class softshrink(_Shrink):
    """Each number moves by λ towards 0, and stops there."""

    forward_words = "Each number moves towards 0 by {lambd}; what is nearer becomes 0."
    forward_math = "y = x − {lambd} if x > {lambd}, x + {lambd} if x < −{lambd}, else 0"

    def forward(self, y: Tensor) -> OperandLike:
        return MAX(self.input - self.lambd, 0) + MIN(self.input + self.lambd, 0)

    @classmethod
    def cases(cls) -> Cases:
        yield from super().cases()
        yield Example("lambd 0", lambda x: F.softshrink(x, 0), randn(3, 4))
