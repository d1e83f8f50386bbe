"""Functions of straight lines through points, correlation and covariance, with their slopes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from spreadsheet_autograd.functions.scalar_functions import Function, Slopes
from spreadsheet_autograd.functions.values import CellError, ValueGrid, divide, number, numbers
from spreadsheet_autograd.language.algebra import call_of, written_with
from spreadsheet_autograd.language.single_cells import items_of
from spreadsheet_autograd.language.syntax import Node


def _by_pairs(first: Sequence[str], second: Sequence[str], further: str = "") -> Callable[..., Slopes]:
    """Return a function that yields slopes by the numbers y of the first range and x of the second.

    Args:
        first: the factors of the slope by y, as formulas.
        second: the factors of the slope by x.
        further: the slope by a number a before both ranges; '' if there is none.

    In these texts s is the slope of the line through the points, X and Y are the means, d and e the sums of (x-X)^2 and
    of (y-Y)^2, n is the number of points, and v the value of the call.
    """

    def slopes(arguments: tuple[Node, ...], value: Node) -> Slopes:
        ys, xs = arguments[-2:]
        names = {
            "X": call_of("AVERAGE", xs), "Y": call_of("AVERAGE", ys), "n": call_of("COUNT", xs),
            "d": call_of("DEVSQ", xs), "e": call_of("DEVSQ", ys), "s": call_of("SLOPE", ys, xs),
            "v": value, "a": arguments[0],
        }  # fmt: skip
        if further:
            yield arguments[0], written_with(further, **names)
        for y, x in zip(items_of(ys), items_of(xs), strict=True):
            yield y, *(written_with(text, x=x, y=y, **names) for text in first)
            yield x, *(written_with(text, x=x, y=y, **names) for text in second)

    return slopes


def _moments(first: Any, second: Any) -> tuple[Any, Any, Any, Any, Any, int]:
    ys, xs = numbers((first,)), numbers((second,))
    if len(ys) != len(xs) or not xs:
        raise CellError("#N/A")
    y_mean, x_mean = sum(ys) / len(ys), sum(xs) / len(xs)
    together = sum((x - x_mean) * (y - y_mean) for x, y in zip(xs, ys, strict=True))
    return together, sum((x - x_mean) ** 2 for x in xs), sum((y - y_mean) ** 2 for y in ys), x_mean, y_mean, len(xs)


def _slope(first: Any, second: Any) -> Any:
    together, squares, *_ = _moments(first, second)
    return divide(together, squares)


def _intercept(first: Any, second: Any) -> Any:
    *_, x_mean, y_mean, _ = _moments(first, second)
    return y_mean - _slope(first, second) * x_mean


def _correlation(first: Any, second: Any) -> Any:
    together, squares, others, *_ = _moments(first, second)
    return divide(together, (squares * others) ** 0.5)


def _covariance(less: int) -> Callable[[Any, Any], Any]:
    def function(first: Any, second: Any) -> Any:
        together, *_, count = _moments(first, second)
        return divide(together, float(count - less))

    return function


def _forecast(at: Any, ys: Any, xs: Any) -> Any:
    return _intercept(ys, xs) + _slope(ys, xs) * number(at)


_SPREAD_SLOPE, _SLOPE_OF_SLOPE = "(x-X)/d", "((y-Y)-2*s*(x-X))/d"
_FORECAST = Function(
    _forecast,
    _by_pairs([f"1/n+(a-X)*{_SPREAD_SLOPE}"], [f"-s/n+(a-X)*{_SLOPE_OF_SLOPE}"], "s"),
)
_CORREL = Function(_correlation, _by_pairs(["(x-X)/SQRT(d*e)-v*(y-Y)/e"], ["(y-Y)/SQRT(d*e)-v*(x-X)/d"]))
_COVARIANCE = Function(_covariance(0), _by_pairs(["(x-X)/n"], ["(y-Y)/n"]))
LINES_THROUGH_POINTS: dict[str, Function] = {
    "SLOPE": Function(_slope, _by_pairs([_SPREAD_SLOPE], ["((y-Y)-2*v*(x-X))/d"])),
    "INTERCEPT": Function(_intercept, _by_pairs([f"1/n-X*{_SPREAD_SLOPE}"], [f"-s/n-X*{_SLOPE_OF_SLOPE}"])),
    "FORECAST": _FORECAST,
    "FORECAST.LINEAR": _FORECAST,
    "TREND": Function(
        lambda ys, xs, at: _forecast(at, ys, xs),
        formula=lambda arguments: call_of("FORECAST", arguments[2], *arguments[:2]),
    ),
    "CORREL": _CORREL,
    "PEARSON": _CORREL,
    "RSQ": Function(
        lambda ys, xs: _correlation(ys, xs) ** 2, formula=lambda pair: written_with("r^2", r=call_of("CORREL", *pair))
    ),
    "COVARIANCE.P": _COVARIANCE,
    "COVAR": _COVARIANCE,
    "COVARIANCE.S": Function(_covariance(1), _by_pairs(["(x-X)/(n-1)"], ["(y-Y)/(n-1)"])),
    "LINEST": Function(lambda ys, xs: ValueGrid([[_slope(ys, xs), _intercept(ys, xs)]])),
}
