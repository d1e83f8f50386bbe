"""Results that go on from the one before: cumsum, cumprod and logcumsumexp."""

from dataclasses import field
from typing import Any, ClassVar

import torch

from excel_export.formulas import Expression, Gradients, Helper, OperandLike, Operator, Tensor, operator, table
from excel_export.formulas.expression import as_expression
from excel_export.formulas.functions import ABS, EXP, LN, MAX
from excel_export.formulas.reference import Reference
from excel_export.formulas.writing import Index
from excel_export.ops.gather import OneAxis


class _Running(OneAxis, Operator):
    """`step` says how a result goes on from the one before; `passed` how gradients come back along the line."""

    input: Tensor
    dim: int
    dtype: Any = field(default=None, kw_only=True)

    backward_words: ClassVar[str] = (
        "A number is in its own result and in all that come later. "
        "So the gradients are gathered from the last result to the first, one step at a time."
    )

    def step(self, before: Reference, x: Reference) -> OperandLike:
        """A result, of the one before and the number at its place."""
        raise NotImplementedError

    def passed(self, y: Tensor, index: Index, later: Index) -> OperandLike:
        """Return the slope of the result at `later` by the one before it, at `index`; `y` is the result."""
        return 1

    def slope(self, y: Tensor, index: Index, before: Index | None) -> OperandLike:
        """Return the slope of the result `y` at `index` by the number there; `before` is the index before, or None."""
        return 1

    def helpers(self, y: Tensor) -> dict[str, Helper]:
        return {"gathered": Helper(y.shape, "g of this and the later results", lambda: self._gathered(y), "backward")}

    def forward(self, y: Tensor) -> OperandLike:
        def result(*index: int) -> OperandLike:
            before = self.neighbour(index, -1)
            return self.step(y.at(*before), self.input.at(*index)) if before is not None else self.input.at(*index)

        return table(y.shape, result)

    def _gathered(self, y: Tensor) -> Expression:
        grid = y.helpers["gathered"]

        def gathered(*index: int) -> OperandLike:
            later = self.neighbour(index, 1)
            if later is None:
                return y.grad.at(*index)
            passed = self.passed(y, index, later)
            return y.grad.at(*index) + (grid.at(*later) if passed == 1 else as_expression(passed) * grid.at(*later))

        return table(y.shape, gathered)

    def backward(self, y: Tensor) -> Gradients:
        def gained(*index: int) -> OperandLike:
            own, slope = y.helpers["gathered"].at(*index), self.slope(y, index, self.neighbour(index, -1))
            return own if slope == 1 else as_expression(slope) * own

        yield self.input, table(self.input.shape, gained)


@operator(torch.cumsum, torch.Tensor.cumsum)
class cumsum(_Running):
    """The sum of all numbers so far, along `dim`: [1, 3, 6] of [1, 2, 3]."""

    called = "{input}, added up so far"
    forward_words = "Each result adds one number to the result before: the sum of all numbers up to here."
    forward_math = "yₖ = yₖ₋₁ + xₖ"
    backward_math = "∂L/∂xₖ = sₖ,  sₖ = gₖ + sₖ₊₁"

    def step(self, before: Reference, x: Reference) -> OperandLike:
        return before + x


@operator(torch.cumprod, torch.Tensor.cumprod)
class cumprod(_Running):
    """The product of all numbers so far, along `dim`: [2, 6, 24] of [2, 3, 4]."""

    grows: ClassVar[bool] = True
    """True: products of integers can be too large for a cell to hold exactly, so integer inputs get limits."""

    called = "{input}, multiplied so far"
    forward_words = "Each result is the result before times one number: the product of all numbers up to here."
    forward_math = "yₖ = yₖ₋₁ · xₖ"
    backward_math = "∂L/∂xₖ = yₖ₋₁ sₖ,  sₖ = gₖ + xₖ₊₁ sₖ₊₁"

    def step(self, before: Reference, x: Reference) -> OperandLike:
        return before * x

    def passed(self, y: Tensor, index: Index, later: Index) -> OperandLike:
        return self.input.at(*later)

    def slope(self, y: Tensor, index: Index, before: Index | None) -> OperandLike:
        return 1 if before is None else y.at(*before)


@operator(torch.logcumsumexp, torch.Tensor.logcumsumexp)
class logcumsumexp(_Running):
    """ln of the sum of all eˣ so far, along `dim`: [0, ln 2, ln 3] of [0, 0, 0]."""

    called = "log-sum-exp of {input} so far"
    forward_words = "A smooth maximum of all numbers up to here: the logarithm of the sum of their exponentials."
    forward_math = "yₖ = ln(e^yₖ₋₁ + e^xₖ)"
    backward_math = "∂L/∂xₖ = e^(xₖ − yₖ) sₖ,  sₖ = gₖ + e^(yₖ − yₖ₊₁) sₖ₊₁"

    def step(self, before: Reference, x: Reference) -> OperandLike:
        return MAX(before, x) + LN(1 + EXP(-ABS(before - x)))

    def passed(self, y: Tensor, index: Index, later: Index) -> OperandLike:
        return EXP(y.at(*index) - y.at(*later))

    def slope(self, y: Tensor, index: Index, before: Index | None) -> OperandLike:
        return 1 if before is None else EXP(self.input.at(*index) - y.at(*index))
