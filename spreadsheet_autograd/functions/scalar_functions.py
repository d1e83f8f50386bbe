"""Functions of single numbers, for Python's floats and PyTorch's tensors, with their slopes."""

import math
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, NamedTuple, NoReturn

import torch

from spreadsheet_autograd.functions.values import (
    CellError,
    Scalar,
    divide,
    finite,
    is_recorded,
    joined,
    number,
    plain,
    text_of,
    truth,
)
from spreadsheet_autograd.language.algebra import MINUS_ONE, ONE, ZERO, as_nested_if, call_of, written_with
from spreadsheet_autograd.language.syntax import Binary, Call, Node, Number


class NoDerivative(ValueError):
    """Raised for a function that can't be differentiated here; str(error) is its name, 'RAND'."""


Slopes = Iterable[tuple[Node, ...]]
"""For each number that a call reads: its formula, and then the factors of the slope by it; of x*y (x, y), (y, x)."""


class Function(NamedTuple):
    """A spreadsheet function: Function(exp, 'v') computes EXP, whose slope is its own value v."""

    value: Callable[..., Any] | None = None
    """The function of the arguments' values; None if `formula` is computed instead."""
    slope: str | Callable[[tuple[Node, ...], Node], Slopes] | None = None
    """The slope; None if there is none, or if it follows from `formula`.

    A text is the slope by the only argument x, as a formula in which v is the value of the call: 'v' for EXP. A
    function takes the arguments and a formula for the value, and yields for each number that the call reads (its
    formula, the factors of the slope by it, …): (A1, B1) and (B1, A1) for A1*B1.
    """
    formula: Callable[[tuple[Node, ...]], Node | None] | None = None
    """A function that returns for the arguments a formula of other functions with the same value; None if there is
    none."""


STEADY = "0"
"""The slope of a function that is constant, or goes up in steps."""


def steady(value: Callable[..., Any]) -> Function:
    """Return a `Function` whose slope is 0, Function(value, '0'), such as ROUND; value(x, …) computes it."""
    return Function(value, STEADY)


def _one(name: str) -> Callable[[Scalar], Scalar]:
    of_float, of_tensor = getattr(math, name, abs), getattr(torch, name)

    def function(x: Scalar) -> Scalar:
        x = number(x)
        try:
            return finite(of_tensor(x) if isinstance(x, torch.Tensor) else float(of_float(x)))
        except (ValueError, OverflowError):
            raise CellError("#NUM!") from None

    return function


_EXP, _LN, _ERF = _one("exp"), _one("log"), _one("erf")


def power(base: Scalar, exponent: Scalar) -> Scalar:
    """Return base^exponent, 8.0 for 2.0 and 3.0: a float, or a tensor if one of them is a tensor.

    Raises:
        CellError: the result is infinite, complex, or 0 to a negative power; or one of them is no number.
    """
    x, y = number(base), number(exponent)
    if is_recorded(x, y):
        return x**y
    try:
        if isinstance(y, torch.Tensor) and plain(x) <= 0:
            y = plain(y)  # there is no slope by the exponent where the base isn't positive
        result = x**y
    except ZeroDivisionError:
        raise CellError("#DIV/0!") from None
    except OverflowError:
        raise CellError("#NUM!") from None
    if isinstance(result, complex):
        raise CellError("#NUM!")
    return finite(result)


def _rounded(to_whole: Callable[[float], int]) -> Callable[..., Scalar]:
    def function(x: Scalar, digits: Scalar = 0.0) -> float:
        value, places = plain(x), 10.0 ** int(plain(digits))
        scaled = float(f"{abs(value) * places:.15g}")  # 1.005 is less in binary; Excel rounds the shown digits
        return math.copysign(to_whole(scaled), value) / places

    return function


def _multiple(rounding: Callable[[float], int]) -> Callable[..., Scalar]:
    def function(x: Scalar, step: Scalar = 1.0, *_: Scalar) -> float:
        size = plain(step)
        return 0.0 if size == 0 else float(rounding(plain(x) / size)) * size

    return function


def _mod(x: Scalar, y: Scalar) -> Scalar:
    if plain(y) == 0:
        raise CellError("#DIV/0!")
    return number(x) - number(y) * float(math.floor(plain(x) / plain(y)))


def _slopes_of_mod(arguments: tuple[Node, ...], value: Node) -> Slopes:
    x, y = arguments
    yield (x,)
    yield y, MINUS_ONE, call_of("INT", Binary("/", x, y))


