"""What a cell shows of a number, by the part of Excel's number formats that our workbooks use."""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Context, Decimal

_CONDITION = re.compile(r"\[(<=|>=|<>|<|>|=)(-?[0-9.]+)\]")
_LITERAL = re.compile(r'"([^"]*)"')
_NUMBER = re.compile(r"[0#][0#,]*(?:\.[0#]*)?(?:E[-+]0+)?%?")
_HOLDS = {
    "<": lambda a, b: a < b, "<=": lambda a, b: a <= b, ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b, "=": lambda a, b: a == b, "<>": lambda a, b: a != b,
}  # fmt: skip


def shown(value: float, code: str) -> str:
    """The text of a number in a format such as '0.00;-0.00;0' or '[<0.01]0.000000;0.00'."""
    value = float(value)
    sections = code.split(";")
    conditions = [_CONDITION.match(section) for section in sections]
    if any(conditions):
        chosen = next(
            (k for k, found in enumerate(conditions) if not found or _HOLDS[found[1]](value, float(found[2]))),
            len(sections) - 1,
        )
        # A section for negative numbers alone writes its own sign.
        signed = value < 0 and not (conditions[chosen] and conditions[chosen][1][0] == "<")
        if chosen == len(sections) - 1 and any(found and found[1][0] == "<" for found in conditions):
            signed = value < 0
    else:
        chosen = 0 if value > 0 or len(sections) == 1 else 1 if value < 0 else min(2, len(sections) - 1)
        chosen = 0 if value == 0 and len(sections) < 3 else chosen
        signed = value < 0 and chosen == 0
    section = _CONDITION.sub("", sections[chosen])
    return ("-" if signed else "") + _filled(abs(value), section)


def general(value: float) -> str:
    """The text of a number without a format, in a column that is wide enough: eleven characters at most."""
    if value == int(value) and abs(value) < 1e11:
        return str(int(value))
    if 1e-4 <= abs(value) < 1e11:
        digits = 10 - len(str(int(abs(value))))
        return f"{value:.{max(digits, 0)}f}".rstrip("0").rstrip(".")
    mantissa, exponent = f"{value:.5E}".split("E")
    return f"{mantissa.rstrip('0').rstrip('.')}E{exponent[0]}{int(exponent[1:]):02d}"


def _filled(value: float, section: str) -> str:
    pieces = _LITERAL.split(section)
    for k in range(0, len(pieces), 2):
        found = _NUMBER.search(pieces[k])
        if pieces[k] == "General":
            pieces[k] = general(value)
        elif found:
            pieces[k] = pieces[k][: found.start()] + _digits(value, found[0]) + pieces[k][found.end() :]
    return "".join(pieces)


def _digits(value: float, code: str) -> str:
    percent = code.endswith("%")
    code = code.rstrip("%")
    mantissa, sign, exponent = re.match(r"([^E]*)(?:E([-+])(.*))?", code).groups()  # type: ignore[union-attr]
    whole, _, decimals = mantissa.partition(".")
    if exponent:
        power = 0 if value == 0 else int(f"{value:.15e}".split("e")[1])
        text = _rounded(Decimal(value).scaleb(-power), len(decimals))
        if Decimal(text) >= 10:
            power += 1
            text = _rounded(Decimal(value).scaleb(-power), len(decimals))
        return f"{text}E{'-' if power < 0 else sign.strip('-')}{abs(power):0{len(exponent)}d}"
    text = _rounded(Decimal(repr(value * 100 if percent else value)), len(decimals))
    if decimals:
        needed = decimals.count("0")
        front, _, back = text.partition(".")
        while len(back) > needed and back.endswith("0"):
            back = back[:-1]
        text = f"{front}.{back}"
    if "," in whole:
        front, dot, back = text.partition(".")
        text = f"{int(front):,}{dot}{back}"
    return text + "%" * percent


def _rounded(value: Decimal, decimals: int) -> str:
    return f"{value.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP, Context(prec=700)):f}"
