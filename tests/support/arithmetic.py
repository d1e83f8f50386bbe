"""A line of arithmetic as the Lens writes it, worked out again from the numbers that it shows."""

from __future__ import annotations

import math
import re

_NUMBER = re.compile(r"\d+(?:\.\d+)?(?:[eE][+-]\d+)?")
_NAMES = {
    "max": lambda *x: max(x), "min": lambda *x: min(x), "mean": lambda *x: sum(x) / len(x),
    "total": lambda *x: sum(x), "exp": math.exp, "ln": math.log, "sqrt": math.sqrt, "abs": abs, "tanh": math.tanh,
    "floor": math.floor, "normal": lambda x: (1 + math.erf(x / math.sqrt(2))) / 2, "sign": lambda x: (x > 0) - (x < 0),
}  # fmt: skip
_PYTHON = {"−": "-", "·": "*", "mean of (": "mean(", "sum of (": "total(", "e^(": "exp(", "√(": "sqrt(",
           "Φ(": "normal(", "^": "**", "≠": "!=", "≤": "<=", "≥": ">=", " = ": " == "}  # fmt: skip


def worked_out(text: str) -> tuple[float, float]:
    """What a line comes to, and how far off that may be, since each number is shown in a few digits."""
    text = re.sub(r"\[\d+ more: ([^\]]*)\]", r"(\1)", text)
    text = re.sub(r"\|([^|]*)\|", r"abs(\1)", text)
    for people, python in _PYTHON.items():
        text = text.replace(people, python)
    text = _with_conditions(text)
    numbers = [match[0] for match in _NUMBER.finditer(text)]
    template = _NUMBER.sub("{}", text)

    def value(values: list[float]) -> float:
        return float(eval(template.format(*(f"({number!r})" for number in values)), {"__builtins__": {}}, _NAMES))

    exact = [float(number) for number in numbers]
    result, off = value(exact), 0.0
    for k, number in enumerate(numbers):
        half = _half_of_last_digit(number)
        off += max(abs(value([*exact[:k], exact[k] + by, *exact[k + 1 :]]) - result) for by in (half, -half))
    return result, off


def shown_number(text: str) -> tuple[float, float]:
    """A number that stands alone, and how far off it may be."""
    negative = text.startswith("−")
    digits = text.removeprefix("−")
    assert _NUMBER.fullmatch(digits), text
    return (-float(digits) if negative else float(digits)), _half_of_last_digit(digits)


def _half_of_last_digit(number: str) -> float:
    mantissa, _, exponent = number.lower().partition("e")
    if "." not in mantissa and not exponent:
        return 0.0  # a whole number is written in full
    decimals = len(mantissa.partition(".")[2])
    return 0.5 * 10.0 ** (int(exponent or 0) - decimals)


def _with_conditions(text: str) -> str:
    """'if a then b else c' as Python has it; it reaches to the end, or to the bracket around it."""
    start = text.find("if ")
    if start < 0:
        return text
    depth, end = 0, start
    while end < len(text) and depth >= 0:
        depth += {"(": 1, ")": -1}.get(text[end], 0)
        end += depth >= 0
    condition, one, other = re.fullmatch(r"if (.*?) then (.*) else (.*)", text[start:end]).groups()
    return f"{text[:start]}(({one}) if {condition} else ({other})){text[end:]}"
