"""argmax and argmin: where the largest or smallest element is. Step functions: no gradient passes."""

import math
from collections.abc import Iterator, Sequence
from itertools import product
from typing import Any, ClassVar

import numpy as np
import torch

from excel_export.formulas.formula import MOST_LINES, along, as_dims, call, each, first_place, kept, table
from excel_export.formulas.operator import Expressions, Operator, Workspace, operator


class _Place(Operator):
    function: ClassVar[str]
    backward_math = "∂L/∂x = 0: nudging x leaves y as it is, so nothing is learned through here"

    def check(self, **arguments: Any) -> str | None:
        return too_many_lines(arguments["input"].shape, arguments["dim"])

    def workspace(self, y: Any, input: Any, dim: int | None = None, keepdim: bool = False) -> dict[str, Workspace]:
        if lines_to_search(input.shape, dim) == 1:
            return {}
        return {"best": Workspace(kept(input.shape, as_dims(dim, len(input.shape))), f"{self.function.lower()} x")}

    def fill(self, y: Any, input: Any, dim: int | None = None, keepdim: bool = False) -> dict[str, Expressions]:
        dims = as_dims(dim, len(input.shape))
        return {
            name: table(grid.shape, lambda *index: call(self.function, along(input.value, dims, index)))
            for name, grid in y.work.items()
        }

    def forward(self, y: Any, input: Any, dim: int | None = None, keepdim: bool = False) -> Expressions:
        dims = as_dims(dim, len(input.shape))

        def first(*index: int) -> str:
            known = y.work["best"].refs[index] if y.work else call(self.function, along(input.value, dims, index))
            return f"{first_place(known, search_lines(input, dims, index), self.function)}-1"

        return table(kept(input.shape, dims), first).reshape(y.shape)

    def backward(
        self, y: Any, input: Any, dim: int | None = None, keepdim: bool = False
    ) -> Iterator[tuple[Any, Expressions]]:
        arriving = y.grad.refs if keepdim or dim is None else np.expand_dims(y.grad.refs, dim)
        yield input, each("0*{}", np.broadcast_to(arriving, input.shape))


@operator(torch.argmax, torch.Tensor.argmax)
class argmax(_Place):
    """The index of the first largest element along `dim`, or among all."""

    function = "MAX"
    forward_words = "The place of the largest number: this is the digit that the network reads."
    backward_words = (
        "The place of the largest number jumps or stays; a small nudge leaves it as it is. So its slope is "
        "zero and the gradient dies here: what comes before learns nothing from what comes after."
    )
    forward_math = "y = the first k whose xₖ is the largest"


@operator(torch.argmin, torch.Tensor.argmin)
class argmin(_Place):
    """The index of the first smallest element along `dim`, or among all."""

    function = "MIN"
    forward_math = "y = the first k whose xₖ is the smallest"


def lines_to_search(shape: Sequence[int], dim: int | None) -> int:
    """How many lines of cells hold the candidates: MATCH looks along one line only."""
    if dim is None:
        return math.prod(shape[:-1])
    return 1 if dim % max(len(shape), 1) >= len(shape) - 2 else shape[dim]


def too_many_lines(shape: Sequence[int], dim: int | None) -> str | None:
    """Refuse a search that would nest more than Excel's 64 functions."""
    lines = lines_to_search(shape, dim)
    return None if lines <= MOST_LINES else f"searching {lines} lines of cells is not supported, {MOST_LINES} are"


def search_lines(input: Any, dims: Sequence[int], index: Sequence[int]) -> list[tuple[str, int]]:
    """The candidates for a reduced element as lines of (range, length), in PyTorch's order."""
    *outer, last = dims
    lines: list[tuple[str, int]] = []
    for place in product(*(range(input.shape[axis]) for axis in outer)):
        at = list(index)
        for axis, k in zip(outer, place, strict=True):
            at[axis] = k
        region = along(input.value, (last,), at)
        ranges, length = region.ranges, input.shape[last]
        lines += [(ranges[0], length)] if len(ranges) == 1 else [(cell, 1) for cell in ranges]
    return lines
