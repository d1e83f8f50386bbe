"""Rows of calls that compute each element from the elements at the same place, with broadcasting."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

import numpy as np
import torch

from excel_export.formulas import (
    ABS,
    ACOS,
    AND,
    ASIN,
    ATAN,
    ATAN2,
    ATANH,
    COS,
    COSH,
    ERF,
    EXP,
    IF,
    INT,
    LN,
    LOG10,
    MAX,
    MIN,
    OR,
    SIGN,
    SIN,
    SINH,
    SQRT,
    TAN,
    TANH,
    TRUNC,
    Expression,
    OperandLike,
    as_expression,
    equal,
    is_true,
    log1p,
    logistic,
    unequal,
)
from excel_export.formulas.powers import power, power_of_number, power_of_two
from excel_export.recorder.rows.table import ROWS, Cells, row
from excel_export.shared.infinity import INFINITY

Number = Cells | float
SIXTH = float(np.float32(1 / 6))
"""PyTorch's slope of hardsigmoid, which is rounded to a float32 even for float64."""
FAR = 709
"""The exponential of larger numbers counts as infinite: e^709 is far above the numbers that do."""
NEAR_0 = 1e-5
"""Below this size, two terms of a series are exact, and 1 + x has lost digits of x."""


def scaled(x: OperandLike, factor: float) -> OperandLike:
    """Return factor · x; x itself for 1."""
    return x if factor == 1 else -as_expression(x) if factor == -1 else factor * as_expression(x)


@row("add")
def _add(a: Number, b: Number, alpha: float = 1) -> Expression:
    return as_expression(a) + scaled(b, alpha)


@row("sub")
def _sub(a: Number, b: Number, alpha: float = 1) -> Expression:
    return as_expression(a) - scaled(b, alpha)


@row("rsub")
def _rsub(a: Number, b: Number, alpha: float = 1) -> Expression:
    return as_expression(b) - scaled(a, alpha)


@row("div")
def _div(a: Number, b: Number, rounding_mode: str | None = None) -> Expression:
    quotient = as_expression(a) / as_expression(b)
    return {None: quotient, "trunc": TRUNC(quotient), "floor": INT(quotient)}[rounding_mode]


@row("pow")
def _pow(a: Number, b: Number) -> Expression:
    if not isinstance(b, Cells):
        return power(as_expression(a), b)
    return power_of_two(a, b) if isinstance(a, Cells) else power_of_number(a, b)


@row("log1p")
def _log1p(x: Cells) -> Expression:
    return IF(ABS(x) < NEAR_0, x - x * x / 2, IF(equal(x, -1), -INFINITY, LN(1 + x)))


@row("expm1")
def _expm1(x: Cells) -> Expression:
    return IF(ABS(x) < NEAR_0, x + x * x / 2, EXP(x) - 1)


@row("acosh")
def _acosh(x: Cells) -> Expression:
    return log1p(x - 1 + SQRT(x - 1) * SQRT(x + 1))


@row("asinh")
def _asinh(x: Cells) -> Expression:
    size = ABS(x)
    return SIGN(x) * log1p(size + size * size / (1 + SQRT(size * size + 1)))


@row("round")
def _round(x: Cells, *, decimals: int = 0) -> Expression:
    """Halfway goes to the even number, unlike Excel's ROUND."""
    wide = as_expression(scaled(x, 10.0**decimals))
    below = INT(wide)
    over, is_odd = wide - below, below - 2 * INT(below / 2)
    whole = below + IF(over < 0.5, 0, IF(over > 0.5, 1, is_odd))
    return whole / 10.0**decimals if decimals else whole


@row("atan2")
def _atan2(y: Number, x: Number) -> Expression:
    """Excel takes the two the other way round, and has no angle of (0, 0)."""
    return IF(AND(equal(x, 0), equal(y, 0)), 0, ATAN2(x, y))


@row("remainder")
def _remainder(a: Number, b: Number) -> Expression:
    one, two = as_expression(a), as_expression(b)
    return one - two * INT(one / two)


@row("fmod")
def _fmod(a: Number, b: Number) -> Expression:
    one, two = as_expression(a), as_expression(b)
    return one - two * TRUNC(one / two)


@row("clamp")
def _clamp(x: Cells, min: Number | None = None, max: Number | None = None) -> Expression:
    above = x.cells if min is None else MAX(x, min)
    return above if max is None else MIN(above, max)


