"""The functions of single numbers, for Python's numbers and for PyTorch's."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch

from spreadsheet_autograd.functions.values import CellError, Scalar, finite, is_recorded, number, plain, truth

Function = Callable[..., Scalar]
WITHOUT_SLOPE = {"ROUND", "ROUNDUP", "ROUNDDOWN", "INT", "TRUNC", "SIGN", "CEILING", "FLOOR", "MROUND", "EVEN", "ODD",
                 "QUOTIENT"}  # fmt: skip
SURELY = 2e-14
"""Numbers that are further apart, relatively, differ in 15 digits."""


def _one(of_float: Callable[[float], float], of_tensor: Callable[[torch.Tensor], torch.Tensor]) -> Function:
    def function(x: Scalar) -> Scalar:
        x = number(x)
        try:
            return finite(of_tensor(x) if isinstance(x, torch.Tensor) else float(of_float(x)))
        except (ValueError, OverflowError):
            raise CellError("#NUM!") from None
        except ZeroDivisionError:
            raise CellError("#DIV/0!") from None

    return function


def power(base: Scalar, exponent: Scalar) -> Scalar:
    """One number to the power of another."""
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


def divide(x: Scalar, y: Scalar) -> Scalar:
    """One number by another."""
    x, y = number(x), number(y)
    if not is_recorded(y) and plain(y) == 0:
        raise CellError("#DIV/0!")
    return finite(x / y)


def _log(x: Scalar, base: Scalar = 10.0) -> Scalar:
    return divide(SCALAR["LN"](x), SCALAR["LN"](base))


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
    x = plain(value)
    return 0, float(f"{x:.15g}")


def _rounded(to_whole: Callable[[float], int]) -> Function:
    def function(x: Scalar, digits: Scalar = 0.0) -> float:
        value, places = plain(x), 10.0 ** int(plain(digits))
        scaled = float(f"{abs(value) * places:.15g}")  # 1.005 is less in binary; Excel rounds what it shows
        return math.copysign(to_whole(scaled), value) / places

    return function


def _multiple(rounding: Callable[[float], int]) -> Function:
    def function(x: Scalar, step: Scalar = 1.0, *_: Scalar) -> float:
        size = plain(step)
        return 0.0 if size == 0 else float(rounding(plain(x) / size)) * size

    return function


def _mod(x: Scalar, y: Scalar) -> Scalar:
    if plain(y) == 0:
        raise CellError("#DIV/0!")
    return number(x) - number(y) * float(math.floor(plain(x) / plain(y)))


def _erf(x: Scalar, upper: Scalar = None) -> Scalar:
    one = _one(math.erf, torch.erf)
    return one(x) if upper is None else one(upper) - one(x)


def _text(x: Scalar) -> str:
    if isinstance(x, CellError):
        raise x
    if x is None:
        return ""
    return str(x).upper() if isinstance(x, bool) else x if isinstance(x, str) else f"{plain(x):.15g}"


def joined(*texts: Scalar) -> str:
    """Texts behind each other."""
    return "".join(map(_text, texts))


def _normal(x: Scalar, mean: Scalar = 0.0, deviation: Scalar = 1.0, cumulative: Scalar = True) -> Scalar:
    z = divide(number(x) - number(mean), deviation)
    if truth(cumulative):
        return (_erf(z / math.sqrt(2)) + 1) / 2
    return divide(SCALAR["EXP"](-z * z / 2) / math.sqrt(2 * math.pi), deviation)


SCALAR: dict[str, Function] = {
    "EXP": _one(math.exp, torch.exp),
    "LN": _one(math.log, torch.log),
    "LOG10": _one(math.log10, torch.log10),
    "LOG": _log,
    "SQRT": _one(math.sqrt, torch.sqrt),
    "POWER": power,
    "ABS": _one(abs, torch.abs),
    "SIGN": lambda x: float((plain(x) > 0) - (plain(x) < 0)),
    "SIN": _one(math.sin, torch.sin), "COS": _one(math.cos, torch.cos), "TAN": _one(math.tan, torch.tan),
    "ASIN": _one(math.asin, torch.asin), "ACOS": _one(math.acos, torch.acos), "ATAN": _one(math.atan, torch.atan),
    "SINH": _one(math.sinh, torch.sinh), "COSH": _one(math.cosh, torch.cosh), "TANH": _one(math.tanh, torch.tanh),
    "ASINH": _one(math.asinh, torch.asinh), "ACOSH": _one(math.acosh, torch.acosh),
    "ATANH": _one(math.atanh, torch.atanh),
    "COTH": lambda x: divide(1.0, SCALAR["TANH"](x)), "SECH": lambda x: divide(1.0, SCALAR["COSH"](x)),
    "CSCH": lambda x: divide(1.0, SCALAR["SINH"](x)),
    "ERF": _erf, "ERF.PRECISE": _erf, "ERFC": lambda x: 1 - _erf(x),
    "NORM.S.DIST": lambda x, cumulative: _normal(x, 0.0, 1.0, cumulative), "NORMSDIST": lambda x: _normal(x),
    "NORM.DIST": _normal, "NORMDIST": _normal,
    "ROUND": _rounded(lambda x: math.floor(x + 0.5)), "ROUNDUP": _rounded(math.ceil),
    "ROUNDDOWN": _rounded(math.floor), "TRUNC": _rounded(math.floor),
    "INT": lambda x: float(math.floor(plain(x))),
    "CEILING": _multiple(math.ceil), "FLOOR": _multiple(math.floor), "CEILING.MATH": _multiple(math.ceil),
    "FLOOR.MATH": _multiple(math.floor), "MROUND": _multiple(round),
    "MOD": _mod, "QUOTIENT": lambda x, y: float(math.trunc(plain(divide(x, y)))),
    "NOT": lambda x: not truth(x),
    "N": lambda x: 0.0 if isinstance(x, str) else number(x),
    "DEGREES": lambda x: number(x) * (180 / math.pi), "RADIANS": lambda x: number(x) * (math.pi / 180),
    "ISNUMBER": lambda x: isinstance(x, (float, torch.Tensor)), "ISBLANK": lambda x: x is None,
    "ISTEXT": lambda x: isinstance(x, str), "ISERROR": lambda x: isinstance(x, CellError),
    "ISNA": lambda x: isinstance(x, CellError) and x.code == "#N/A",
    "CONCATENATE": joined, "CONCAT": joined, "VALUE": number,
    "LEN": lambda x: float(len(_text(x))), "UPPER": lambda x: _text(x).upper(), "LOWER": lambda x: _text(x).lower(),
    "LEFT": lambda x, count=1.0: _text(x)[: int(plain(count))],
    "RIGHT": lambda x, count=1.0: _text(x)[max(0, len(_text(x)) - int(plain(count))) :],
    "MID": lambda x, start, count: _text(x)[int(plain(start)) - 1 :][: int(plain(count))],
    "HYPERLINK": lambda link, shown=None: link if shown is None else shown,
    "EXACT": lambda a, b: _text(a) == _text(b),
}  # fmt: skip

OPERATORS: dict[str, Function] = {
    "+": lambda a, b: finite(number(a) + number(b)),
    "-": lambda a, b: finite(number(a) - number(b)),
    "*": lambda a, b: finite(number(a) * number(b)),
    "/": divide,
    "^": power,
    "&": joined,
    **{sign: (lambda a, b, sign=sign: compare(sign, a, b)) for sign in ("=", "<>", "<", ">", "<=", ">=")},
}
