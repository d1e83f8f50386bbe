"""kthvalue, median and mode: one number of each line, chosen by its rank or by how often it is there."""

import numpy as np
import torch

from excel_export.formulas import Cases, Example, Expression, Extreme, Gradients, Helper, Tensor, equal, operator, table
from excel_export.formulas.functions import COUNTIF, IF, INDEX, MATCH, MAX
from excel_export.formulas.writing import Index
from excel_export.ops._numbers import APART, IMAGE, ROW, TIES, randn
from excel_export.ops._ranking import Ranking, reshaped


class _OneOfEach(Ranking):
    @property
    def taken(self) -> int:
        return 1


@operator(torch.kthvalue, torch.Tensor.kthvalue)
class kthvalue(_OneOfEach):
    """The `k`-th smallest number along `dim`, and its place. Of equal ones, the first comes first."""

    k: int
    dim: int = -1
    keepdim: bool = False

    called = "number {k} of {input}"
    forward_words = "The numbers of each line are put in order; this one is the result, and where it stood."
    forward_math = "y = the k-th smallest x"
    backward_math = "∂L/∂xᵢ = g if the rank of xᵢ is k, else 0"

    @property
    def first(self) -> int:
        return self.k

    @classmethod
    def cases(cls) -> Cases:
        yield Example("", lambda x: x.kthvalue(2, 1).values, ROW)
        yield Example("places", lambda x: (pair := torch.kthvalue(x, 3, 1, True))[0] * pair[1] * x, randn(3, 5))
        yield Example("outer dim", lambda x: x.kthvalue(2, 1)[0], IMAGE)
        yield Example("of a vector", lambda x: x.kthvalue(1)[0], randn(5))
        yield Extreme("", lambda x: x.kthvalue(2, 1).values, APART)


@operator(torch.nanmedian, torch.Tensor.nanmedian)
class median(_OneOfEach):
    """The number in the middle along `dim`, the lower one of two, and its place."""

    dim: int | None = None
    keepdim: bool = False

    forward_words = "The numbers of each line are put in order; the one in the middle is the result. Of two, the lower."
    forward_math = "y = the x in the middle"
    backward_math = "∂L/∂xᵢ = g if xᵢ is in the middle, else 0"

    @property
    def first(self) -> int:
        return (self.length + 1) // 2

    def check(self) -> str | None:
        return "over all elements, use torch.median" if self.dim is None else super().check()

    @classmethod
    def cases(cls) -> Cases:
        yield Example("", lambda x: x.nanmedian(1).values, ROW)
        yield Example("even", lambda x: x.nanmedian(1, keepdim=True).values * x, randn(3, 4))
        yield Extreme("", lambda x: x.nanmedian(1).values, APART)


@operator(torch.mode, torch.Tensor.mode)
class mode(_OneOfEach):
    """The number that is there most often along `dim`, the smallest of several, and its last place."""

    dim: int = -1
    keepdim: bool = False

    called = "mode of {input}"
    forward_words = "The number that is there most often; of several, the smallest. Its place is the last one."
    forward_math = "y = the most frequent x"
    backward_math = "∂L/∂xᵢ = g if i is the place of y, else 0"

    def check(self) -> str | None:
        return None  # PyTorch says which one it is

    def ranks_left_open(self) -> None:
        return None

    def helpers(self, y: Tensor) -> dict[str, Helper]:
        found = super().helpers(y)
        found["score"] = Helper(self.laid_shape, "more often, then smaller, then later", lambda: self._scores(y))
        del found["rank"]
        return found

    def _scores(self, y: Tensor) -> Expression:
        places, n = y.helpers["place"], self.length

        def score(*index: int) -> Expression:
            own = places.at(*index)
            often = COUNTIF(self.line_of(places, index), own)
            return (often * n - own) * n + index[self.line_axis]

        return table(self.laid_shape, score)

    def value_at(self, y: Tensor, index: Index) -> Expression:
        line = self.line_of(self.values_in(y), index)
        place = self.place_at(y, index) + 1
        return INDEX(line, place) if line.width == 1 else INDEX(line, 1, place)

    def place_at(self, y: Tensor, index: Index) -> Expression:
        scores = self.line_of(y.helpers["score"], index)
        return MATCH(MAX(scores), scores, 0) - 1

    def backward_all(self, results: tuple[Tensor, ...]) -> Gradients:
        y, places = results
        kept = tuple(1 if axis == self.axis else n for axis, n in enumerate(self.input.shape or (1,)))
        place = np.arange(self.length).reshape([-1 if axis == self.axis else 1 for axis in range(self.rank)])
        arriving, at = (reshaped(grid, kept).cells for grid in (y.grad, places.value))
        yield self.input, IF(equal(at, place), arriving, 0).reshape(*self.input.shape)

    @classmethod
    def cases(cls) -> Cases:
        yield Example("", lambda x: x.mode(1).values, torch.tensor([[1.0, 2, 1]]))
        yield Example("ties", lambda x: (pair := x.mode(0))[0] * pair[1], TIES[0, 0])
        yield Example("outer dim", lambda x: x.round().mode(1, True)[0], IMAGE * 2)
        yield Example("places", lambda x: (pair := torch.mode(x))[0] * pair[1],
                      torch.tensor([[3.0, 1, 2, 1, 3, 1], [3, 3, 1, 1, 2, 0]]))  # fmt: skip
        yield Extreme("", lambda x: x.mode(1).values, APART)
