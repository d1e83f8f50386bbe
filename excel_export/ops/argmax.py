"""argmax and argmin: where the largest or smallest element is. Step functions: no gradient passes."""

from typing import ClassVar

import torch

from excel_export.formulas import Expression, Gradients, Helper, OperandLike, Tensor, operator
from excel_export.formulas.arrays import of_ranges, table
from excel_export.formulas.example import Cases, Example, Extreme
from excel_export.formulas.idioms import along, first_place, reduced
from excel_export.formulas.words import counted
from excel_export.ops._numbers import EXTREME, IMAGE, ROW, TIES, randn
from excel_export.ops._places import lines_to_search, search_lines, too_many_lines
from excel_export.ops._reduction import Reduction


class _Place(Reduction):
    dim: int | None = None
    function: ClassVar[str]
    """MAX or MIN."""
    which: ClassVar[str]
    """The same in a sentence."""

    backward_words = (
        "A small nudge leaves the place as it is: the slope is 0. "
        "So this path adds 0 to the gradient, and what comes before learns nothing from what comes after."
    )
    backward_math = "∂L/∂x = 0: nudging x leaves y as it is, so nothing is learned through here"

    def forward_words_here(self, y: Tensor) -> str:
        times = f", for each of {y.data.size} such lists" if y.data.size > 1 else ""
        return f"Which of {counted(self.count, 'number')} is the {self.which}? The result is its place, counted from 0{times}."

    def check(self) -> str | None:
        return too_many_lines(self.input.shape, self.dim)

    def helpers(self, y: Tensor) -> dict[str, Helper]:
        if lines_to_search(self.input.shape, self.dim) == 1:
            return {}
        title = f"{self.function.lower()} x"
        return {"best": Helper(self.kept, title, lambda: reduced(self.function, self.input.value, self.dims))}

    def forward(self, y: Tensor) -> OperandLike:
        def first(*index: int) -> Expression:
            best: OperandLike = (
                y.helpers["best"].at(*index)
                if y.helpers
                else of_ranges(self.function, along(self.input.value, self.dims, index).ranges)
            )
            return first_place(best, search_lines(self.input, self.dims, index)) - 1

        return table(self.kept, first).reshape(*y.shape)

    def backward(self, y: Tensor) -> Gradients:
        yield self.input, 0 * self.spread(y.grad.cells).broadcast_to(self.input.shape)

    @classmethod
    def cases(cls) -> Cases:
        function, method = cls.functions
        yield Example("", lambda x: method(x, 1), ROW)
        yield Example("random", lambda x: function(x, dim=1).float(), randn(3, 4))
        yield Example("ties", lambda x: method(x, 1).float(), torch.tensor([[1.0, 3, 3], [2, 2, 2]]))
        yield Example("first dim, ties", lambda x: method(x, 0, keepdim=True) * x, TIES[0, 0])
        yield Example("channels", lambda x: method(x, 1) + x.sum(1), IMAGE)
        yield Example("channels, ties", lambda x: function(x, -3).float(), TIES.reshape(1, 4, 2, 2))
        yield Example("over all", lambda x: method(x) + x, TIES)
        yield Example("of a single number", lambda x: method(x, 0) + x, randn(1)[0])
        yield Extreme("", lambda x: method(x, 1) + x.sum(1), EXTREME)


@operator(torch.argmax, torch.Tensor.argmax)
class argmax(_Place):
    """The index of the first largest element along `dim`, or among all."""

    function, which = "MAX", "largest"
    forward_math = "y = the first k whose xₖ is the largest"


@operator(torch.argmin, torch.Tensor.argmin)
class argmin(_Place):
    """The index of the first smallest element along `dim`, or among all."""

    function, which = "MIN", "smallest"
    forward_math = "y = the first k whose xₖ is the smallest"
