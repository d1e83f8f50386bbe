"""The same numbers in another order: permute, transpose (x.T, x.mT and x.t() swap the last two dimensions), flip."""

from collections.abc import Callable
from typing import Any, Self

import torch

from excel_export.formulas import Cases, Example, Extreme, Phrases, operator
from excel_export.ops._movement import Movement
from excel_export.ops._numbers import EXTREME, IMAGE, MATRIX, ROW, randn

_SWAPS = (torch.transpose, torch.swapaxes, torch.swapdims)
_METHODS = (torch.Tensor.transpose, torch.Tensor.swapaxes, torch.Tensor.swapdims)
_LAST_TWO = (torch.t, torch.Tensor.t, torch.Tensor.T.__get__, torch.Tensor.mT.__get__)  # type: ignore[attr-defined]


@operator(*_SWAPS, *_METHODS, *_LAST_TWO)
class transpose(Movement):
    """Swap the dimensions `dim0` and `dim1`."""

    dim0: int
    dim1: int

    called = "transpose of {input}"
    forward_words = "The same numbers; two of their dimensions have changed places."
    forward_math = "yᵢⱼ = xⱼᵢ"
    phrases = (
        Phrases(
            lambda self, y: len(self.input.shape) == 2,
            forward_words="Rows become columns, and columns rows.",
            called="{input}ᵀ",
        ),
    )

    @classmethod
    def bind(cls, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Self:
        if function not in _LAST_TWO:
            return super().bind(function, *args, **kwargs)
        rank = args[0].dim()
        if rank > 2 and function != _LAST_TWO[-1]:
            raise TypeError("x.T of more than two dimensions is not supported: use x.mT or x.permute")
        return cls(args[0], -1, -2 if rank > 1 else -1)

    @classmethod
    def cases(cls) -> Cases:
        yield Example("", lambda x: x.T, MATRIX)
        yield Example("images", lambda x: x.transpose(-1, 1), IMAGE)
        yield Example("T", lambda x: x.T @ x, randn(3, 4))
        yield Example("mT", lambda x: x.mT * 2, randn(2, 3, 4))
        yield Example("t", lambda x: x.t(), randn(3, 4))
        yield Extreme("", lambda x: x.T, EXTREME)


@operator(torch.permute, torch.Tensor.permute)
class permute(Movement):
    """Put the dimensions in the order `dims`."""

    dims: tuple[int, ...]

    called = "{input}, permuted"
    forward_words = "The same numbers; their dimensions stand in another order."
    forward_math = "y(i, j, …) = x(the same indices in another order)"
    variadic = True

    @classmethod
    def cases(cls) -> Cases:
        yield Example("", lambda x: x.permute(1, 0), MATRIX)
        yield Example("images", lambda x: x.permute(0, 2, 3, 1) * 2, IMAGE)
        yield Example("vector", lambda x: x.permute(0) * 2, randn(3))
        yield Example("function", lambda x: torch.permute(x, (1, 0)), randn(3, 4))
        yield Extreme("", lambda x: x.permute(1, 0), EXTREME)


@operator(torch.flip, torch.Tensor.flip)
class flip(Movement):
    """Reverse the order along `dims`."""

    dims: tuple[int, ...]

    called = "{input}, flipped"
    forward_words = "The same numbers in the opposite order."
    forward_math = "yₖ = x at n − 1 − k, along each flipped dimension of n"
    variadic = True

    @classmethod
    def cases(cls) -> Cases:
        yield Example("", lambda x: x.flip(1), ROW)
        yield Example("both ways", lambda x: x.flip(0, 1), randn(3, 4))
        yield Extreme("", lambda x: x.flip(1), EXTREME)
