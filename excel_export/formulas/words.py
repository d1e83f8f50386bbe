"""Numbers, sizes and lists in sentences."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

SMALLEST_PLAIN, LARGEST_PLAIN = 1e-6, 1e9
"""Numbers outside have a power of ten."""
MOST_LISTED = 12
"""Of more things, a sentence names the first few."""


def figure(number: float) -> str:
    """A number with a proper minus: '−33.3285'; whole numbers with all digits, others with six."""
    if abs(number) < LARGEST_PLAIN and number == int(number):
        text = str(int(number))
    elif SMALLEST_PLAIN <= abs(number) < LARGEST_PLAIN:
        text = np.format_float_positional(number, 6, fractional=False, trim="-")
    else:
        text = f"{number:.6g}"
    return text.replace("-", "−")


def factor(number: float) -> str:
    """A number in a formula: a negative one stands in brackets."""
    return figure(number) if number >= 0 else f"({figure(number)})"


def size(shape: Sequence[int]) -> str:
    """A shape without leading ones, as people write it: '4×12×12'; '1' for a single number."""
    shown = list(shape)
    while len(shown) > 1 and shown[0] == 1:
        del shown[0]
    return "×".join(map(str, shown)) or "1"


def counted(number: int, thing: str, things: str = "") -> str:
    """A number of things: '1 channel', '4 channels'."""
    return f"{number} {thing if number == 1 else things or thing + 's'}"


def listed(texts: Sequence[str]) -> str:
    """Several things in a sentence: 'a, b and c'; of many the first: 'a, b, c and 97 others'."""
    if len(texts) > MOST_LISTED:
        few = MOST_LISTED // 2
        texts = [*texts[:few], f"{len(texts) - few} others"]
    return " and ".join([", ".join(texts[:-1]), texts[-1]] if len(texts) > 1 else texts)
