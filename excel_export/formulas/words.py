"""Numbers, sizes and lists in sentences."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

SMALLEST_PLAIN, LARGEST_PLAIN = 1e-6, 1e9
"""Numbers outside of these limits are written with a power of ten."""
MOST_LISTED = 12
"""The most things that a sentence names; of more it names the first half of these."""
_WORD = re.compile(r"[\w.]+(\[[^\[\]]*\])?")
"""A name that reads as one behind ∂, 'fc.weight' or 'w[0, 1]'."""


def figure(number: float) -> str:
    """Return a number for a sentence, of six digits, all if whole; from 1e9 on and below 1e-6 a power of ten.

    Example:
        >>> figure(-33.32849999), figure(1e9), figure(4.0)
        ('−33.3285', '1e+09', '4')
    """
    if abs(number) < LARGEST_PLAIN and number == int(number):
        text = str(int(number))
    elif SMALLEST_PLAIN <= abs(number) < LARGEST_PLAIN:
        text = np.format_float_positional(number, 6, fractional=False, trim="-")
    else:
        text = f"{number:.6g}"
    return text.replace("-", "−")


def factor(number: float) -> str:
    """Return a number as it is written in a product: '2', or '(−2)' for −2."""
    return figure(number) if number >= 0 else f"({figure(number)})"


def size(shape: Sequence[int]) -> str:
    """Return a shape as people write it, without leading ones: '4×12×12' for (1, 4, 12, 12); '1' for ()."""
    shown = list(shape)
    while len(shown) > 1 and shown[0] == 1:
        del shown[0]
    return "×".join(map(str, shown)) or "1"


def counted(number: int, thing: str, things: str = "") -> str:
    """Return a number of things in words: '1 channel', '4 channels'. `things` is the plural, 'axes'; '' adds an s."""
    return f"{number} {thing if number == 1 else things or thing + 's'}"


def gradient_name(name: str) -> str:
    """Return what people call the gradient of the loss by a tensor: its name, in brackets unless it is a single word.

    Example:
        >>> gradient_name("fc.weight"), gradient_name("w[0, 1]"), gradient_name("y − t")
        ('∂L/∂fc.weight', '∂L/∂w[0, 1]', '∂L/∂(y − t)')
    """
    return f"∂L/∂{name}" if _WORD.fullmatch(name) else f"∂L/∂({name})"


def listed(texts: Sequence[str]) -> str:
    """Return several texts as a list in a sentence: 'a, b and c'; of more than 12 'a, b, c, d, e, f and 94 others'.

    Of none it is ''.
    """
    if len(texts) > MOST_LISTED:
        few = MOST_LISTED // 2
        texts = [*texts[:few], f"{len(texts) - few} others"]
    return " and ".join([", ".join(texts[:-1]), texts[-1]] if len(texts) > 1 else texts)
