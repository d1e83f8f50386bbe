"""Functions of finance, statistics and dates, with their slopes."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from typing import Any

from spreadsheet_autograd.functions.scalar_functions import Function, Slopes, steady
from spreadsheet_autograd.functions.values import CellError, Scalar, ValueGrid, divide, number, numbers, plain
from spreadsheet_autograd.language.algebra import ZERO, call_of, written_with
from spreadsheet_autograd.language.single_cells import items_of
from spreadsheet_autograd.language.syntax import Binary, Node, Number

MOST_STEPS, NEAR = 100, 1e-13


def by_each(*texts: str) -> Callable[..., Slopes]:
    """The slope by each number x of all, as factors; v is the value, m the mean and n the count."""

    def slopes(arguments: tuple[Node, ...], value: Node) -> Slopes:
        names = {"m": call_of("AVERAGE", *arguments), "n": call_of("COUNT", *arguments), "v": value}
        for x in items_of(*arguments):
            yield x, *(written_with(text, x=x, **names) for text in texts)

    return slopes


def by_pairs(first: Sequence[str], second: Sequence[str], further: str = "") -> Callable[..., Slopes]:
    """The slopes by numbers y of the first range and x of the second; `further` is by a number a before both.

    In the texts s is the slope of the line through the points, d the sum of squares of x − X, X and Y are the means.
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


def _npv(rate: Scalar, *values: Any) -> Any:
    return sum(item / (1 + number(rate)) ** k for k, item in enumerate(numbers(values), 1))


def _slopes_of_npv(arguments: tuple[Node, ...], value: Node) -> Slopes:
    rate, *values = arguments
    items = [item for argument in values for item in items_of(argument)]
    for k, item in enumerate(items, 1):
        yield item, written_with("1/(1+r)^k", r=rate, k=Number(float(k)))
        yield rate, written_with("-k*x/(1+r)^(k+1)", r=rate, k=Number(float(k)), x=item)


def _irr(values: Any, guess: Scalar = 0.1) -> Any:
    items, rate = numbers((values,)), plain(guess)
    flows = [plain(item) for item in items]
    for _ in range(MOST_STEPS):
        total = sum(flow / (1 + rate) ** k for k, flow in enumerate(flows))
        steep = sum(-k * flow / (1 + rate) ** (k + 1) for k, flow in enumerate(flows))
        step = divide(total, steep)
        rate -= step
        if abs(step) < NEAR * max(1.0, abs(rate)):
            break
    else:
        raise CellError("#NUM!")
    # One more step of Newton's, with the numbers' own graphs: its slope is the rate's.
    return rate - sum(item / (1 + rate) ** k for k, item in enumerate(items)) / steep


def _slopes_of_irr(arguments: tuple[Node, ...], value: Node) -> Slopes:
    items = items_of(arguments[0])
    total: Node = Number(0.0)
    for k, item in enumerate(items[1:], 1):
        term = written_with("k*x/(1+v)^(k+1)", k=Number(float(k)), x=item, v=value)
        total = term if k == 1 else Binary("+", total, term)
    for k, item in enumerate(items):
        yield item, written_with("1/(1+v)^k/t", k=Number(float(k)), v=value, t=total)


def _annuity(solve: Callable[..., Any], text: str) -> Function:
    """Of rate r, number n of periods, two amounts and when is paid: what makes them worth nothing together.

    What `solve` says of numbers, the text says in formulas: G is what 1 becomes in all periods, and U what 1 paid in
    each period comes to.
    """

    def value(rate: Scalar, count: Scalar, one: Scalar, other: Scalar = 0.0, early: Scalar = 0.0) -> Any:
        r, n = number(rate), number(count)
        growth = (1 + r) ** n
        per_unit = n if plain(r) == 0 else (1 + r * number(early)) * (growth - 1) / r
        return solve(growth, per_unit, number(one), number(other))

    def formula(arguments: tuple[Node, ...]) -> Node:
        rate, count, one, other, early = [*arguments, ZERO, ZERO][:5]
        names = {"r": rate, "n": count, "t": early}
        unit = written_with("(1+r*t)*((1+r)^n-1)/r", **names)
        return written_with(text, a=one, b=other, G=written_with("(1+r)^n", **names), U=unit)

    return Function(value, formula=formula)


def _day(year: Scalar, month: Scalar, day: Scalar) -> float:
    y, m = int(plain(year)), int(plain(month))
    y, m = y + (1900 if y < 1900 else 0) + (m - 1) // 12, (m - 1) % 12 + 1
    return float((date(y, m, 1) - _BEGIN).days + int(plain(day)) - 1)


