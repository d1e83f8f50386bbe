"""max and min: the largest or smallest element, with its place when taken along a dimension."""

from typing import ClassVar

import numpy as np
import torch

from excel_export.formulas import Expression, Gradients, Helper, OperandLike, Tensor, equal, operator
from excel_export.formulas.arrays import of_ranges, table
from excel_export.formulas.example import Cases, Example, Extreme
from excel_export.formulas.functions import IF
from excel_export.formulas.idioms import first_place, reduced
from excel_export.ops._numbers import EXTREME, IMAGE, ROW, TIES, randn
from excel_export.ops._places import search_lines, too_many_lines
from excel_export.ops._reduction import Reduction


class _Winner(Reduction):
    dim: int | None = None
    seeks_result = True
    function: ClassVar[str]
    backward_words = "Only the winner decides the result, so it gets the gradient; a nudge to the others changes nothing, and they get 0."
    backward_math = "along dim: ∂L/∂x = g for the first winner, else 0;  over all: winners share g evenly"

    def backward_words_here(self, y: Tensor) -> str:
        ending = " Equal winners share it evenly." if self.dim is None else " Of equal ones, the first wins."
        return self.backward_words + ending

    def backward_math_here(self, y: Tensor) -> str:
        if self.dim is None:
            return "∂L/∂x = g / (number of winners) where x = y, else 0"
        return "∂L/∂x = g for the first winner, else 0"

    def check(self) -> str | None:
        if self.dim is None:
            return None
        return too_many_lines(self.input.shape, self.dim)

    def helpers(self, y: Tensor) -> dict[str, Helper]:
        if self.dim is not None:
            return {}
        winner = Helper(self.input.shape, "1 where x = y, else 0", lambda: IF(equal(self.input, y), 1, 0), "backward")
        winners = Helper((), "how many win", lambda: of_ranges("SUM", y.helpers["winner"].whole.ranges), "backward")
        return {"winner": winner, "winners": winners}

    def forward_all(self, results: tuple[Tensor, ...]) -> tuple[OperandLike, ...]:
        best = reduced(self.function, self.input.value, self.dims)
        if self.dim is None:
            return (best.reshape(),)
        values, indices = results
        found = values.value.cells.reshape(*self.kept)

        def first(*index: int) -> Expression:
            return first_place(found[index], search_lines(self.input, self.dims, index)) - 1

        return best.reshape(*values.shape), table(self.kept, first).reshape(*indices.shape)

    def backward_all(self, results: tuple[Tensor, ...]) -> Gradients:
        if self.dim is None:
            (y,) = results
            yield self.input, y.grad * y.helpers["winner"] / y.helpers["winners"]
            return
        values, indices = results
        place = np.arange(self.count).reshape([-1 if n == 1 else 1 for n in self._only_dim()])
        arriving = values.grad.cells.reshape(*self.kept)
        yield self.input, IF(equal(indices.cells.reshape(*self.kept), place), arriving, 0)

    def _only_dim(self) -> list[int]:
        """1 for the dimension that is reduced, 0 for the others."""
        return [int(axis in self.dims) for axis in range(len(self.input.shape))]


@operator(torch.max, torch.Tensor.max)
class max(_Winner):
    """The largest of all elements, or along `dim` the values and the indices of the first largest."""

    function = "MAX"
    called = "largest of {input}"
    forward_math = "y = max x"

    def forward_words_here(self, y: Tensor) -> str:
        return f"The largest {self.of_how_many(y)}."

    @classmethod
    def cases(cls) -> Cases:
        yield Example("", lambda x: x.max(1).values, ROW)
        yield Example("over all", lambda x: x.max(), randn(3, 4))
        yield Example("ties", torch.max, TIES)
        yield Example("over one", lambda x: x.max(1).values, randn(3, 4))
        yield Example("over one, ties", lambda x: torch.max(x, dim=0)[0], TIES[0, 0])
        yield Example("over channels", lambda x: x.max(dim=1, keepdim=True)[0] - x, IMAGE)
        yield Example("places", lambda x: (pair := x.max(-1))[0] * pair[1], randn(2, 3, 4))
        yield Example("of a vector", lambda x: x.max(0).values, randn(5))
        yield Example("of a single number", lambda x: x.max(0).values, randn(1)[0])
        yield Extreme("", lambda x: x.max(1).values, EXTREME)
        yield Extreme("of all", lambda x: x.max(), EXTREME)


@operator(torch.min, torch.Tensor.min)
class min(_Winner):
    """The smallest of all elements, or along `dim` the values and the indices of the first smallest."""

    function = "MIN"
    called = "smallest of {input}"
    forward_math = "y = min x"

    def forward_words_here(self, y: Tensor) -> str:
        return f"The smallest {self.of_how_many(y)}."

    @classmethod
    def cases(cls) -> Cases:
        yield Example("", lambda x: x.min(1).values, ROW)
        yield Example("ties", lambda x: x.min(), TIES)
        yield Example("over one", lambda x: x.min(dim=1)[0], randn(3, 4))
        yield Example("over channels", lambda x: x.min(1)[0], TIES.reshape(1, 4, 2, 2))
        yield Extreme("", lambda x: x.min(1).values, EXTREME)
