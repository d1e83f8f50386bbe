"""Normalisation by statistics of the input itself: layer_norm, rms_norm, which scales alone, and group_norm's base.

What is shifted and scaled together is a line: which elements these are differs. Batches are in `batch_norm.py`.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any, Self

import torch
import torch.nn.functional as F

from excel_export.formulas import SQRT, Expression, Gradients, Grid, Helper, OperandLike, Operator, Region, Tensor
from excel_export.formulas.arrays import MOST_ARGUMENTS, reduce, sum_of_products
from excel_export.formulas.operator import operator


class Normalisation(Operator):
    """Each line of the input less its mean, divided by its deviation; then times a weight, plus a bias, if given.

    Subclasses say what a line is: some elements, such as a row, that are shifted and scaled together.
    """

    input: Tensor

    called = "{input}, normalised"
    forward_words = "Each {of_what} is shifted to mean 0 and scaled to standard deviation 1.{then}"
    forward_math = "y = {weighed}(x − μ) / √(σ² + ε){shifted}"
    backward_words = (
        "If all of a {of_what} grew alike, or in proportion, nothing would change: so this part of the gradient is subtracted. "
        "The rest is divided by the deviation.{of_weight}"
    )
    backward_math = "∂L/∂x = ({g} − mean {g} − x̂ · mean({g} · x̂)) / √(σ² + ε){by_weight}{by_bias}"

    def pieces(self, y: Tensor) -> dict[str, Any]:
        weighed, shifted = self.factor is not None, self.shift is not None
        plus = ", plus a bias" if shifted else ""
        return {
            "weighed": "w · " if weighed else "",
            "shifted": " + b" if shifted else "",
            "then": f" Then times a weight{plus}." if weighed else "",
            "of_weight": " A weight's gradient adds up g · x̂." if weighed else "",
            "g": "ĝ" if weighed else "g",
            "by_weight": ",  ĝ = g · w,  ∂L/∂w = Σ g · x̂" if weighed else "",
            "by_bias": ",  ∂L/∂b = Σ g" if shifted else "",
        }

    @property
    def of_what(self) -> str:
        """The elements that are shifted and scaled together, in a sentence: 'row'."""
        raise NotImplementedError

    @property
    def lines(self) -> tuple[int, ...]:
        """The shape of the means, one element for each line: (8, 1) for the rows of (8, 10)."""
        raise NotImplementedError

    def line(self, grid: Grid, *index: int) -> Region:
        """Return the cells of one line, by its index in `lines`, in a grid of the input's shape: B5:K5 at (0, 0)."""
        raise NotImplementedError

    def spread(self, statistic: Grid) -> Expression:
        """Return a grid of the shape `lines` as formulas in a shape that broadcasts to the input."""
        raise NotImplementedError

    def for_each(self, parameter: Tensor | Grid) -> Expression:
        """Return the weight or the bias in a shape that broadcasts to the input: (C, 1, 1) for (N, C, H, W)."""
        raise NotImplementedError

    def met(self, grid: Grid, *index: int) -> Region:
        """Return the cells, in a grid of the input's shape, for which the element of weight or bias at `index` is."""
        raise NotImplementedError

    @property
    def count(self) -> int:
        """The number of elements in a line: 10 for the rows of (8, 10)."""
        return math.prod(self.input.shape) // max(math.prod(self.lines), 1)

    @property
    def small(self) -> float:
        """ε, 1e-5 by default: what is added to the variance, so that nothing is divided by 0."""
        return float(getattr(self, "eps"))  # noqa: B009 - a field of each subclass, at a place of its own

    @property
    def factor(self) -> Tensor | None:
        """The weight, w; None without one."""
        return getattr(self, "weight", None)

    @property
    def shift(self) -> Tensor | None:
        """The bias, b; None without one."""
        return getattr(self, "bias", None)

    def helpers(self, y: Tensor) -> dict[str, Helper]:
        x = self.input
        return {
            "mean": Helper(self.lines, f"μ of each {self.of_what}", lambda: self.mean_of(x.value)),
            "centred": Helper(x.shape, "x − μ", lambda: x - self.spread(y.helpers["mean"])),
            "variance": Helper(
                self.lines, "σ², the mean of (x − μ)²", lambda: self.mean_product(*[y.helpers["centred"]] * 2)
            ),
            "normalised": Helper(x.shape, "x̂ = (x − μ) / √(σ² + ε)", lambda: y.helpers["centred"] / self.deviation(y)),
            **self._backward_helpers(y),
        }

    def _backward_helpers(self, y: Tensor) -> dict[str, Helper]:
        if not (y.has_grad and self.input.has_grad):
            return {}
        g = "g · w" if self.factor is not None else "g"
        weighted = {"weighted g": Helper(y.shape, g, lambda: self._weighted(y), "backward")}
        return {
            **(weighted if self.factor is not None else {}),
            "mean g": Helper(self.lines, f"the mean of {g}", lambda: self.mean_of(self._arriving(y)), "backward"),
            "mean g x̂": Helper(
                self.lines, f"the mean of {g} · x̂",
                lambda: self.mean_product(self._arriving(y), y.helpers["normalised"]), "backward",
            ),
        }  # fmt: skip

    def _weighted(self, y: Tensor) -> Expression:
        assert self.factor is not None
        return y.grad * self.for_each(self.factor)

    def _arriving(self, y: Tensor) -> Grid:
        """g, times the weight where there is one."""
        return y.helpers.get("weighted g", y.grad)

    def mean_of(self, grid: Grid) -> Expression:
        """Return the mean of each line of a grid, in the shape `lines`: AVERAGE(B5:K5)."""
        # AVERAGE cannot be nested where Excel would allow too few arguments.
        if len(self.line(grid, *[0] * len(self.lines)).ranges) <= MOST_ARGUMENTS:
            return reduce("AVERAGE", self.lines, lambda *index: self.line(grid, *index))
        return reduce("SUM", self.lines, lambda *index: self.line(grid, *index)) / self.count

    def mean_product(self, one: Grid, other: Grid) -> Expression:
        """Return the mean of two grids' products over each line, in the shape `lines`: SUMPRODUCT(B5:K5,B7:K7)/10."""
        total = sum_of_products(self.lines, lambda *index: (self.line(one, *index), self.line(other, *index)))
        return total / self.count

    def deviation(self, y: Tensor) -> Expression:
        """Return √(σ² + ε) of each line, of the helpers of the result `y`, in a shape that broadcasts to the input."""
        return SQRT(self.spread(y.helpers["variance"]) + self.small)

    def forward(self, y: Tensor) -> OperandLike:
        result = y.helpers["normalised"].cells
        if self.factor is not None:
            result = result * self.for_each(self.factor)
        return result if self.shift is None else result + self.for_each(self.shift)

    def backward(self, y: Tensor) -> Gradients:
        if self.input.has_grad:
            yield self.input, self.slope(y) / self.deviation(y)
        normalised = y.helpers["normalised"]
        if self.factor is not None:
            met = sum_of_products(self.factor.shape, lambda *k: (self.met(y.grad, *k), self.met(normalised, *k)))
            yield self.factor, met
        if self.shift is not None:
            yield self.shift, reduce("SUM", self.shift.shape, lambda *index: self.met(y.grad, *index))

    def slope(self, y: Tensor) -> Expression:
        """Return the input's gradient, in its shape, times the deviation: ĝ − mean ĝ − x̂ · mean(ĝ · x̂), ĝ = g · w.

        `y` is the result: g is its gradient, and x̂ and the means are in its `helpers`.
        """
        mean, product = self.spread(y.helpers["mean g"]), self.spread(y.helpers["mean g x̂"])
        return self._arriving(y) - mean - y.helpers["normalised"] * product