def _erf(x: Scalar, upper: Scalar = None) -> Scalar:
    return _ERF(x) if upper is None else _ERF(upper) - _ERF(x)


def _normal(x: Scalar, mean: Scalar = 0.0, deviation: Scalar = 1.0, cumulative: Scalar = True) -> Scalar:
    z = divide(number(x) - number(mean), deviation)
    if truth(cumulative):
        return (_erf(z / math.sqrt(2)) + 1) / 2
    return divide(_EXP(-z * z / 2) / math.sqrt(2 * math.pi), deviation)


def _slopes_of_normal(arguments: tuple[Node, ...], value: Node) -> Slopes:
    """Yield the slopes of the distribution, which is its density, and of the density, −z times itself."""
    is_standard = len(arguments) < 3
    x, mean, deviation = (arguments[0], ZERO, ONE) if is_standard else arguments[:3]
    is_sum: Node = arguments[-1] if len(arguments) in (2, 4) else Call("TRUE", ())
    z = x if is_standard else written_with("(x-m)/s", x=x, m=mean, s=deviation)
    density = written_with("EXP(-(z^2)/2)/SQRT(2*PI())", z=z)
    slope = written_with("IF(c,d/s,-z*d/s^2)", c=is_sum, d=density, z=z, s=deviation)
    yield x, slope
    if not is_standard:
        yield mean, written_with("-q", q=slope)
        yield deviation, written_with("IF(c,-z*d/s,(z^2-1)*d/s^2)", c=is_sum, d=density, z=z, s=deviation)


def _normal_inverse(share: Scalar) -> Scalar:
    p = number(share)
    if not 0 < plain(p) < 1:
        raise CellError("#NUM!")
    if isinstance(p, torch.Tensor):
        return torch.special.ndtri(p)
    return float(torch.special.ndtri(torch.tensor(p, dtype=torch.float64)))


def _inverse_of(share: Node, mean: Node, deviation: Node) -> Node:
    return written_with("m+s*z", m=mean, s=deviation, z=call_of("NORMSINV", share))


def _angle(x: Scalar, y: Scalar) -> Scalar:
    across, up = number(x), number(y)
    if plain(across) == 0 == plain(up):
        raise CellError("#DIV/0!")
    if is_recorded(across, up) or isinstance(across, torch.Tensor) or isinstance(up, torch.Tensor):
        return torch.atan2(torch.as_tensor(up, dtype=torch.float64), torch.as_tensor(across, dtype=torch.float64))
    return math.atan2(up, across)


def _slopes_of_angle(arguments: tuple[Node, ...], value: Node) -> Slopes:
    x, y = arguments
    yield x, written_with("-y/(x^2+y^2)", x=x, y=y)
    yield y, written_with("x/(x^2+y^2)", x=x, y=y)


def _log(arguments: tuple[Node, ...]) -> Node:
    base = arguments[1] if len(arguments) > 1 else Number(10.0)
    return Binary("/", call_of("LN", arguments[0]), call_of("LN", base))


def _not_available() -> NoReturn:
    raise CellError("#N/A")


def _as(text: str) -> Callable[[tuple[Node, ...]], Node]:
    return lambda arguments: written_with(text, x=arguments[0])


