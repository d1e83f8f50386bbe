"""max and min: the largest or smallest element, with its place when taken along a dimension; amax and amin: without."""

from typing import ClassVar

import numpy as np
import torch

from excel_export.formulas import Expression, Gradients, Helper, OperandLike, Tensor, equal, operator
from excel_export.formulas.arrays import table
from excel_export.formulas.example import Cases, Example, Extreme
from excel_export.formulas.functions import IF
from excel_export.formulas.idioms import first_place, reduced
from excel_export.ops._numbers import EXTREME, IMAGE, ROW, TIES, randn
from excel_export.ops._places import search_lines, too_many_lines
from excel_export.ops._reduction import Reduction

_ONLY_THE_WINNER = "Only the winner decides the result, so it gets the gradient; a nudge to the others changes nothing, and they get 0."
_SHARED = " Equal winners share it evenly."


class _Winners(Reduction):
    """The best of some elements. Equal winners share the gradient evenly."""

    function: ClassVar[str]
    """MAX or MIN."""
    which: ClassVar[str]
    """The same in a sentence."""

    seeks_result = True
    backward_words = _ONLY_THE_WINNER + _SHARED
    backward_math = "∂L/∂x = g / (number of winners) where x = y, else 0"

    def forward_words_here(self, y: Tensor) -> str:
        return f"The {self.which} {self.of_how_many(y)}."

    def helpers(self, y: Tensor) -> dict[str, Helper]:
        def wins() -> OperandLike:
            return IF(equal(self.input, self.spread(y.cells)), 1, 0)

        def count() -> OperandLike:
            return reduced("SUM", y.helpers["winner"], self.dims)

        return {
            "winner": Helper(self.input.shape, "1 where x = y, else 0", wins, "backward"),
            "winners": Helper(self.kept, "how many win", count, "backward"),
        }

    def forward(self, y: Tensor) -> OperandLike:
        return reduced(self.function, self.input.value, self.dims).reshape(*y.shape)

    def backward(self, y: Tensor) -> Gradients:
        yield self.input, self.spread(y.grad.cells) * y.helpers["winner"] / y.helpers["winners"]

    @classmethod
    def cases(cls) -> Cases:
        yield from super().cases()
        yield Example("ties", lambda x: cls.functions[0](x, 1), TIES[0, 0])
        yield Example("ties over several", lambda x: cls.functions[0](x, dim=(0, 1)), TIES[0])
        yield Extreme("of all", cls.functions[0], EXTREME)


@operator(torch.amax, torch.Tensor.amax)
class amax(_Winners):
    """The largest element over `dim`. Equal winners share the gradient evenly."""

    function, which = "MAX", "largest"
    called = "largest of {input}"
    forward_math = "y = max x"


@operator(torch.amin, torch.Tensor.amin)
class amin(_Winners):
    """The smallest element over `dim`. Equal winners share the gradient evenly."""

    function, which = "MIN", "smallest"
    called = "smallest of {input}"
    forward_math = "y = min x"


class _FirstWinner(_Winners):
    """Along a dimension, the best element and its place: of equal ones, the first wins. Over all, they share."""

    dim: int | None = None

    backward_math = "along dim: ∂L/∂x = g for the first winner, else 0;  over all: winners share g evenly"

    def backward_words_here(self, y: Tensor) -> str:
        return _ONLY_THE_WINNER + (_SHARED if self.dim is None else " Of equal ones, the first wins.")

    def backward_math_here(self, y: Tensor) -> str:
        if self.dim is None:
            return _Winners.backward_math
        return "∂L/∂x = g for the first winner, else 0"

    def check(self) -> str | None:
        return None if self.dim is None else too_many_lines(self.input.shape, self.dim)

    def helpers(self, y: Tensor) -> dict[str, Helper]:
        return super().helpers(y) if self.dim is None else {}

    def forward_all(self, results: tuple[Tensor, ...]) -> tuple[OperandLike, ...]:
        if self.dim is None:
            return super().forward_all(results)
        values, indices = results
        found = values.value.cells.reshape(*self.kept)

        def first(*index: int) -> Expression:
            return first_place(found[index], search_lines(self.input, self.dims, index)) - 1

        return self.forward(values), table(self.kept, first).reshape(*indices.shape)

    def backward_all(self, results: tuple[Tensor, ...]) -> Gradients:
        if self.dim is None:
            yield from super().backward_all(results)
            return
        values, indices = results
        place = np.arange(self.count).reshape([-1 if axis in self.dims else 1 for axis in range(len(self.kept))])
        yield self.input, IF(equal(self.spread(indices.cells), place), self.spread(values.grad.cells), 0)

    @classmethod
    def cases(cls) -> Cases:
        function, method = cls.functions
        yield Example("", lambda x: method(x, 1).values, ROW)
        yield Example("over all", function, randn(3, 4))
        yield Example("over all, ties", method, TIES)
        yield Example("over one", lambda x: method(x, 1).values, randn(3, 4))
        yield Example("over one, ties", lambda x: function(x, dim=0)[0], TIES[0, 0])
        yield Example("over channels", lambda x: method(x, dim=1, keepdim=True)[0] - x, IMAGE)
        yield Example("over channels, ties", lambda x: method(x, 1)[0], TIES.reshape(1, 4, 2, 2))
        yield Example("places", lambda x: (pair := method(x, -1))[0] * pair[1], randn(2, 3, 4))
        yield Example("of a vector", lambda x: method(x, 0).values, randn(5))
        yield Example("of a single number", lambda x: method(x, 0).values, randn(1)[0])
        yield Extreme("", lambda x: method(x, 1).values, EXTREME)
        yield Extreme("of all", function, EXTREME)


@operator(torch.max, torch.Tensor.max)
class max(_FirstWinner):
    """The largest of all elements, or along `dim` the values and the indices of the first largest."""

    function, which = "MAX", "largest"
    called = "largest of {input}"
    forward_math = "y = max x"


@operator(torch.min, torch.Tensor.min)
class min(_FirstWinner):
    """The smallest of all elements, or along `dim` the values and the indices of the first smallest."""

    function, which = "MIN", "smallest"
    called = "smallest of {input}"
    forward_math = "y = min x"