@row("_to_copy")
def _to_copy(x: Cells, *, dtype: torch.dtype, **_: object) -> Expression:
    """Called only where a float becomes a whole number or a truth value; other casts change no number."""
    return IF(is_true(x), 1, 0) if dtype is torch.bool else TRUNC(x)


@row("masked_fill")
def _masked_fill(x: Cells, mask: Cells, value: Number) -> Expression:
    return IF(is_true(mask), value, x)


@row("where")
def _where(condition: Cells, a: Number, b: Number) -> Expression:
    return IF(is_true(condition), a, b)


@row("threshold")
def _threshold(x: Cells, threshold: float, value: float) -> Expression:
    return IF(x > threshold, x, value)


@row("threshold_backward")
def _threshold_backward(grad: Cells, x: Cells, threshold: float) -> Expression:
    return IF(x > threshold, grad, 0)


def _compare(holds: Callable[[OperandLike, OperandLike], Expression], a: Number, b: Number) -> Expression:
    """Spreadsheets take numbers that agree in 15 digits as equal, one all below 2e-16: with 0 the sign is compared."""
    one = as_expression(a) if isinstance(b, Cells) or b else SIGN(a)
    return IF(holds(one, b), 1, 0)


_HOLDS: dict[str, Callable[[OperandLike, OperandLike], Expression]] = {
    "gt": lambda a, b: as_expression(a) > b,
    "ge": lambda a, b: as_expression(a) >= b,
    "lt": lambda a, b: as_expression(a) < b,
    "le": lambda a, b: as_expression(a) <= b,
    "eq": equal,
    "ne": unequal,
}
ROWS.update({name: partial(_compare, holds) for name, holds in _HOLDS.items()})


def _sign_of(function: Callable[[OperandLike, OperandLike], Expression]) -> Callable[[Number, Number], Expression]:
    return lambda a, b: function(is_true(a), is_true(b))


ROWS.update(
    {
        "mul": lambda a, b: as_expression(a) * b,
        "neg": lambda x: -x,
        "reciprocal": lambda x: 1 / x,
        "sqrt": lambda x: SQRT(x),
        "rsqrt": lambda x: 1 / SQRT(x),
        "exp": lambda x: EXP(MIN(FAR, x)),
        "exp2": lambda x: EXP(x * math.log(2)),
        "log": lambda x: IF(equal(SIGN(x), 0), -INFINITY, LN(x)),
        "log2": lambda x: LN(x) / math.log(2),
        "log10": lambda x: LOG10(x),
        "sin": lambda x: SIN(x),
        "cos": lambda x: COS(x),
        "tan": lambda x: TAN(x),
        "asin": lambda x: ASIN(x),
        "acos": lambda x: ACOS(x),
        "atan": lambda x: ATAN(x),
        "sinh": lambda x: SINH(x),
        "cosh": lambda x: COSH(x),
        "tanh": lambda x: TANH(x),
        "atanh": lambda x: ATANH(x),
        "sigmoid": logistic,
        "erf": lambda x: ERF(x),
        "abs": lambda x: ABS(x),
        "sign": lambda x: SIGN(x),
        "sgn": lambda x: SIGN(x),
        "floor": lambda x: INT(x),
        "ceil": lambda x: -INT(-x),
        "trunc": lambda x: TRUNC(x),
        "relu": lambda x: MAX(0, x),
        "maximum": lambda a, b: MAX(a, b),
        "minimum": lambda a, b: MIN(a, b),
        "clamp_min": lambda x, least: MAX(x, least),
        "clamp_max": lambda x, most: MIN(x, most),
        "hardsigmoid": lambda x: MIN(MAX(x + 3, 0), 6) / 6,
        "hardsigmoid_backward": lambda grad, x: IF(ABS(x) < 3, SIXTH * grad, 0),
        "logical_and": _sign_of(lambda a, b: IF(AND(a, b), 1, 0)),
        "logical_or": _sign_of(lambda a, b: IF(OR(a, b), 1, 0)),
        "logical_xor": _sign_of(lambda a, b: ABS(IF(a, 1, 0) - IF(b, 1, 0))),
        "logical_not": lambda x: IF(is_true(x), 0, 1),
        "bitwise_and": _sign_of(lambda a, b: IF(AND(a, b), 1, 0)),
        "bitwise_or": _sign_of(lambda a, b: IF(OR(a, b), 1, 0)),
        "bitwise_xor": lambda a, b: ABS(as_expression(a) - b),
        "bitwise_not": lambda x: IF(is_true(x), 0, 1),
    }
)
