"""gather: along one dimension, each result looks up the number at its own place."""

from collections.abc import Mapping
from functools import cached_property

import torch

from excel_export.formulas import Tensor, operator
from excel_export.formulas.example import Cases, Example, Extreme
from excel_export.formulas.lookups import Places
from excel_export.ops._look_up import LookUp
from excel_export.ops._movement import Moved
from excel_export.ops._numbers import EXTREME, MATRIX, randn
from excel_export.ops._one_axis import OneAxis


@operator(torch.gather, torch.Tensor.gather)
class gather(OneAxis, LookUp):
    """The elements at the places `index` along `dim`; the result has the shape of `index`."""

    dim: int
    index: torch.Tensor | Tensor
    sparse_grad: bool = False

    called = "{input} at places"
    forward_words = "Each result looks up the number at its own place along one dimension, counted from 0."
    forward_math = "yₖ = x at place indexₖ"
    settings_or_values = ("index",)

    @property
    def indices(self) -> Mapping[int, Tensor]:
        return {self.axis: self.index} if isinstance(self.index, Tensor) else {}

    @property
    def spread(self) -> tuple[int, ...]:
        return tuple(self.index.shape)

    @cached_property
    def places(self) -> Places:
        return Places.along(self.axis, self.input.shape, self.spread)

    def move(self, elements: torch.Tensor) -> Moved:
        assert isinstance(self.index, torch.Tensor)
        return torch.gather(elements, self.dim, self.index)

    @classmethod
    def cases(cls) -> Cases:
        yield Example("", lambda x, i: x.gather(1, i), MATRIX, torch.tensor([[2], [0]]))
        yield Example(
            "several", lambda x, i: torch.gather(x, 1, i), randn(3, 4), torch.tensor([[3, 0], [1, 1], [2, 2]])
        )
        yield Example("first dim", lambda x, i: x.gather(0, i), randn(3, 4), torch.tensor([[2, 0, 1, 1]]))
        yield Example("a part", lambda x, i: x.gather(-2, i), randn(3, 4), torch.tensor([[2, 0], [2, 1]]))
        yield Example("of a vector", lambda x, i: x.gather(0, i), randn(5), torch.tensor([4, 4, 0]))
        yield Example("of a single row", lambda x, i: x.gather(0, i), randn(1, 3), torch.zeros(1, 2, dtype=torch.long))
        yield Example("outer dim", lambda x, i: x.gather(0, i), randn(3, 2, 2), torch.tensor([[[2, 0], [1, 1]]]))
        yield Example("constant", lambda x: x.gather(1, torch.tensor([[1], [1], [3]])), randn(3, 4))
        yield Example("computed", lambda x: x.gather(1, x.argmax(1, keepdim=True)), randn(3, 4))
        yield Extreme("", lambda x: x.gather(1, (x > 0.25).long()), EXTREME)
