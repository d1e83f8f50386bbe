"""Operators that reduce some dimensions, or all, to one element."""

import math
from typing import Any, ClassVar

import torch

from excel_export.formulas import Cases, Dims, Example, Expression, Extreme, Operator, Tensor, as_dims, counted, kept
from excel_export.ops._numbers import EXTREME, IMAGE, ROW, randn


class Reduction(Operator):
    """A reduction over `dim`: None is everything. It is tried over one dimension, over several and over all."""

    input: Tensor
    dim: Dims = None
    keepdim: bool = False

    numbers: ClassVar[torch.Tensor] = EXTREME
    """The numbers of all sizes, line by line."""
    cancels: ClassVar[bool] = False
    """True for a reduction that takes the difference of numbers near each other; see `Extreme`."""

    @property
    def dims(self) -> tuple[int, ...]:
        """The dimensions that are reduced, from 0 on."""
        return as_dims(self.dim, len(self.input.shape))

    @property
    def kept(self) -> tuple[int, ...]:
        """The shape of the result with the reduced dimensions kept."""
        return kept(self.input.shape, self.dims)

    @property
    def count(self) -> int:
        """How many elements are reduced to one."""
        return math.prod(self.input.shape[axis] for axis in self.dims)

    @classmethod
    def cases(cls) -> Cases:
        function, method = cls.functions[0], cls.functions[-1]
        yield Example("", lambda x: method(x, dim=1), ROW)
        yield Example("over all", function, randn(3, 4))
        yield Example("over one", lambda x: function(x, dim=0, keepdim=True), randn(3, 4))
        yield Example("over several", lambda x: method(x, dim=(0, -1), keepdim=True), randn(2, 3, 4))
        yield Example("over channels", lambda x: method(x, dim=1), IMAGE)
        yield Example("of images", lambda x: function(x, dim=(2, 3)), IMAGE)
        yield Extreme("", lambda x: method(x, dim=1), cls.numbers, cancels=cls.cancels)

    def pieces(self, y: Tensor) -> dict[str, Any]:
        times = f", for each of {y.data.size} results" if y.data.size > 1 else ""
        return {"of_how_many": f"of {counted(self.count, 'number')}{times}"}

    def spread(self, result: Expression) -> Expression:
        """The result's formulas, or its gradient's, ready to broadcast over the input."""
        return result.reshape(*self.kept)
