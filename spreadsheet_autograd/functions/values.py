"""What a cell can hold: numbers as Python's or PyTorch's, truth values, texts, nothing, errors; and grids of these."""

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch

Scalar = Any
"""float, torch.Tensor without dimensions, bool, str, None for an empty cell, or CellError."""


_recorded = False


@contextmanager
def recorded() -> Iterator[None]:
    """Within this no number is read out of a tensor, so that who records the computation sees all of it.

    What is chosen by a number is chosen by `torch.where`, and an infinite number is none of Excel's errors.
    """
    global _recorded
    before, _recorded = _recorded, True
    try:
        yield
    finally:
        _recorded = before


def is_recorded(*values: Scalar) -> bool:
    """Whether one of these is a tensor out of which no number may be read."""
    return _recorded and any(isinstance(value, torch.Tensor) for value in values)


class CellError(Exception):
    """An error value, such as #DIV/0!."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Unknown(CellError):
    """What can't be computed here: a function that isn't known, say. What depends on it is left out."""


class ValueGrid:
    """A rectangle of values."""

    def __init__(self, rows: list[list[Scalar]]) -> None:
        self.rows = rows

    @property
    def shape(self) -> tuple[int, int]:
        """Its rows and columns."""
        return len(self.rows), len(self.rows[0]) if self.rows else 0

    def __iter__(self) -> Iterator[Scalar]:
        for row in self.rows:
            yield from row


def _caught(function: Callable[..., Scalar], *arguments: Scalar) -> Scalar:
    try:
        return function(*arguments)
    except CellError as error:
        return error


def number(value: Scalar) -> Any:
    """A value as a number; an empty cell is 0.

    Raises:
        CellError: it is none.
    """
    if isinstance(value, (float, torch.Tensor)):
        return value
    if value is None:
        return 0.0
    if isinstance(value, bool):
        return float(value)
    if isinstance(value, CellError):
        raise value
    if isinstance(value, ValueGrid):
        raise CellError("#VALUE!")
    try:
        return float(value)
    except ValueError:
        raise CellError("#VALUE!") from None


def as_float(value: Scalar) -> float | None:
    """What a cell without a tensor holds, as a number; None of anything but numbers and truth values."""
    return float(value) if isinstance(value, (float, bool)) else None


def plain(value: Scalar) -> float:
    """A number without its graph."""
    found = number(value)
    return float(found.detach()) if isinstance(found, torch.Tensor) else found


def finite(value: Any) -> Any:
    """The number itself.

    Raises:
        CellError: it is infinite or no number.
    """
    if is_recorded(value):
        return value
    if not math.isfinite(value.detach() if isinstance(value, torch.Tensor) else value):
        raise CellError("#NUM!")
    return value


def truth(value: Scalar) -> bool:
    """A value as a condition.

    Raises:
        CellError: it is none.
    """
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.upper() in ("TRUE", "FALSE"):
        return value.upper() == "TRUE"
    return plain(value) != 0


def lifted(function: Callable[..., Scalar], *arguments: Any) -> Any:
    """Apply a function of scalars to scalars, or element by element to grids, which are stretched as Excel does."""
    for argument in arguments:
        if isinstance(argument, ValueGrid):
            break
    else:
        return function(*arguments)
    shapes = [argument.shape for argument in arguments if isinstance(argument, ValueGrid)]
    rows, cols = max(shape[0] for shape in shapes), max(shape[1] for shape in shapes)

    def at(argument: Any, row: int, col: int) -> Scalar:
        if not isinstance(argument, ValueGrid):
            return argument
        height, width = argument.shape
        row, col = 0 if height == 1 else row, 0 if width == 1 else col
        return argument.rows[row][col] if row < height and col < width else CellError("#N/A")

    return ValueGrid(
        [
            [_caught(function, *(at(argument, row, col) for argument in arguments)) for col in range(cols)]
            for row in range(rows)
        ]
    )


def numbers(arguments: tuple[Any, ...]) -> list[Any]:
    """The numbers that SUM and its like see: in grids, texts, truth values and empty cells don't count.

    Raises:
        CellError: one is an error.
    """
    found = []
    for argument in arguments:
        if isinstance(argument, ValueGrid):
            for item in argument:
                if isinstance(item, CellError):
                    raise item
                if isinstance(item, (float, torch.Tensor)):
                    found.append(item)
        else:
            found.append(number(argument))
    return found


def divide(x: Scalar, y: Scalar) -> Scalar:
    """One number by another."""
    x, y = number(x), number(y)
    if not is_recorded(y) and plain(y) == 0:
        raise CellError("#DIV/0!")
    return finite(x / y)


def text_of(x: Scalar) -> str:
    """What a value is as a text."""
    if isinstance(x, CellError):
        raise x
    if x is None:
        return ""
    return str(x).upper() if isinstance(x, bool) else x if isinstance(x, str) else f"{plain(x):.15g}"


def joined(*texts: Scalar) -> str:
    """Texts behind each other."""
    return "".join(map(text_of, texts))


SURELY = 2e-14
"""Numbers that are further apart, relatively, differ in 15 digits."""
_IN_TENSORS: dict[str, Callable[[Any, Any], torch.Tensor]] = {
    "=": torch.eq, "<>": torch.ne, "<": torch.lt, ">": torch.gt, "<=": torch.le, ">=": torch.ge,
}  # fmt: skip


def compare(operator: str, a: Scalar, b: Scalar) -> Any:
    """Compare as Excel does: numbers come before texts, texts before truth values; 15 digits count."""
    if type(a) is float and type(b) is float and abs(a - b) > SURELY * max(abs(a), abs(b)):
        return operator in (("<", "<=", "<>") if a < b else (">", ">=", "<>"))
    for each in (a, b):
        if isinstance(each, CellError):
            raise each
    if is_recorded(a, b):
        return _IN_TENSORS[operator](number(a), number(b)).double()
    if a is None:
        a = "" if isinstance(b, str) else 0.0
    if b is None:
        b = "" if isinstance(a, str) else 0.0
    x, y = _key(a), _key(b)
    return {"=": x == y, "<>": x != y, "<": x < y, ">": x > y, "<=": x <= y, ">=": x >= y}[operator]


def _key(value: Scalar) -> tuple[int, Any]:
    if isinstance(value, bool):
        return 2, value
    if isinstance(value, str):
        return 1, value.lower()
    return 0, float(f"{plain(value):.15g}")


def as_grid(value: Any) -> ValueGrid:
    """A range, or one cell as a range."""
    return value if isinstance(value, ValueGrid) else ValueGrid([[value]])


def transposed(value: Any) -> ValueGrid:
    """A range with its rows as columns."""
    return ValueGrid([list(column) for column in zip(*as_grid(value).rows, strict=True)])
