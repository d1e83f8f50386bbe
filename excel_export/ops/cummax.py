"""cummax and cummin: the largest number so far, or the smallest, and where it stood."""

from typing import ClassVar

import torch

from excel_export.formulas import Gradients, OperandLike, Operator, Tensor, operator
from excel_export.formulas.arrays import table
from excel_export.formulas.example import Cases, Example, Extreme
from excel_export.formulas.functions import IF, MAX, MIN
from excel_export.formulas.lookups import Places
from excel_export.ops._numbers import APART, IMAGE, ROW, TIES, randn
from excel_export.ops._one_axis import OneAxis


class _SoFar(OneAxis, Operator):
    input: Tensor
    dim: int

    better: ClassVar[str]
    backward_words: ClassVar[str] = (
        "Each gradient goes back to the number that was the best so far. "
        "One that was the best for several results gets the sum; the others get 0."
    )
    backward_math: ClassVar[str] = "∂L/∂xₖ = Σ g over the results whose best stands at k"

    def forward_all(self, results: tuple[Tensor, ...]) -> tuple[OperandLike, ...]:
        x, (values, places) = self.input, results
        falls = self.better == "MIN"

        def best(*index: int) -> OperandLike:
            before = self.neighbour(index, -1)
            return (MIN if falls else MAX)(values.at(*before), x.at(*index)) if before else x.at(*index)

        def place(*index: int) -> OperandLike:
            before = self.neighbour(index, -1)
            if not before:
                return 0
            now, then = x.at(*index), values.at(*before)
            return IF(now <= then if falls else now >= then, index[self.axis], places.at(*before))

        return table(values.shape, best), table(places.shape, place)

    def backward_all(self, results: tuple[Tensor, ...]) -> Gradients:
        y, places = results
        if not self.input.shape:
            yield self.input, y.grad
            return
        shape = self.input.shape
        yield self.input, Places.along(self.axis, shape, shape).sent(places.value, y.grad)


@operator(torch.cummax, torch.Tensor.cummax)
class cummax(_SoFar):
    """The largest number so far along `dim`, and its place. Of equal ones, the last."""

    better = "MAX"
    called = "largest of {input} so far"
    forward_words = "The largest number up to here, and where it stood, counted from 0. Of equal ones, the last counts."
    forward_math = "yₖ = max(yₖ₋₁, xₖ)"

    @classmethod
    def cases(cls) -> Cases:
        yield Example("", lambda x: x.cummax(1).values, ROW)
        yield Example("ties", lambda x: (pair := torch.cummax(x, 0))[0] * pair[1], TIES[0, 0])
        yield Example("places", lambda x: (pair := x.cummax(-1))[0] * pair[1], randn(2, 6))
        yield Example("outer dim", lambda x: x.cummax(1)[0], IMAGE)
        yield Extreme("", lambda x: x.cummax(1).values, APART)


@operator(torch.cummin, torch.Tensor.cummin)
class cummin(_SoFar):
    """The smallest number so far along `dim`, and its place. Of equal ones, the last."""

    better = "MIN"
    called = "smallest of {input} so far"
    forward_words = "The smallest number up to here, and where it stood, from 0 on. Of equal ones, the last counts."
    forward_math = "yₖ = min(yₖ₋₁, xₖ)"

    @classmethod
    def cases(cls) -> Cases:
        yield Example("", lambda x: x.cummin(1).values, ROW)
        yield Example("ties", lambda x: (pair := torch.cummin(x, 1))[0] * pair[1], TIES[0, 0])
        yield Example("of a vector", lambda x: x.cummin(0).values, randn(5))
        yield Extreme("", lambda x: x.cummin(1).values, APART)
