"""sort, topk and median: numbers in order, the first few of them or the one in the middle, and where each stood."""

from dataclasses import field
from typing import Any

import torch

from excel_export.formulas import Cases, Example, Extreme, Phrases, Tensor, operator
from excel_export.ops._numbers import APART, IMAGE, ROW, TIES, randn
from excel_export.ops._ranking import Ranking


@operator(torch.sort, torch.Tensor.sort)
class sort(Ranking):
    """The numbers along `dim` in order, and the place where each stood. Of equal ones, the first comes first."""

    dim: int = -1
    descending: bool = False
    stable: bool | None = field(default=None, kw_only=True)

    called = "{input}, in order"
    forward_words = "The numbers of each line in order, and where each of them stood, counted from 0."
    forward_math = "y₁ ≤ y₂ ≤ … : the numbers x in order"
    backward_math = "∂L/∂xᵢ = g at the rank of xᵢ"

    @property
    def falls(self) -> bool:
        return self.descending

    def ranks_left_open(self) -> tuple[int, int, int] | None:
        return None if self.stable else super().ranks_left_open()

    @classmethod
    def cases(cls) -> Cases:
        yield Example("", lambda x: x.sort(1, descending=True).values, ROW)
        yield Example("places", lambda x: (pair := torch.sort(x, 1))[0] * pair[1], randn(3, 4))
        yield Example("ties", lambda x: (pair := torch.sort(x, dim=0, descending=True))[0] * pair[1], TIES[0, 0])
        yield Example("of a vector", lambda x: x.sort().values * x, randn(6))
        yield Example("outer dim", lambda x: x.sort(1).values * x, IMAGE)
        yield Example("of one number", lambda x: x.sort(0).values, randn(1)[0])
        yield Extreme("", lambda x: x.sort(1).values, APART)


@operator(torch.topk, torch.Tensor.topk)
class topk(Ranking):
    """The `k` largest numbers along `dim`, or the smallest, and their places. Of equal ones, the first comes first."""

    k: int
    dim: int = -1
    largest: bool = True
    sorted: bool = True

    called = "first {k} of {input}"
    forward_words = (
        "The {k} {which} of {length:number} in order, and where each stood, from 0 on. "
        "Of equal numbers, the first comes first; PyTorch leaves that open."
    )
    forward_math = "y₁ ≥ y₂ ≥ … ≥ yₖ: the k largest of x"
    backward_math = "∂L/∂xᵢ = g at the rank of xᵢ if that is at most k, else 0"
    phrases = (Phrases(lambda self, y: not self.largest, forward_math="y₁ ≤ y₂ ≤ … ≤ yₖ: the k smallest of x"),)

    def pieces(self, y: Tensor) -> dict[str, Any]:
        return {"which": "largest" if self.largest else "smallest"}

    @property
    def falls(self) -> bool:
        return self.largest

    @property
    def taken(self) -> int:
        return self.k

    @classmethod
    def cases(cls) -> Cases:
        yield Example("", lambda x: x.topk(2).values, ROW)
        yield Example("places", lambda x: (pair := torch.topk(x, 3, 1))[0] * pair[1], randn(3, 5))
        yield Example("smallest", lambda x: x.topk(2, 0, largest=False).values, randn(5, 2))
        yield Example("one", lambda x: x.topk(1).values, randn(2, 5))
        yield Example("all", lambda x: x.topk(4).values, randn(2, 4))
        yield Example("channels", lambda x: x.topk(2, 1)[0], IMAGE)
        yield Extreme("", lambda x: x.topk(2, 1).values, APART)


@operator(torch.nanmedian, torch.Tensor.nanmedian)
class median(Ranking):
    """The number in the middle along `dim`, the lower one of two, and its place."""

    dim: int | None = None
    keepdim: bool = False

    forward_words = "The numbers of each line are put in order; the one in the middle is the result. Of two, the lower."
    forward_math = "y = the x in the middle"
    backward_math = "∂L/∂xᵢ = g if xᵢ is in the middle, else 0"

    @property
    def taken(self) -> int:
        return 1

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
