"""Functions of finance, statistics and dates: in each row of the table the value, and the slope by what it reads."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from functools import cache
from typing import Any, NamedTuple

from spreadsheet_autograd.functions.values import CellError, Grid, Scalar, number, numbers, plain
from spreadsheet_autograd.language.elements import rows_of
from spreadsheet_autograd.language.parser import parse
from spreadsheet_autograd.language.syntax import Binary, Call, Name, Node, Number, mapped

Items = Iterator[tuple[Node, Node]]
"""What a function reads, a number each, with the slope by it."""
MOST_STEPS, NEAR = 100, 1e-13


class Row(NamedTuple):
    """A function of the table."""

    value: Callable[..., Any]
    slopes: Callable[..., Items] | None = None
    """Of its arguments, and of how its own value is written; None where all slopes are 0."""


@cache
def _parsed(text: str) -> Node:
    return parse(text, "")


def written_with(text: str, **names: Node) -> Node:
    """A formula with nodes in the place of names."""
    return mapped(_parsed(text), lambda piece: names.get(piece.text, piece) if isinstance(piece, Name) else piece)


def items_of(argument: Node) -> list[Node]:
    """The numbers of an argument, a formula each."""
    return [item for row in rows_of(argument) for item in row]


def _spread(text: str) -> Callable[..., Items]:
    """The slope by each number x of all, v being the value: of a variance, say."""

    def slopes(arguments: tuple[Node, ...], value: Node) -> Items:
        mean, count = Call("AVERAGE", arguments), Call("COUNT", arguments)
        for argument in arguments:
            for x in items_of(argument):
                yield x, written_with(text, x=x, m=mean, n=count, v=value)

    return slopes


def _pairs(by_first: str, by_second: str, further: str = "") -> Callable[..., Items]:
    """The slopes by numbers y of the first range and x of the second; `further` is by a number a before both.

    In the texts s is the slope of the line through the points, d the sum of squares of x − X, X and Y are the means.
    """

    def slopes(arguments: tuple[Node, ...], value: Node) -> Items:
        first, second = arguments[-2:]
        names = {
            "X": Call("AVERAGE", (second,)), "Y": Call("AVERAGE", (first,)), "n": Call("COUNT", (second,)),
            "d": Call("DEVSQ", (second,)), "e": Call("DEVSQ", (first,)), "s": Call("SLOPE", (first, second)),
            "v": value, "a": arguments[0],
        }  # fmt: skip
        if further:
            yield arguments[0], written_with(further, **names)
        for y, x in zip(items_of(first), items_of(second), strict=True):
            yield y, written_with(by_first, x=x, y=y, **names)
            yield x, written_with(by_second, x=x, y=y, **names)

    return slopes


def _columns(first: Any, second: Any) -> tuple[list[Any], list[Any]]:
    ys, xs = numbers((first,)), numbers((second,))
    if len(ys) != len(xs) or not xs:
        raise CellError("#N/A")
    return ys, xs


def _moments(first: Any, second: Any) -> tuple[Any, Any, Any, Any, Any, int]:
    ys, xs = _columns(first, second)
    y_mean, x_mean = sum(ys) / len(ys), sum(xs) / len(xs)
    together = sum((x - x_mean) * (y - y_mean) for x, y in zip(xs, ys, strict=True))
    return together, sum((x - x_mean) ** 2 for x in xs), sum((y - y_mean) ** 2 for y in ys), x_mean, y_mean, len(xs)


def _divided(a: Any, b: Any) -> Any:
    if plain(b) == 0:
        raise CellError("#DIV/0!")
    return a / b


def _slope(first: Any, second: Any) -> Any:
    together, squares, *_ = _moments(first, second)
    return _divided(together, squares)


def _intercept(first: Any, second: Any) -> Any:
    *_, x_mean, y_mean, _ = _moments(first, second)
    return y_mean - _slope(first, second) * x_mean


def _correlation(first: Any, second: Any) -> Any:
    together, squares, others, *_ = _moments(first, second)
    return _divided(together, (squares * others) ** 0.5)


def _covariance(less: int) -> Callable[[Any, Any], Any]:
    def function(first: Any, second: Any) -> Any:
        together, *_, count = _moments(first, second)
        return _divided(together, float(count - less))

    return function


def _npv(rate: Scalar, *values: Any) -> Any:
    return sum(item / (1 + number(rate)) ** k for k, item in enumerate(numbers(values), 1))


def _slopes_of_npv(arguments: tuple[Node, ...], value: Node) -> Items:
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
        step = _divided(total, steep)
        rate -= step
        if abs(step) < NEAR * max(1.0, abs(rate)):
            break
    else:
        raise CellError("#NUM!")
    # One more step of Newton's, with the numbers' own graphs: its slope is the rate's.
    return rate - sum(item / (1 + rate) ** k for k, item in enumerate(items)) / steep


def _slopes_of_irr(arguments: tuple[Node, ...], value: Node) -> Items:
    items = items_of(arguments[0])
    total: Node = Number(0.0)
    for k, item in enumerate(items[1:], 1):
        term = written_with("k*x/(1+v)^(k+1)", k=Number(float(k)), x=item, v=value)
        total = term if k == 1 else Binary("+", total, term)
    for k, item in enumerate(items):
        yield item, written_with("1/(1+v)^k/t", k=Number(float(k)), v=value, t=total)


def _annuity(solve: Callable[..., Any]) -> Callable[..., Any]:
    """Of rate, number of periods, two amounts and when is paid: what makes them worth nothing together."""

    def function(rate: Scalar, count: Scalar, one: Scalar, other: Scalar = 0.0, early: Scalar = 0.0) -> Any:
        r, n = number(rate), number(count)
        growth = (1 + r) ** n
        per_unit = n if plain(r) == 0 else (1 + r * number(early)) * (growth - 1) / r
        return solve(growth, per_unit, number(one), number(other))

    return function


_GROWTH, _PER_UNIT = "(1+r)^n", "(1+r*t)*((1+r)^n-1)/r"


def _by_formula(formula: str) -> Callable[..., Node]:
    def whole(arguments: tuple[Node, ...]) -> Node:
        zero = Number(0.0)
        rate, count, one, *rest = arguments
        other, early = [*rest, zero, zero][:2]
        return written_with(formula, r=rate, n=count, a=one, b=other, t=early)

    return whole


WHOLE: dict[str, Callable[[tuple[Node, ...]], Node]] = {
    "PMT": _by_formula(f"-(a*{_GROWTH}+b)/({_PER_UNIT})"),
    "PV": _by_formula(f"-(b+a*({_PER_UNIT}))/{_GROWTH}"),
    "FV": _by_formula(f"-(b*{_GROWTH}+a*({_PER_UNIT}))"),
    "RADIANS": lambda arguments: written_with("x*PI()/180", x=arguments[0]),
    "DEGREES": lambda arguments: written_with("x*180/PI()", x=arguments[0]),
    "N": lambda arguments: arguments[0],
    "VALUE": lambda arguments: arguments[0],
}
"""Functions that are formulas of others, from which their slopes follow."""


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


_SPREAD_SLOPE, _SLOPE_OF_SLOPE = "(x-X)/d", "((y-Y)-2*s*(x-X))/d"
TABLE: dict[str, Row] = {
    "SLOPE": Row(_slope, _pairs(_SPREAD_SLOPE, "((y-Y)-2*v*(x-X))/d")),
    "INTERCEPT": Row(_intercept, _pairs(f"1/n-X*{_SPREAD_SLOPE}", f"-s/n-X*{_SLOPE_OF_SLOPE}")),
    "FORECAST": Row(
        lambda a, ys, xs: _intercept(ys, xs) + _slope(ys, xs) * number(a),
        _pairs(f"1/n+(a-X)*{_SPREAD_SLOPE}", f"-s/n+(a-X)*{_SLOPE_OF_SLOPE}", "s"),
    ),
    "CORREL": Row(_correlation, _pairs("(x-X)/SQRT(d*e)-v*(y-Y)/e", "(y-Y)/SQRT(d*e)-v*(x-X)/d")),
    "COVARIANCE.P": Row(_covariance(0), _pairs("(x-X)/n", "(y-Y)/n")),
    "COVARIANCE.S": Row(_covariance(1), _pairs("(x-X)/(n-1)", "(y-Y)/(n-1)")),
    "NPV": Row(_npv, _slopes_of_npv),
    "IRR": Row(_irr, _slopes_of_irr),
    "PMT": Row(_annuity(lambda growth, unit, one, other: -(one * growth + other) / unit)),
    "PV": Row(_annuity(lambda growth, unit, one, other: -(other + one * unit) / growth)),
    "FV": Row(_annuity(lambda growth, unit, one, other: -(other * growth + one * unit))),
    "LINEST": Row(lambda ys, xs: Grid([[_slope(ys, xs), _intercept(ys, xs)]])),
    "DATE": Row(_day), "YEAR": Row(_of_date(lambda day: day.year)), "MONTH": Row(_of_date(lambda day: day.month)),
    "DAY": Row(_of_date(lambda day: day.day)), "EDATE": Row(_months_later(False)), "EOMONTH": Row(_months_later(True)),
    "DAYS": Row(lambda end, begin: float(math.floor(plain(end)) - math.floor(plain(begin)))),
}  # fmt: skip
for _name, _same in {"FORECAST.LINEAR": "FORECAST", "PEARSON": "CORREL", "COVAR": "COVARIANCE.P"}.items():
    TABLE[_name] = TABLE[_same]
STEADY = {"DATE", "YEAR", "MONTH", "DAY", "EDATE", "EOMONTH", "DAYS"}
SPREADS = {
    "VAR": _spread("2*(x-m)/(n-1)"), "VARP": _spread("2*(x-m)/n"), "DEVSQ": _spread("2*(x-m)"),
    "STDEV": _spread("(x-m)/((n-1)*v)"), "STDEVP": _spread("(x-m)/(n*v)"),
}  # fmt: skip
SPREADS |= {
    "VAR.S": SPREADS["VAR"],
    "VAR.P": SPREADS["VARP"],
    "STDEV.S": SPREADS["STDEV"],
    "STDEV.P": SPREADS["STDEVP"],
}
