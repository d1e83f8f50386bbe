"""max and min: the largest or smallest element, with its place when taken along a dimension."""

from collections.abc import Iterator
from typing import Any, ClassVar

import numpy as np
import torch

from excel_export.formulas.formula import along, as_dims, call, each, first_place, kept, table, whole
from excel_export.formulas.operator import Expressions, Operator, Workspace, operator
from excel_export.ops.argmax import search_lines, too_many_lines


class _Extreme(Operator):
    function: ClassVar[str]
    backward_math = "along dim: ∂L/∂x = g for the first winner, else 0;  over all: winners share g evenly"

    def check(self, **arguments: Any) -> str | None:
        input, dim = arguments["input"], arguments["dim"]
        if dim is None:
            return None
        if not isinstance(dim, int):
            return f"two tensors are not supported: use torch.{self.name}imum"
        return too_many_lines(input.shape, dim)

    def workspace(self, y: Any, input: Any, dim: int | None = None, keepdim: bool = False) -> dict[str, Workspace]:
        return {"winner": Workspace(input.shape, "1 where x = y, else 0", "backward")} if dim is None else {}

    def fill(self, y: Any, input: Any, dim: int | None = None, keepdim: bool = False) -> dict[str, Expressions]:
        return {"winner": each("IF({}={},1,0)", input, y)} if dim is None else {}

    def forward(self, y: Any, input: Any, dim: int | None = None, keepdim: bool = False) -> Any:
        if dim is None:
            return np.array(call(self.function, whole(input.value)), dtype=object)
        values, indices = y
        dims = as_dims(dim, len(input.shape))
        shape = kept(input.shape, dims)
        best = values.refs.reshape(shape)

        def first(*index: int) -> str:
            return f"{first_place(best[index], search_lines(input, dims, index), self.function)}-1"

        largest = table(shape, lambda *index: call(self.function, along(input.value, dims, index)))
        return largest.reshape(values.shape), table(shape, first).reshape(indices.shape)

    def backward(
        self, y: Any, input: Any, dim: int | None = None, keepdim: bool = False
    ) -> Iterator[tuple[Any, Expressions]]:
        if dim is None:
            yield input, each(f"{{}}*{{}}/{call('SUM', whole(y.work['winner']))}", y.grad, y.work["winner"])
            return
        values, indices = y
        dims = as_dims(dim, len(input.shape))
        shape = kept(input.shape, dims)
        place = np.arange(input.shape[dim]).reshape([-1 if axis in dims else 1 for axis in range(len(shape))])
        yield input, each("IF({}={},{},0)", indices.refs.reshape(shape), place, values.grad.refs.reshape(shape))


@operator(torch.max, torch.Tensor.max)
class max(_Extreme):
    """The largest of all elements, or along `dim` the values and the indices of the first largest."""

    function = "MAX"
    forward_math = "y = max x"


@operator(torch.min, torch.Tensor.min)
class min(_Extreme):
    """The smallest of all elements, or along `dim` the values and the indices of the first smallest."""

    function = "MIN"
    forward_math = "y = min x"
