"""prod: elements multiplied along a dimension, or all of them."""

from dataclasses import field
from typing import Any

import numpy as np
import torch

from excel_export.formulas import Expression, Gradients, Helper, OperandLike, Tensor, operator
from excel_export.formulas.arrays import table
from excel_export.formulas.example import Cases, Example, Extreme
from excel_export.formulas.idioms import reduced
from excel_export.formulas.writing import Index, unravelled
from excel_export.ops._numbers import EXTREME, IMAGE, ROW, randn
from excel_export.ops._reduction import Reduction


@operator(torch.prod, torch.Tensor.prod)
class prod(Reduction):
    """The product along `dim`, or of everything."""

    dtype: Any = field(default=None, kw_only=True)

    called = "product of {input}"
    backward_words = (
        "When a factor grows by a little, the product grows by that times all other factors. "
        "Those before it and those after it are multiplied step by step, so a factor may be 0."
    )
    forward_math = "y = Π x"
    backward_math = "∂L/∂xᵢ = g · Πⱼ﹤ᵢ xⱼ · Πⱼ﹥ᵢ xⱼ"

    def forward_words_here(self, y: Tensor) -> str:
        return f"The product {self.of_how_many(y)}."

    def helpers(self, y: Tensor) -> dict[str, Helper]:
        shape = self.input.shape
        return {
            "before": Helper(shape, "the product of all before", lambda: self._others(y, "before", -1), "backward"),
            "after": Helper(shape, "the product of all after", lambda: self._others(y, "after", 1), "backward"),
        }

    def _others(self, y: Tensor, name: str, by: int) -> Expression:
        grid = y.helpers[name]

        def product(*index: int) -> OperandLike:
            next_to = self._moved(index, by)
            if next_to is None:
                return 1
            return grid.at(*next_to) * self.input.at(*next_to) if self._moved(next_to, by) else self.input.at(*next_to)

        return table(self.input.shape, product)

    def _moved(self, index: Index, by: int) -> Index | None:
        """The neighbour along the dimension, or in reading order where everything is multiplied."""
        shape = self.input.shape
        if len(self.dims) == 1 and index:
            (axis,) = self.dims
            moved = index[axis] + by
            return (*index[:axis], moved, *index[axis + 1 :]) if 0 <= moved < shape[axis] else None
        number = (int(np.ravel_multi_index(index, shape)) if index else 0) + by
        if not 0 <= number < self.input.data.size:
            return None
        return unravelled(number, shape)

    def forward(self, y: Tensor) -> OperandLike:
        return reduced("PRODUCT", self.input.value, self.dims).reshape(*y.shape)

    def backward(self, y: Tensor) -> Gradients:
        yield self.input, self.spread(y.grad.cells) * y.helpers["before"] * y.helpers["after"]

    @classmethod
    def cases(cls) -> Cases:
        yield Example("", lambda x: x.prod(1), ROW + 2)
        yield Example("over all", lambda x: x.prod(), randn(3, 4))
        yield Example(
            "zeros", lambda x: torch.prod(x, 1, keepdim=True), torch.tensor([[2.0, 0, 3], [0, 1, 0], [1, 2, 3]])
        )
        yield Example("of images", lambda x: x.prod(1), IMAGE)
        yield Example("of one number", lambda x: x.prod(), randn(1)[0])
        yield Extreme("", lambda x: x.clamp(-1e6, 1e6).prod(1), EXTREME)