class OfLast(Normalisation):
    """A normalisation over the last dimensions, of the sizes `normalized_shape`, which is the weight's shape, too."""

    normalized_shape: Sequence[int]

    @property
    def of_what(self) -> str:
        return "row"

    @property
    def _lead(self) -> int:
        return len(self.input.shape) - len(self.normalized_shape)

    @property
    def lines(self) -> tuple[int, ...]:
        return (*self.input.shape[: self._lead], *[1] * len(self.normalized_shape))

    def line(self, grid: Grid, *index: int) -> Region:
        return grid[(*index[: self._lead], *[slice(None)] * len(self.normalized_shape))]

    def spread(self, statistic: Grid) -> Expression:
        return statistic.cells

    def for_each(self, parameter: Tensor | Grid) -> Expression:
        return parameter.cells

    def met(self, grid: Grid, *index: int) -> Region:
        return grid[(*[slice(None)] * self._lead, *index)]


@operator(F.layer_norm, torch.layer_norm)
class layer_norm(OfLast):
    """Layer normalisation over the last dimensions, those of `normalized_shape`."""

    normalized_shape: Sequence[int]
    weight: Tensor | None = None
    bias: Tensor | None = None
    eps: float = 1e-5

    @classmethod
    def bind(cls, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Self:
        kwargs.pop("cudnn_enable", None)
        return super().bind(function, *args[:5], **kwargs)


@operator(F.rms_norm, torch.rms_norm)
class rms_norm(OfLast):
    """Root-mean-square normalisation over `normalized_shape`, last dimensions: x / √(mean x² + eps) · weight."""

    normalized_shape: Sequence[int]
    weight: Tensor | None = None
    eps: float | None = None

    forward_words = "Each row is divided by the root of its mean square.{then}"
    forward_math = "y = {weighed}x / √(mean x² + ε)"
    backward_words = (
        "If all of a row grew in proportion, nothing would change: so this part of the gradient is subtracted. "
        "The rest is divided by the root."
    )
    backward_math = "∂L/∂x = ({g} − x̂ · mean({g} · x̂)) / √(mean x² + ε){by_weight}"

    @property
    def small(self) -> float:
        return torch.finfo(torch.float64).eps if self.eps is None else self.eps

    def helpers(self, y: Tensor) -> dict[str, Helper]:
        x = self.input
        backward = self._backward_helpers(y)
        backward.pop("mean g", None)
        return {
            "mean square": Helper(self.lines, "the mean of x²", lambda: self.mean_product(x.value, x.value)),
            "normalised": Helper(x.shape, "x̂ = x / √(mean x² + ε)", lambda: x / self.deviation(y)),
            **backward,
        }

    def deviation(self, y: Tensor) -> Expression:
        return SQRT(self.spread(y.helpers["mean square"]) + self.small)

    def slope(self, y: Tensor) -> Expression:
        return self._arriving(y) - y.helpers["normalised"] * self.spread(y.helpers["mean g x̂"])
