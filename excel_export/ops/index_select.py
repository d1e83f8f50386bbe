"""index_select: slices of a tensor, by their places."""

from collections.abc import Mapping
from functools import cached_property

import torch

from excel_export.formulas import Tensor, operator
from excel_export.formulas.example import Cases, Example, Extreme
from excel_export.formulas.lookups import Places
from excel_export.ops._look_up import LookUp
from excel_export.ops._movement import Moved
from excel_export.ops._numbers import EXTREME, ROW, randn
from excel_export.ops._one_axis import OneAxis


@operator(torch.index_select, torch.Tensor.index_select)
class index_select(OneAxis, LookUp):
    """The slices at the places `index` along `dim`."""

    dim: int
    index: torch.Tensor | Tensor

    called = "part of {input}"
    forward_words = "Some slices, chosen by their places."
    forward_math = "yₖ = x at place indexₖ"
    settings_or_values = ("index",)

    @property
    def indices(self) -> Mapping[int, Tensor]:
        return {self.axis: self.index} if isinstance(self.index, Tensor) and self.input.shape else {}

    @property
    def spread(self) -> tuple[int, ...]:
        return tuple(self.index.shape) or (1,)

    @cached_property
    def places(self) -> Places:
        part = (*self.input.shape[: self.axis], *self.spread, *self.input.shape[self.axis + 1 :])
        return Places.along(self.axis, self.input.shape, part, shared=True)

    def move(self, elements: torch.Tensor) -> Moved:
        if not self.input.shape:  # its one place is 0
            return elements
        assert isinstance(self.index, torch.Tensor)
        return torch.index_select(elements, self.dim, self.index)

    @classmethod
    def cases(cls) -> Cases:
        yield Example("", lambda x: x.index_select(1, torch.tensor([2, 0])), ROW)
        yield Example("twice", lambda x: x.index_select(0, torch.tensor([1, 1, 0])), randn(3, 4))
        yield Example("of an input", lambda x, i: x.index_select(-1, i), randn(3, 4), torch.tensor([3, 3, 0]))
        yield Example("of one number", lambda x, i: x.index_select(0, i), randn(1)[0], torch.tensor([0]))
        yield Example("one place", lambda x, i: torch.index_select(x, 0, i), randn(3, 4), torch.tensor(1))
        yield Extreme("", lambda x: x.index_select(0, torch.tensor([0, 0, 2])), EXTREME)
