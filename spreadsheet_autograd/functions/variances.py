"""Variances and standard deviations, with their slopes."""

from collections.abc import Callable
from typing import Any

from spreadsheet_autograd.functions.scalar_functions import Function, Slopes
from spreadsheet_autograd.functions.values import Scalar, divide, numbers
from spreadsheet_autograd.language.algebra import call_of, written_with
from spreadsheet_autograd.language.single_cells import items_of
from spreadsheet_autograd.language.syntax import Node


def by_each(*texts: str) -> Callable[..., Slopes]:
    """Return a function for `Function.slope`: it yields for each number x of a call (x, the factors of the slope, …).

    Args:
        texts: the factors, as formulas of x, the call's value v, the mean m and the count n of all numbers: '2*(x-m)/n'
            for VARP, which gives (A1, 2*(A1-AVERAGE(A1:A3))/COUNT(A1:A3)) and so on for VARP(A1:A3).
    """

    def slopes(arguments: tuple[Node, ...], value: Node) -> Slopes:
        names = {"m": call_of("AVERAGE", *arguments), "n": call_of("COUNT", *arguments), "v": value}
        for x in items_of(*arguments):
            yield x, *(written_with(text, x=x, **names) for text in texts)

    return slopes


def _squares(arguments: tuple[Any, ...]) -> Any:
    found = numbers(arguments)
    mean = divide(sum(found), float(len(found)))
    return sum((item - mean) ** 2 for item in found)


def _variance(text: str, less: int, *, root: bool) -> Function:
    def value(*arguments: Any) -> Scalar:
        total = divide(_squares(arguments), float(len(numbers(arguments)) - less))
        return total**0.5 if root else total

    return Function(value, by_each(text))


_VAR, _VARP = _variance("2*(x-m)/(n-1)", 1, root=False), _variance("2*(x-m)/n", 0, root=False)
_STDEV, _STDEVP = _variance("(x-m)/((n-1)*v)", 1, root=True), _variance("(x-m)/(n*v)", 0, root=True)
VARIANCES: dict[str, Function] = {
    "VAR": _VAR, "VAR.S": _VAR, "VARP": _VARP, "VAR.P": _VARP,
    "STDEV": _STDEV, "STDEV.S": _STDEV, "STDEVP": _STDEVP, "STDEV.P": _STDEVP,
    "DEVSQ": Function(lambda *arguments: _squares(arguments), by_each("2*(x-m)")),
}  # fmt: skip
