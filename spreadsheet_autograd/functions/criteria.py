"""Functions that take what meets criteria: SUMIF and its like."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from typing import Any

import torch

from spreadsheet_autograd.functions.scalar_functions import compare
from spreadsheet_autograd.functions.values import CellError, Grid, Scalar


def as_grid(value: Any) -> Grid:
    """A range, or one cell as a range."""
    return value if isinstance(value, Grid) else Grid([[value]])


def of_all(items: Any, *pairs: Any) -> list[Any]:
    """The numbers that meet all criteria, which come in pairs with what they are asked of."""
    found = zip(as_grid(items), _kept(pairs), strict=False)
    return [item for item, keep in found if keep and isinstance(item, (float, torch.Tensor))]


def count_of_all(*pairs: Any) -> float:
    """How many cells meet all criteria."""
    return float(sum(_kept(pairs)))


def _kept(pairs: tuple[Any, ...]) -> Iterable[bool]:
    return map(all, zip(*(meets(a, b) for a, b in zip(pairs[::2], pairs[1::2], strict=True)), strict=True))


def meets(grid: Any, wanted: Scalar) -> list[bool]:
    """Whether each cell meets a criterion, such as 3, 'north' or '>2'."""
    operator, value = "=", wanted
    if isinstance(wanted, str):
        operator = next((sign for sign in ("<=", ">=", "<>", "<", ">", "=") if wanted.startswith(sign)), "")
        value = wanted[len(operator) :]
        operator = operator or "="
        with suppress(ValueError):
            value = float(value)
    return [
        item is not None
        and not isinstance(item, CellError)
        and isinstance(item, str) == isinstance(value, str)
        and compare(operator, item, value)
        for item in as_grid(grid)
    ]