_ROUND_DOWN, _CEILING, _FLOOR = _rounded(math.floor), _multiple(math.ceil), _multiple(math.floor)
SCALAR: dict[str, Function] = {
    "EXP": Function(_EXP, "v"),
    "LN": Function(_LN, "1/x"),
    "LOG10": Function(_one("log10"), "1/(x*LN(10))"),
    "LOG": Function(formula=_log),
    "SQRT": Function(_one("sqrt"), "0.5/v"),
    "POWER": Function(formula=lambda arguments: Binary("^", *arguments)),
    "ABS": Function(_one("abs"), "SIGN(x)"),
    "SIN": Function(_one("sin"), "COS(x)"),
    "COS": Function(_one("cos"), "-SIN(x)"),
    "TAN": Function(_one("tan"), "1+v^2"),
    "ASIN": Function(_one("asin"), "1/SQRT(1-x^2)"),
    "ACOS": Function(_one("acos"), "-1/SQRT(1-x^2)"),
    "ATAN": Function(_one("atan"), "1/(1+x^2)"),
    "ATAN2": Function(_angle, _slopes_of_angle),
    "SINH": Function(_one("sinh"), "COSH(x)"),
    "COSH": Function(_one("cosh"), "SINH(x)"),
    "TANH": Function(_one("tanh"), "1-v^2"),
    "ASINH": Function(_one("asinh"), "1/SQRT(x^2+1)"),
    "ACOSH": Function(_one("acosh"), "1/SQRT(x^2-1)"),
    "ATANH": Function(_one("atanh"), "1/(1-x^2)"),
    "COTH": Function(lambda x: divide(1.0, _one("tanh")(x)), "1-v^2"),
    "SECH": Function(lambda x: divide(1.0, _one("cosh")(x)), "-v*TANH(x)"),
    "CSCH": Function(lambda x: divide(1.0, _one("sinh")(x)), "-v/TANH(x)"),
    "ERF": Function(_erf, "2*EXP(-(x^2))/SQRT(PI())"),
    "ERF.PRECISE": Function(_erf, "2*EXP(-(x^2))/SQRT(PI())"),
    "ERFC": Function(lambda x: 1 - _erf(x), "-2*EXP(-(x^2))/SQRT(PI())"),
    "NORM.S.DIST": Function(lambda x, cumulative: _normal(x, 0.0, 1.0, cumulative), _slopes_of_normal),
    "NORMSDIST": Function(lambda x: _normal(x), _slopes_of_normal),
    "NORM.S.INV": Function(_normal_inverse, "SQRT(2*PI())*EXP(v^2/2)"),
    "NORMSINV": Function(_normal_inverse, "SQRT(2*PI())*EXP(v^2/2)"),
    "NORM.INV": Function(formula=lambda arguments: _inverse_of(*arguments)),
    "NORMINV": Function(formula=lambda arguments: _inverse_of(*arguments)),
    "NORM.DIST": Function(_normal, _slopes_of_normal),
    "NORMDIST": Function(_normal, _slopes_of_normal),
    "MOD": Function(_mod, _slopes_of_mod),
    "DEGREES": Function(formula=_as("x*180/PI()")),
    "RADIANS": Function(formula=_as("x*PI()/180")),
    "IFS": Function(formula=partial(as_nested_if, "IFS")),
    "SWITCH": Function(formula=partial(as_nested_if, "SWITCH")),
    "PI": steady(lambda: math.pi),
    "TRUE": steady(lambda: True),
    "FALSE": steady(lambda: False),
    "NA": steady(_not_available),
    "N": Function(lambda x: 0.0 if isinstance(x, str) else number(x), formula=_as("x")),
    "VALUE": Function(number, formula=_as("x")),
    "SIGN": steady(lambda x: float((plain(x) > 0) - (plain(x) < 0))),
    "ROUND": steady(_rounded(lambda x: math.floor(x + 0.5))),
    "ROUNDUP": steady(_rounded(math.ceil)),
    "ROUNDDOWN": steady(_ROUND_DOWN),
    "TRUNC": steady(_ROUND_DOWN),
    "INT": steady(lambda x: float(math.floor(plain(x)))),
    "CEILING": steady(_CEILING),
    "FLOOR": steady(_FLOOR),
    "CEILING.MATH": steady(_CEILING),
    "FLOOR.MATH": steady(_FLOOR),
    "MROUND": steady(_multiple(round)),
    "QUOTIENT": steady(lambda x, y: float(math.trunc(plain(divide(x, y))))),
    "NOT": steady(lambda x: not truth(x)),
    "ISNUMBER": steady(lambda x: isinstance(x, (float, torch.Tensor))),
    "ISBLANK": steady(lambda x: x is None),
    "ISTEXT": steady(lambda x: isinstance(x, str)),
    "ISERROR": steady(lambda x: isinstance(x, CellError)),
    "ISNA": steady(lambda x: isinstance(x, CellError) and x.code == "#N/A"),
    "CONCATENATE": Function(joined),
    "CONCAT": Function(joined),
    "LEN": steady(lambda x: float(len(text_of(x)))),
    "UPPER": Function(lambda x: text_of(x).upper()),
    "LOWER": Function(lambda x: text_of(x).lower()),
    "LEFT": Function(lambda x, count=1.0: text_of(x)[: int(plain(count))]),
    "RIGHT": Function(lambda x, count=1.0: text_of(x)[max(0, len(text_of(x)) - int(plain(count))) :]),
    "MID": Function(lambda x, start, count: text_of(x)[int(plain(start)) - 1 :][: int(plain(count))]),
    "HYPERLINK": Function(lambda link, shown=None: link if shown is None else shown),
    "EXACT": steady(lambda a, b: text_of(a) == text_of(b)),
}
"""The functions by their names in capitals."""
