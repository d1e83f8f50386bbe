"""max, min, amax and amin: the largest or smallest element; argmax and argmin: where it is.

MATCH, which finds the place, looks along a single line of cells. So lines are searched one by one.
"""

import math
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
import torch

from excel_export.formulas import IF, Expression, Gradients, Helper, OperandLike, Phrases, Tensor, equal
from excel_export.formulas.arrays import of_ranges, table
from excel_export.formulas.expression import as_expression, call
from excel_export.formulas.idioms import MOST_LINES, along, first_place, reduced, search_lines
from excel_export.ops._elementwise import row
from excel_export.ops.reductions import Reduction

_ONLY_THE_WINNER = "Only the winner decides the result, so it gets the gradient; a small nudge to a smaller one changes nothing, and the others get 0."
_SHARED = " Equal winners share it evenly."


class _Best(Reduction):
    """A reduction to what is the best, or to where it is."""

    function: ClassVar[str]
    """MAX or MIN."""
    which: ClassVar[str]
    """'largest' or 'smallest'."""

    @property
    def best(self) -> str:
        """The function as a textbook writes it."""
        return self.function.lower()


class _Winners(_Best):
    """The best of some elements. Equal winners share the gradient evenly."""

    seeks_result = True
    forward_words = "The {which} {of_how_many}."
    forward_math = "y = {best} x"
    backward_words = _ONLY_THE_WINNER + _SHARED
    backward_math = "∂L/∂x = g / (number of winners) where x = y, else 0"

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


class _FirstWinner(_Winners):
    """Along a dimension, the best element and its place: of equal ones, the first wins. Over all, they share."""

    dim: int | None = None

    backward_words = f"{_ONLY_THE_WINNER} Of equal ones, the first wins."
    backward_math = "∂L/∂x = g for the first winner, else 0"
    phrases = (
        Phrases(
            lambda self, y: self.dim is None,
            backward_words=_Winners.backward_words,
            backward_math=_Winners.backward_math,
        ),
    )

    def check(self) -> str | None:
        return None if self.dim is None else _too_many_lines(self.input.shape, self.dim)

    def helpers(self, y: Tensor) -> dict[str, Helper]:
        return super().helpers(y) if self.dim is None else {}

    def forward_all(self, results: tuple[Tensor, ...]) -> tuple[OperandLike, ...]:
        if self.dim is None:
            return super().forward_all(results)
        values, indices = results
        found = values.value.cells.reshape(*self.kept)

        def first(*index: int) -> Expression:
            return first_place(found[index], search_lines(self.input.value, self.dims, index)) - 1

        return self.forward(values), table(self.kept, first).reshape(*indices.shape)

    def readable_all(self, results: tuple[Tensor, ...]) -> tuple[OperandLike, ...]:
        found = self.forward_all(results)
        if self.dim is None:
            return found
        return found[0], _readable_places(self, results[1], found[1])

    def backward_all(self, results: tuple[Tensor, ...]) -> Gradients:
        if self.dim is None:
            yield from super().backward_all(results)
            return
        values, indices = results
        place = np.arange(self.count).reshape([-1 if axis in self.dims else 1 for axis in range(len(self.kept))])
        yield self.input, IF(equal(self.spread(indices.cells), place), self.spread(values.grad.cells), 0)


class _Place(_Best):
    dim: int | None = None

    forward_math = "y = the first k whose xₖ is the {which}"
    forward_words = "Which of {count:number} is the {which}? The result is its place, counted from 0{times}."
    backward_words = (
        "A small nudge leaves the place as it is: the slope is 0. "
        "So this path adds 0 to the gradient, and what comes before learns nothing from what comes after."
    )
    backward_math = "∂L/∂x = 0: nudging x leaves y as it is, so nothing is learned through here"

    def pieces(self, y: Tensor) -> dict[str, Any]:
        return {"times": f", for each of {y.data.size} such lists" if y.data.size > 1 else ""}

    def check(self) -> str | None:
        return _too_many_lines(self.input.shape, self.dim)

    def helpers(self, y: Tensor) -> dict[str, Helper]:
        if _lines_to_search(self.input.shape, self.dim) == 1:
            return {}
        best = Helper(self.kept, f"{self.best} x", lambda: reduced(self.function, self.input.value, self.dims))
        return {"best": best}

    def forward(self, y: Tensor) -> OperandLike:
        def first(*index: int) -> Expression:
            best: OperandLike = (
                y.helpers["best"].at(*index)
                if "best" in y.helpers
                else of_ranges(self.function, along(self.input.value, self.dims, index).ranges)
            )
            return first_place(best, search_lines(self.input.value, self.dims, index)) - 1

        return table(self.kept, first).reshape(*y.shape)

    def readable_all(self, results: tuple[Tensor, ...]) -> tuple[OperandLike, ...]:
        (y,) = results
        return (_readable_places(self, y, self.forward(y)),)

    def backward(self, y: Tensor) -> Gradients:
        yield self.input, 0 * self.spread(y.grad.cells).broadcast_to(self.input.shape)


def _lines_to_search(shape: Sequence[int], dim: int | None) -> int:
    """Return the number of lines of cells that hold the candidates: MATCH looks along one line only."""
    if dim is None:
        return math.prod(shape[:-1])
    return 1 if dim % (len(shape) or 1) >= len(shape) - 2 else shape[dim]


def _too_many_lines(shape: Sequence[int], dim: int | None) -> str | None:
    """Refuse a search that would nest more than Excel's 64 functions."""
    lines = _lines_to_search(shape, dim)
    return None if lines <= MOST_LINES else f"searching {lines} lines of cells is not supported, {MOST_LINES} are"


def _readable_places(operator: _FirstWinner | _Place, y: Tensor, formulas: OperandLike) -> Expression:
    """The place of the best in words, where the candidates lie in one line of three or more; else the formula."""
    exact = as_expression(formulas).reshape(*operator.kept)

    def place(*index: int) -> Expression:
        (line, count), *others = search_lines(operator.input.value, operator.dims, index)
        return exact[index] if others or count < 3 else call(f"PLACE OF {operator.function}", line)

    return table(operator.kept, place).reshape(*y.shape)


def _functions(name: str) -> tuple[Any, Any]:
    return getattr(torch, name), getattr(torch.Tensor, name)


for _name, _which in (("max", "largest"), ("min", "smallest")):
    _texts: dict[str, Any] = {"function": _name.upper(), "which": _which}
    _called = f"{_which} of {{input}}"
    _what = f"The {_which} element over `dim`.{_SHARED}"
    row(f"a{_name}", _functions(f"a{_name}"), _Winners, **_texts, called=_called, __doc__=_what)
    _what = f"The {_which} of all elements, or along `dim` the values and the indices of the first {_which}."
    row(_name, _functions(_name), _FirstWinner, **_texts, called=_called, __doc__=_what)
    _what = f"The index of the first {_which} element along `dim`, or among all."
    row(f"arg{_name}", _functions(f"arg{_name}"), _Place, **_texts, __doc__=_what)
