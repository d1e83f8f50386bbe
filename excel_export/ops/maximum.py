"""maximum and minimum: the larger or the smaller of two tensors, element by element."""

from collections.abc import Iterator
from typing import Any, ClassVar

import torch

from excel_export.formulas.formula import each, unbroadcast
from excel_export.formulas.operator import Expressions, Operator, Workspace, operator


class _Larger(Operator):
    """The winner of each pair, with broadcasting. Equal elements share the gradient evenly."""

    function: ClassVar[str]
    wins: ClassVar[str]

    def workspace(self, y: Any, input: Any, other: Any) -> dict[str, Workspace]:
        spread = {"first": input, "second": other}
        return {
            name: Workspace(y.shape, f"what the {name} operand gains, before it is added up", "backward")
            for name, x in spread.items()
            if tuple(x.shape) != tuple(y.shape)
        }

    def fill(self, y: Any, input: Any, other: Any) -> dict[str, Expressions]:
        pairs = {"first": (input, other), "second": (other, input)}
        return {name: self._gain(y, *pairs[name]) for name in y.work}

    def _gain(self, y: Any, one: Any, two: Any) -> Expressions:
        return each(f"IF({{0}}{self.wins}{{1}},{{2}},IF({{0}}={{1}},{{2}}/2,0))", one, two, y.grad)

    def forward(self, y: Any, input: Any, other: Any) -> Expressions:
        return each(f"{self.function}({{}},{{}})", input, other)

    def backward(self, y: Any, input: Any, other: Any) -> Iterator[tuple[Any, Expressions]]:
        for name, one, two in (("first", input, other), ("second", other, input)):
            yield one, unbroadcast(one, y.work[name]) if name in y.work else self._gain(y, one, two)


@operator(torch.maximum, torch.Tensor.maximum)
class maximum(_Larger):
    """The larger of each pair. Equal elements share the gradient evenly."""

    function, wins = "MAX", ">"
    forward_math = "y = max(a, b)"
    backward_math = "∂L/∂a = g if a > b, g/2 if a = b, else 0; b alike"


@operator(torch.minimum, torch.Tensor.minimum)
class minimum(_Larger):
    """The smaller of each pair. Equal elements share the gradient evenly."""

    function, wins = "MIN", "<"
    forward_math = "y = min(a, b)"
    backward_math = "∂L/∂a = g if a < b, g/2 if a = b, else 0; b alike"
