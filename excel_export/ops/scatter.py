"""scatter and scatter_add: numbers sent along one dimension, to replace what is there or to be added.

index_add does so with whole slices; PyTorch makes index_copy of index_put.
"""

from collections.abc import Callable
from dataclasses import field
from typing import Any, ClassVar, Self

import torch

from excel_export.formulas import Cases, Example, Extreme, Tensor, operator
from excel_export.ops._indexed import AlongOne
from excel_export.ops._numbers import EXTREME, MATRIX, randn
from excel_export.ops._send import ADDED_WORDS, Send


class _Scatter(AlongOne, Send):
    src: Tensor | float

    @property
    def sends(self) -> Tensor | float:
        return self.src


@operator(torch.scatter, torch.Tensor.scatter)
class scatter(_Scatter):
    """Replaces the elements at the places `index` along `dim` by those of `src`, or by a number.

    Of several that go to one place, the last one counts; PyTorch leaves open which.
    """

    reduce: str | None = field(default=None, kw_only=True)

    called = "{input}, replaced at places"
    forward_words = (
        "Each number goes to its own place along one dimension and replaces what was there. "
        "Of several at one place, the last one stays."
    )

    @classmethod
    def bind(cls, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Self:
        if "value" in kwargs:
            kwargs["src"] = kwargs.pop("value")
        return super().bind(function, *args, **kwargs)

    def check(self) -> str | None:
        return "reduce is not supported: use scatter_add or scatter_reduce" if self.reduce else super().check()

    @classmethod
    def cases(cls) -> Cases:
        yield Example("", lambda x, i: x.scatter(1, i, 9.0), MATRIX, torch.tensor([[2], [0]]))
        yield Example("of a tensor", lambda x, y: x.scatter(1, torch.tensor([[2, 0], [1, 3], [3, 0]]), y),
                      randn(3, 4), randn(3, 2))  # fmt: skip
        yield Example("several at one place", lambda x, y: x.scatter(0, torch.tensor([[2, 0, 1], [2, 0, 0]]), y),
                      randn(3, 4), randn(2, 3))  # fmt: skip
        yield Example("one-hot", lambda x, i: torch.zeros(3, 4).scatter(1, i[:, None], 1.0) * x, randn(3, 4),
                      torch.tensor([3, 0, 0]))  # fmt: skip
        yield Extreme("", lambda x: x.scatter(1, torch.tensor([[1, 2]]), 1e200), EXTREME)


@operator(torch.scatter_add, torch.Tensor.scatter_add)
class scatter_add(_Scatter):
    """Adds the elements of `src` to those at the places `index` along `dim`."""

    adds: ClassVar[bool] = True
    called = "{input}, added to at places"
    forward_words = (
        "Each number goes to its own place along one dimension and is added to what is there. "
        "Several at one place add up."
    )
    backward_words = ADDED_WORDS
    forward_math = "yₖ = xₖ + Σ s over the places i = k"
    backward_math = "∂L/∂x = g,  ∂L/∂s = g at the places i"

    @classmethod
    def evaluate(cls, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        input, dim, index, src = cls.bind(function, *args, **kwargs).arguments.values()
        if src.shape != index.shape:  # PyTorch has no gradient for a source that is larger
            src = src.detach()
        return torch.scatter_add(input, dim, index, src)

    @classmethod
    def cases(cls) -> Cases:
        yield Example("", lambda x, y: x.scatter_add(1, torch.tensor([[2, 2], [0, 1]]), y), MATRIX, randn(2, 2))
        yield Example("first dim", lambda x, y: torch.scatter_add(x, 0, torch.tensor([[2, 0, 1, 1], [2, 2, 1, 0]]), y),
                      randn(3, 4), randn(2, 4))  # fmt: skip
        yield Example("a part of a constant", lambda x: x.scatter_add(1, torch.tensor([[2], [2]]), randn(3, 4)),
                      randn(3, 4))  # fmt: skip
        yield Example("of a vector", lambda x, i: randn(4).scatter_add(0, i, x), randn(5),
                      torch.tensor([3, 0, 3, 3, 1]))  # fmt: skip
        yield Example("computed", lambda x: x.scatter_add(1, x.argmax(1, keepdim=True), x[:, :1] * 2), randn(3, 4))
        yield Extreme("", lambda x: x.scatter_add(1, (x > 0.25).long(), x / 4), EXTREME)


@operator(torch.index_add, torch.Tensor.index_add)
class index_add(AlongOne, Send):
    """Adds the slices of `source`, times `alpha`, to those at the places `index` along `dim`."""

    source: Tensor
    alpha: float = field(default=1, kw_only=True)

    of_slices = True
    adds: ClassVar[bool] = True
    called = "{input}, added to at places"
    forward_words = "Each slice goes to its place along one dimension and is added to what is there."
    backward_words = ADDED_WORDS
    forward_math = "yₖ = xₖ + α Σ s over the places i = k"
    backward_math = "∂L/∂x = g,  ∂L/∂s = α g at the places i"

    @property
    def sends(self) -> Tensor:
        return self.source

    @property
    def factor(self) -> float:
        return self.alpha

    @classmethod
    def cases(cls) -> Cases:
        yield Example("", lambda x, y: x.index_add(0, torch.tensor([1]), y), MATRIX, randn(1, 3))
        yield Example("twice", lambda x, y: x.index_add(0, torch.tensor([1, 1, 0]), y), randn(2, 3), randn(3, 3))
        yield Example("with alpha", lambda x, y: torch.index_add(x, 1, torch.tensor([1, 1]), y, alpha=-0.5),
                      randn(2, 3), randn(2, 2))  # fmt: skip
        yield Example("of images", lambda x, i: x.index_add(1, i, x[:, :2]), randn(2, 3, 2, 2), torch.tensor([2, 2]))
        yield Extreme("", lambda x: x.index_add(0, torch.tensor([0, 2]), x[1:] / 4), EXTREME)
