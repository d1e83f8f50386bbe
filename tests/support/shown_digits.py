"""The lines of arithmetic that a sheet writes, worked out again from the digits that they show, and from nothing else.

Written for the tests from the lines alone: none of the code that writes them, and no eval.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal

RELATIVE = 0.005
"""How far off a result may be by the digits that are shown: of the largest of the terms and the result."""
_NUMBER = r"\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|∞"
_TOKEN = re.compile(
    rf"\s*(?:({_NUMBER})|(mean of|sum of|[A-Za-zΦ√]+)|(\[\d+ more: |\[\d+ × 0\]|[-+−·×/÷^(),|\]=≠≤≥<>]))", re.UNICODE
)
_SIGNED = rf"(−?(?:{_NUMBER}))"
_PLACE = re.compile(rf"the place of the (largest|smallest) of {_SIGNED} … {_SIGNED} … {_SIGNED}")
_FUNCTIONS: dict[str, Callable[..., float]] = {
    "max": lambda *x: max(x), "min": lambda *x: min(x), "mean of": lambda *x: sum(x) / len(x),
    "sum of": lambda *x: sum(x), "ln": lambda x: math.log(x) if x else -math.inf, "√": math.sqrt, "tanh": math.tanh,
    "floor": math.floor, "Φ": lambda x: (1 + math.erf(x / math.sqrt(2))) / 2, "sign": lambda x: (x > 0) - (x < 0),
}  # fmt: skip
_COMPARES: dict[str, Callable[[float, float], bool]] = {
    "=": lambda a, b: a == b, "≠": lambda a, b: a != b, "≤": lambda a, b: a <= b, "≥": lambda a, b: a >= b,
    "<": lambda a, b: a < b, ">": lambda a, b: a > b,
}  # fmt: skip


class Unreadable(ValueError):
    """A line that a reader could not work out."""


@dataclass(frozen=True)
class WorkedOut:
    """What a line comes to, and the terms of its sum."""

    value: float
    terms: tuple[float, ...]


def work_out(text: str) -> WorkedOut:
    """Work a line out.

    Raises:
        Unreadable: something in it has no meaning.
    """
    return _Reader(text).whole()


def numbers_in(text: str) -> list[str]:
    """The numbers that a line shows, without their signs, as they are written; those of what is left out are none."""
    text = re.sub(r"\[\d+ (?:more: [^\]]*|× 0)\]", "", text)
    return re.findall(rf"(?<![\w.])(?:{_NUMBER})", text)


def number_of(text: str) -> float:
    """A number that stands alone."""
    size = text.removeprefix("−")
    if not re.fullmatch(_NUMBER, size):
        raise Unreadable(f"{text!r} is no number")
    value = math.inf if size == "∞" else float(size)
    return -value if text.startswith("−") else value


def last_digit(text: str) -> float:
    """One unit of the last digit that is shown; a whole number is meant as it is."""
    size = text.removeprefix("−").upper()
    if "." not in size and "E" not in size:
        return 0.0
    return float(Decimal(1).scaleb(int(Decimal(size).as_tuple().exponent)))


def differences(chain: str) -> Iterator[str]:
    """Say what does not hold in 'a  =  b  =  c', by the digits that are shown: each stage gives the last one."""
    *stages, shown = chain.split("  =  ")
    result = number_of(shown)
    for stage in stages:
        place = _PLACE.fullmatch(stage)
        if place:
            least, most = sorted(map(number_of, place.groups()[1:]))[::2]
            if number_of(place[3]) != (most if place[1] == "largest" else least):
                yield f"{stage}: the one in the middle is not the {place[1]}"
            continue
        found = work_out(stage)
        allowed = max(last_digit(shown), RELATIVE * max(map(abs, (*found.terms, result))))
        if found.value != result and not abs(found.value - result) <= allowed * (1 + 1e-9):
            yield f"{stage}  gives {found.value:.6g} and not {shown}"


class _Reader:
    """Reads a line from left to right."""

    def __init__(self, text: str) -> None:
        self._text, self._tokens, at = text, [], 0
        while at < len(text.rstrip()):
            found = _TOKEN.match(text, at)
            if not found:
                raise Unreadable(f"{text[at:]!r} in {text!r}")
            self._tokens.append(found[1] or found[2] or found[3].strip())
            at = found.end()
        self._next = 0

    def whole(self) -> WorkedOut:
        terms = self._choice() if self._peek() == "if" else self._terms()
        if self._peek():
            raise Unreadable(f"{self._peek()!r} in {self._text!r}")
        return WorkedOut(sum(terms), tuple(terms))

    def _peek(self) -> str:
        return self._tokens[self._next] if self._next < len(self._tokens) else ""

    def _take(self, wanted: str = "") -> str:
        token = self._peek()
        if not token or (wanted and token != wanted):
            raise Unreadable(f"{token!r} instead of {wanted!r} in {self._text!r}")
        self._next += 1
        return token

    def _choice(self) -> list[float]:
        """If a = b then c else d."""
        self._take("if")
        one, compares, other = self._sum(), self._take(), self._sum()
        if compares not in _COMPARES:
            raise Unreadable(f"{compares!r} in {self._text!r}")
        holds = _COMPARES[compares](one, other)
        self._take("then")
        first = self._terms()
        self._take("else")
        second = self._terms()
        return first if holds else second

    def _terms(self) -> list[float]:
        terms = [self._product()]
        while self._peek() in ("+", "−"):
            sign = 1 if self._take() == "+" else -1
            terms.append(sign * self._product())
        return terms

    def _sum(self) -> float:
        return sum(self._terms())

    def _product(self) -> float:
        result = self._signed()
        while self._peek() in ("·", "×", "/", "÷"):
            if self._take() in ("·", "×"):
                result *= self._signed()
            else:
                divisor = self._signed()
                result = result / divisor if divisor else math.nan
        return result

    def _signed(self) -> float:
        if self._peek() == "−":
            self._take()
            return -self._signed()
        base = self._atom()
        if self._peek() == "^":
            self._take()
            return float(base ** self._signed())
        return base

    def _atom(self) -> float:
        token = self._take()
        if re.fullmatch(_NUMBER, token):
            return math.inf if token == "∞" else float(token)
        if token == "e" and self._peek() == "^":
            return math.e
        if token in _FUNCTIONS:
            self._take("(")
            return float(_FUNCTIONS[token](*self._listed()))
        if token == "(":
            result = self._choice() if self._peek() == "if" else self._terms()
            self._take(")")
            return float(sum(result))
        if token == "|":
            result = abs(self._sum())
            self._take("|")
            return result
        if token.endswith("more:"):
            result = self._sum()
            self._take("]")
            return result
        if token.endswith("× 0]"):
            return 0.0
        raise Unreadable(f"{token!r} in {self._text!r}")

    def _listed(self) -> list[float]:
        values = [self._sum()]
        while self._peek() == ",":
            self._take()
            values.append(self._sum())
        self._take(")")
        return values
