"""max_pool2d: the largest element of each window. Its gradient goes to the winner alone."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F

from excel_export.formula import call, plus, table
from excel_export.operator import Expressions, Operator, Workspace, operator
from excel_export.ops.conv2d import overlap, pair


@operator(F.max_pool2d, torch.max_pool2d)
class max_pool2d(Operator):
    """Max pooling. Of equal elements the first in reading order wins, as in PyTorch."""

    forward_math = "y = max of the window"
    backward_math = "∂L/∂x = g where x is the window's first maximum, else 0"

    def check(self, **arguments: Any) -> str | None:
        if pair(arguments["dilation"]) != (1, 1) or arguments["return_indices"]:
            return "dilation and return_indices are not supported"
        return None if len(arguments["input"].shape) == 4 else "only batched (N, C, H, W) inputs are supported"

    def workspace(self, y: Any, input: Any, *_: Any, **__: Any) -> dict[str, Workspace]:
        return {
            "winner": Workspace(y.shape, "the winner's place in its window, in reading order from 1", band="backward")
        }

    def fill(self, y: Any, input: Any, kernel_size: Any, stride: Any = None, padding: Any = 0,
             *_: Any, **__: Any) -> dict[str, Expressions]:  # fmt: skip
        def winner(n: int, c: int, i: int, j: int) -> str:
            rows, cols = window(i, j, input.shape, kernel_size, stride, padding)
            lines = [input.value[n, c, row, cols].ranges[0] for row in range(rows.start, rows.stop)]
            best, width = y.refs[n, c, i, j], cols.stop - cols.start
            found = [f"MATCH({best},{line},0)+{k * width}".removesuffix("+0") for k, line in enumerate(lines)]
            formula = found[-1]
            for line, place in zip(lines[-2::-1], found[-2::-1], strict=True):
                formula = f"IF(MAX({line})={best},{place},{formula})"
            return formula

        return {"winner": table(y.shape, winner)}

    def forward(self, y: Any, input: Any, kernel_size: Any, stride: Any = None, padding: Any = 0,
                dilation: Any = 1, ceil_mode: bool = False, return_indices: bool = False) -> Expressions:  # fmt: skip
        return table(y.shape, lambda n, c, i, j: call(
            "MAX", input.value[n, c, *window(i, j, input.shape, kernel_size, stride, padding)]
        ))  # fmt: skip

    def backward(self, y: Any, input: Any, kernel_size: Any, stride: Any = None, padding: Any = 0,
                 dilation: Any = 1, ceil_mode: bool = False, return_indices: bool = False,
                 ) -> Iterator[tuple[Any, Expressions]]:  # fmt: skip
        won: dict[tuple[int, ...], list[str]] = {}
        winner, grad = y.work["winner"].refs, y.grad.refs
        for n, c, i, j in np.ndindex(y.shape):
            rows, cols = window(i, j, input.shape, kernel_size, stride, padding)
            place = 0
            for a in range(rows.start, rows.stop):
                for b in range(cols.start, cols.stop):
                    place += 1
                    term = f"IF({winner[n, c, i, j]}={place},{grad[n, c, i, j]},0)"
                    won.setdefault((n, c, a, b), []).append(term)
        yield input, table(input.shape, lambda *index: plus(won.get(index, [])))


def window(i: int, j: int, shape: tuple[int, ...], kernel_size: Any, stride: Any, padding: Any) -> tuple[slice, slice]:
    """The rows and columns of the input under output (i, j), the padding left out."""
    size, pad = pair(kernel_size), pair(padding)
    step = pair(stride) if stride else size
    rows, _ = overlap(i * step[0] - pad[0], size[0], shape[2])
    cols, _ = overlap(j * step[1] - pad[1], size[1], shape[3])
    return rows, cols
