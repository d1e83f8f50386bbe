"""Financial functions, such as NPV and PMT, with their slopes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from spreadsheet_autograd.functions.scalar_functions import Function, Slopes
from spreadsheet_autograd.functions.values import CellError, Scalar, divide, number, numbers, plain
from spreadsheet_autograd.language.algebra import ZERO, written_with
from spreadsheet_autograd.language.single_cells import items_of
from spreadsheet_autograd.language.syntax import Binary, Node, Number

MOST_STEPS = 100
"""The most steps of Newton's method."""
NEAR = 1e-13
"""Newton's method ends after a step smaller than this, relative to the rate."""


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
    # One more step of Newton's method with tensors: its slope is that of the rate.
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
    """Return PMT, PV or FV: they take a rate r, a number n of periods, two amounts, and 1 if payments come early.

    Args:
        solve: returns the value, from (1+r)^n, the final value of payments of 1, and the two amounts.
        text: the same as a formula: G is (1+r)^n, U the final value of payments of 1, a and b the amounts.
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


def _rate(count: Scalar, payment: Scalar, present: Scalar, future: Scalar = 0.0, early: Scalar = 0.0,
          guess: Scalar = 0.1) -> Any:  # fmt: skip
    n, rate = plain(count), plain(guess)

    def worth(r: Any, one: Any, start: Any, end: Any) -> Any:
        growth = (1 + r) ** n
        return start * growth + one * (1 + r * plain(early)) * (growth - 1) / r + end

    amounts = [plain(each) for each in (payment, present, future)]
    for _ in range(MOST_STEPS):
        small = 1e-7 * max(1.0, abs(rate))
        steep = (worth(rate + small, *amounts) - worth(rate - small, *amounts)) / (2 * small)
        step = divide(worth(rate, *amounts), steep)
        rate -= step
        if abs(step) < 1e-12 * max(1.0, abs(rate)):
            break
    else:
        raise CellError("#NUM!")
    return rate - worth(rate, number(payment), number(present), number(future)) / steep


def _slopes_of_rate(arguments: tuple[Node, ...], value: Node) -> Slopes:
    count, payment, present, future, early = [*arguments, ZERO, ZERO][:5]
    names = {"n": count, "a": payment, "b": present, "t": early, "v": value}
    unit = "(1+v*t)*((1+v)^n-1)/v"
    by_rate = "b*n*(1+v)^(n-1)+a*(t*((1+v)^n-1)/v+(1+v*t)*(n*(1+v)^(n-1)*v-((1+v)^n-1))/v^2)"
    yield payment, written_with(f"-({unit})/({by_rate})", **names)
    yield present, written_with(f"-((1+v)^n)/({by_rate})", **names)
    if len(arguments) > 3:
        yield future, written_with(f"-1/({by_rate})", **names)


FINANCE: dict[str, Function] = {
    "NPV": Function(_npv, _slopes_of_npv),
    "IRR": Function(_irr, _slopes_of_irr),
    "PMT": _annuity(lambda growth, unit, one, other: -(one * growth + other) / unit, "-(a*G+b)/U"),
    "PV": _annuity(lambda growth, unit, one, other: -(other + one * unit) / growth, "-(b+a*U)/G"),
    "FV": _annuity(lambda growth, unit, one, other: -(other * growth + one * unit), "-(b*G+a*U)"),
    "RATE": Function(_rate, _slopes_of_rate),
}
