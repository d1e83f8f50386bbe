"""max_pool2d: the largest element of each window. Its gradient goes to the winner alone."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F

from excel_export.formulas.formula import MOST_LINES, first_place, over, plus, table
from excel_export.formulas.operator import Expressions, Operator, Workspace, operator
from excel_export.ops.conv2d import pair


@operator(F.max_pool2d, torch.max_pool2d)
class max_pool2d(Operator):
    """Max pooling of (…, H, W). Of equal elements the first in reading order wins, as in PyTorch."""

    forward_words = "Of each window only the largest number is kept."
    backward_words = (
        "Only the winner of each window made a difference, so it gets the whole gradient. The others get zero."
    )
    forward_math = "y = max of the window"
    backward_math = "∂L/∂x = g where x is the window's first maximum, else 0"

    def check(self, **arguments: Any) -> str | None:
        height, width = pair(arguments["kernel_size"])
        lines = height if pair(arguments["dilation"])[1] == 1 else height * width
        return None if lines <= MOST_LINES else f"windows of {lines} lines of cells are not supported, {MOST_LINES} are"

    def workspace(self, y: Any, input: Any, *_: Any, **__: Any) -> dict[str, Workspace]:
        return {
            "winner": Workspace(y.shape, "the winner's place in its window, in reading order from 1", band="backward")
        }

    def fill(self, y: Any, input: Any, *settings: Any, **more: Any) -> dict[str, Expressions]:
        windows = _windows(y, input, *settings, **more)
        return {"winner": table(y.shape, lambda *index: first_place(
            y.refs[index], [line for row in windows(*index) for line in _lines(input, row)]
        ))}  # fmt: skip

    def forward(self, y: Any, input: Any, kernel_size: Any, stride: Any = None, padding: Any = 0,
                dilation: Any = 1, ceil_mode: bool = False, return_indices: bool = False) -> Expressions:  # fmt: skip
        windows = _windows(y, input, kernel_size, stride, padding, dilation)

        def largest(*index: int) -> str:
            rows = windows(*index)
            if pair(dilation) == (1, 1):
                *lead, top, left = rows[0][0]
                *_, bottom, right = rows[-1][-1]
                return over("MAX", input.value[(*lead, slice(top, bottom + 1), slice(left, right + 1))].ranges)
            return over("MAX", [cell for row in rows for cell, _ in _lines(input, row)])

        return table(y.shape, largest)

    def backward(self, y: Any, input: Any, *settings: Any, **more: Any) -> Iterator[tuple[Any, Expressions]]:
        windows = _windows(y, input, *settings, **more)
        won: dict[tuple[int, ...], list[str]] = defaultdict(list)
        winner, grad = y.work["winner"].refs, y.grad.refs
        for index in np.ndindex(tuple(y.shape)):
            cells = [cell for row in windows(*index) for cell in row]
            for place, cell in enumerate(cells, 1):
                won[cell].append(f"IF({winner[index]}={place},{grad[index]},0)")
        yield input, table(input.shape, lambda *cell: plus(won[cell]))


def _windows(y: Any, input: Any, kernel_size: Any, stride: Any = None, padding: Any = 0, dilation: Any = 1,
             *_: Any, **__: Any) -> Any:  # fmt: skip
    """A function from an output's index to the rows of input cells under it, the padding left out."""
    step = stride or kernel_size

    def axis(which: int) -> list[list[int]]:
        size, move, pad, gap = (pair(setting)[which] for setting in (kernel_size, step, padding, dilation))
        length = input.shape[which - 2]
        places = ([i * move - pad + k * gap for k in range(size)] for i in range(y.shape[which - 2]))
        return [[place for place in window if 0 <= place < length] for window in places]

    rows, cols = axis(0), axis(1)

    def window(*index: int) -> list[list[tuple[int, ...]]]:
        *lead, i, j = index
        return [[(*lead, a, b) for b in cols[j]] for a in rows[i]]

    return window


def _lines(input: Any, row: list[tuple[int, ...]]) -> list[tuple[str, int]]:
    """One row of a window as (range, length): single cells where dilation leaves gaps."""
    *lead, left = row[0]
    if row[-1][-1] - left + 1 != len(row):
        return [(input.refs[cell], 1) for cell in row]
    return [(input.value[(*lead, slice(left, row[-1][-1] + 1))].ranges[0], len(row))]
