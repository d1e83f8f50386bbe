"""The values of cells: numbers of Python or PyTorch, truth values, texts, errors, None; and grids of these."""

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch

Scalar = Any
"""The value of a cell: float, torch.Tensor without dimensions, bool, str, CellError, or None if the cell is empty."""


_recorded = False


@contextmanager
def recorded() -> Iterator[None]:
    """Return a context for a `with` block in which torch.export can record: no number is read out of a tensor.

    Conditions become `torch.where`, and an infinite number is no error. The block may stand in another one.
    """
    global _recorded
    before, _recorded = _recorded, True
    try:
        yield
    finally:
        _recorded = before


def is_recorded(*values: Scalar) -> bool:
    """Return whether `recorded` is active and a value is a tensor, so that no number may be read out of it."""
    return _recorded and any(isinstance(value, torch.Tensor) for value in values)


class CellError(Exception):
    """An error value, such as #DIV/0!, raised and also held as a value: CellError('#DIV/0!').code is '#DIV/0!'."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Unknown(CellError):
    """The value of a cell that can't be computed here, such as a call of an unknown function: Unknown('#N/A')."""


class ValueGrid:
    """A rectangle of values in rows of equal length; iteration yields the values row by row.

    Example:
        >>> grid = ValueGrid([[1.0, 2.0], [3.0, None]])
        >>> grid.shape, list(grid), grid.rows[1]
        ((2, 2), [1.0, 2.0, 3.0, None], [3.0, None])
    """

    def __init__(self, rows: list[list[Scalar]]) -> None:
        self.rows = rows

    @property
    def shape(self) -> tuple[int, int]:
        """The numbers of rows and columns, (2, 2); (0, 0) without rows."""
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
    """Return a value as a float, or a tensor as it is; an empty cell is 0.0, TRUE is 1.0, and the text '2.5' is 2.5.

    Raises:
        CellError: the value is no number.
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
    """Return a number or a truth value as a float, 1.0 for True; None for anything else, tensors too."""
    return float(value) if isinstance(value, (float, bool)) else None


def plain(value: Scalar) -> float:
    """Return a value as a float without a gradient: 0.5 for tensor(0.5) or '0.5', 0.0 for an empty cell, 1.0 for TRUE.

    Raises:
        CellError: the value is no number, such as 'a' or ''.
    """
    found = number(value)
    return float(found.detach()) if isinstance(found, torch.Tensor) else found


def finite(value: Any) -> Any:
    """Return a number unchanged if it is finite.

    Raises:
        CellError: it is infinite or NaN. In the context `recorded`, tensors are not looked at.
    """
    if is_recorded(value):
        return value
    if not math.isfinite(value.detach() if isinstance(value, torch.Tensor) else value):
        raise CellError("#NUM!")
    return value


def truth(value: Scalar) -> bool:
    """Return a value as a condition.

    Example:
        >>> truth(2.0), truth("true"), truth(0.0)
        (True, True, False)

    Raises:
        CellError: the value is neither a truth value nor a number, nor a text of one.
    """
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.upper() in ("TRUE", "FALSE"):
        return value.upper() == "TRUE"
    return plain(value) != 0


def lifted(function: Callable[..., Scalar], *arguments: Any) -> Any:
    """Return function(*arguments) for scalars; if an argument is a grid, a grid of its results element by element.

    As in Excel, a single row or column is repeated, and elements beyond another grid's end are #N/A. An error that the
    function raises becomes an element of the grid; for scalars it is raised.

    Example:
        >>> lifted(lambda a, b: a + b, ValueGrid([[1.0, 2.0]]), ValueGrid([[10.0], [20.0]])).rows
        [[11.0, 12.0], [21.0, 22.0]]
    """
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
    """Return the numbers that SUM adds up, of all arguments in one list.

    Within grids, texts, truth values and empty cells are left out; a single value is taken as by `number`.

    Raises:
        CellError: a value is an error, or an argument is a text that is no number.

    Example:
        >>> numbers((ValueGrid([[1.0, "text", True, None]]), True))
        [1.0, 1.0]
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
    """Return x / y: 0.5 for 1 and 2.

    Raises:
        CellError: y is 0, one of them is no number, or the result is infinite.
    """
    x, y = number(x), number(y)
    if not is_recorded(y) and plain(y) == 0:
        raise CellError("#DIV/0!")
    return finite(x / y)


def text_of(x: Scalar) -> str:
    """Return a value as a text, with 15 digits of a number, '0.5' for 0.5; 'TRUE' for True, '' for an empty cell.

    Raises:
        CellError: the value is an error.
    """
    if isinstance(x, CellError):
        raise x
    if x is None:
        return ""
    return str(x).upper() if isinstance(x, bool) else x if isinstance(x, str) else f"{plain(x):.15g}"


def joined(*texts: Scalar) -> str:
    """Return the texts of values, as of `text_of`, as one text: 'a0.5' for 'a' and 0.5; an empty cell adds nothing."""
    return "".join(map(text_of, texts))


SURELY = 2e-14
"""Two numbers that are further apart than this, relative to the larger one, differ in their first 15 digits."""
_IN_TENSORS: dict[str, Callable[[Any, Any], torch.Tensor]] = {
    "=": torch.eq, "<>": torch.ne, "<": torch.lt, ">": torch.gt, "<=": torch.le, ">=": torch.ge,
}  # fmt: skip


def compare(operator: str, a: Scalar, b: Scalar) -> Any:
    """Return whether two values compare as in Excel: in 15 digits, numbers before texts, and texts before truth values.

    `operator` is '=', '<>', '<', '>', '<=' or '>='. An empty cell counts as 0, or as '' beside a text; capitals don't
    count. In the context `recorded`, the result for tensors is a tensor, 1.0 or 0.0.

    Raises:
        CellError: one of the values is an error.

    Example:
        >>> compare("<", 7.0, "a"), compare("=", "A", "a"), compare("=", None, 0.0)
        (True, True, True)
    """
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
    """Return a grid itself, or a single value as a grid of one cell: ValueGrid([[0.5]]) for 0.5."""
    return value if isinstance(value, ValueGrid) else ValueGrid([[value]])


def transposed(value: Any) -> ValueGrid:
    """Return a grid with rows and columns exchanged: [[1.0, 3.0]] for [[1.0], [3.0]]."""
    return ValueGrid([list(column) for column in zip(*as_grid(value).rows, strict=True)])