_BEGIN = date(1899, 12, 30)


def _of_date(part: Callable[[date], int]) -> Callable[[Scalar], float]:
    return lambda serial: float(part(_BEGIN + timedelta(days=math.floor(plain(serial)))))


def _months_later(end: bool) -> Callable[[Scalar, Scalar], float]:
    def function(serial: Scalar, months: Scalar) -> float:
        day = _BEGIN + timedelta(days=math.floor(plain(serial)))
        first = _day(float(day.year), float(day.month + int(plain(months))), 1.0)
        last = _day(float(day.year), float(day.month + int(plain(months)) + 1), 0.0)
        return last if end else min(first + day.day - 1, last)

    return function


def _variance(text: str, less: int, *, root: bool) -> Function:
    def value(*arguments: Any) -> Scalar:
        total = divide(_squares(arguments), float(len(numbers(arguments)) - less))
        return total**0.5 if root else total

    return Function(value, by_each(text))


def _squares(arguments: tuple[Any, ...]) -> Any:
    found = numbers(arguments)
    mean = divide(sum(found), float(len(found)))
    return sum((item - mean) ** 2 for item in found)


_VAR, _VARP = _variance("2*(x-m)/(n-1)", 1, root=False), _variance("2*(x-m)/n", 0, root=False)
_STDEV, _STDEVP = _variance("(x-m)/((n-1)*v)", 1, root=True), _variance("(x-m)/(n*v)", 0, root=True)
_SPREAD_SLOPE, _SLOPE_OF_SLOPE = "(x-X)/d", "((y-Y)-2*s*(x-X))/d"
_FORECAST = Function(
    lambda a, ys, xs: _intercept(ys, xs) + _slope(ys, xs) * number(a),
    by_pairs([f"1/n+(a-X)*{_SPREAD_SLOPE}"], [f"-s/n+(a-X)*{_SLOPE_OF_SLOPE}"], "s"),
)
_CORREL = Function(_correlation, by_pairs(["(x-X)/SQRT(d*e)-v*(y-Y)/e"], ["(y-Y)/SQRT(d*e)-v*(x-X)/d"]))
_COVARIANCE = Function(_covariance(0), by_pairs(["(x-X)/n"], ["(y-Y)/n"]))
FINANCE_AND_STATISTICS: dict[str, Function] = {
    "SLOPE": Function(_slope, by_pairs([_SPREAD_SLOPE], ["((y-Y)-2*v*(x-X))/d"])),
    "INTERCEPT": Function(_intercept, by_pairs([f"1/n-X*{_SPREAD_SLOPE}"], [f"-s/n-X*{_SLOPE_OF_SLOPE}"])),
    "FORECAST": _FORECAST, "FORECAST.LINEAR": _FORECAST, "CORREL": _CORREL, "PEARSON": _CORREL,
    "COVARIANCE.P": _COVARIANCE, "COVAR": _COVARIANCE,
    "COVARIANCE.S": Function(_covariance(1), by_pairs(["(x-X)/(n-1)"], ["(y-Y)/(n-1)"])),
    "VAR": _VAR, "VAR.S": _VAR, "VARP": _VARP, "VAR.P": _VARP,
    "STDEV": _STDEV, "STDEV.S": _STDEV, "STDEVP": _STDEVP, "STDEV.P": _STDEVP,
    "DEVSQ": Function(lambda *arguments: _squares(arguments), by_each("2*(x-m)")),
    "NPV": Function(_npv, _slopes_of_npv),
    "IRR": Function(_irr, _slopes_of_irr),
    "PMT": _annuity(lambda growth, unit, one, other: -(one * growth + other) / unit, "-(a*G+b)/U"),
    "PV": _annuity(lambda growth, unit, one, other: -(other + one * unit) / growth, "-(b+a*U)/G"),
    "FV": _annuity(lambda growth, unit, one, other: -(other * growth + one * unit), "-(b*G+a*U)"),
    "LINEST": Function(lambda ys, xs: ValueGrid([[_slope(ys, xs), _intercept(ys, xs)]])),
    "DATE": steady(_day),
    "YEAR": steady(_of_date(lambda day: day.year)),
    "MONTH": steady(_of_date(lambda day: day.month)),
    "DAY": steady(_of_date(lambda day: day.day)),
    "EDATE": steady(_months_later(False)),
    "EOMONTH": steady(_months_later(True)),
    "DAYS": steady(lambda end, begin: float(math.floor(plain(end)) - math.floor(plain(begin)))),
}  # fmt: skip
