"""amax and amin: the largest or smallest element over some dimensions. Equal winners share the gradient."""

from collections.abc import Iterator
from typing import Any, ClassVar

import torch

from excel_export.formulas.formula import along, as_dims, call, each, kept, table
from excel_export.formulas.operator import Expressions, Operator, Workspace, operator


class _Extreme(Operator):
    function: ClassVar[str]
    backward_math = "∂L/∂x = g / (number of winners) where x = y, else 0"

    def workspace(self, y: Any, input: Any, dim: Any = (), keepdim: bool = False) -> dict[str, Workspace]:
        return {"winner": Workspace(input.shape, "1 where x = y, else 0", "backward")}

    def fill(self, y: Any, input: Any, dim: Any = (), keepdim: bool = False) -> dict[str, Expressions]:
        best = y.refs.reshape(kept(input.shape, as_dims(dim, len(input.shape))))
        return {"winner": each("IF({}={},1,0)", input, best)}

    def forward(self, y: Any, input: Any, dim: Any = (), keepdim: bool = False) -> Expressions:
        dims = as_dims(dim, len(input.shape))
        best = table(kept(input.shape, dims), lambda *index: call(self.function, along(input.value, dims, index)))
        return best.reshape(y.shape)

    def backward(self, y: Any, input: Any, dim: Any = (), keepdim: bool = False) -> Iterator[tuple[Any, Expressions]]:
        dims = as_dims(dim, len(input.shape))
        shape = kept(input.shape, dims)
        winners = table(shape, lambda *index: call("SUM", along(y.work["winner"], dims, index)))
        yield input, each("{}*{}/{}", y.grad.refs.reshape(shape), y.work["winner"], winners)


@operator(torch.amax, torch.Tensor.amax)
class amax(_Extreme):
    """The largest element over `dim`. Equal winners share the gradient evenly."""

    function = "MAX"
    forward_math = "y = max x"


@operator(torch.amin, torch.Tensor.amin)
class amin(_Extreme):
    """The smallest element over `dim`. Equal winners share the gradient evenly."""

    function = "MIN"
    forward_math = "y = min x"
