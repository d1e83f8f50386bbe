"""Numbers that were typed as text: what they mean, in one way of reading or in two."""

from __future__ import annotations

import math
import re
import unicodedata

LONGEST = 60
_MINUS = str.maketrans(dict.fromkeys("−–—‒﹣－⁻", "-"))
_SCALED = re.compile(r"(.+?)[·×*x]10\^?([+-]?\d+)")


def readings(text: str) -> tuple[float, ...]:
    """Return what a text may mean as a number, the likeliest first; nothing where it is none.

    '0,5' and '1/2' and '50 %' are 0.5, '−0.5' with a minus of any kind is −0.5. '1,234' is 1.234 or 1234.
    """
    if len(text) > LONGEST:
        return ()
    plain = re.sub(r"\s", "", unicodedata.normalize("NFKC", text.translate(_MINUS))).replace("⁄", "/").lstrip("≈~=")
    percent = plain.endswith("%")
    plain = plain.removesuffix("%")
    numerator, slash, denominator = plain.partition("/")
    if slash:
        above, below = _decimal(numerator), _decimal(denominator)
        found: tuple[float, ...] = (above[0] / below[0],) if above and below and below[0] else ()
    else:
        found = _decimal(plain)
    return tuple(number / 100 if percent else number for number in found if math.isfinite(number))


def _decimal(text: str) -> tuple[float, ...]:
    scaled = _SCALED.fullmatch(text)
    mantissa, exponent = (scaled[1], scaled[2]) if scaled else (text, "")
    match = re.fullmatch(r"([+-]?)([\d.,'’]+)(?:[eE]([+-]?\d{1,3}))?", mantissa)
    if not match or (exponent and match[3]) or not any(each.isdigit() for each in match[2]):
        return ()
    power = f"e{exponent or match[3] or 0}"
    return tuple(float(f"{match[1]}{digits}{power}") for digits in _digits(re.sub("['’]", "", match[2])))


def _digits(text: str) -> list[str]:
    """A number with its decimal point, in each way of reading its commas and points."""
    marks = [each for each in text if each in ".,"]
    if len({*marks}) == 2:
        # 1,234.5: the last one is the decimal sign.
        last = max(text.rfind("."), text.rfind(","))
        if marks[-1] in marks[:-1]:
            return []
        return [text[:last].replace(".", "").replace(",", "") + "." + text[last + 1 :]]
    if not marks:
        return [text]
    whole = text.replace(marks[0], "")
    in_threes = re.fullmatch(r"[1-9]\d{0,2}([.,]\d{3})+", text)
    if len(marks) > 1:
        return [whole] if in_threes else []
    return [text.replace(marks[0], "."), *([whole] if in_threes else [])]
