"""How the gradient of a parameter is made up: which gradient meets which input, term by term."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from excel_export.formulas.tensor import Tensor

Affine = str | Mapping[str, int]
"""An index as Σ factor · letter, with '' for the number 1: {'i': 2, 'u': 1, '': -1} is 2·i + u − 1, 'i' is i."""

GROUP = "group"
"""The letter of the parameter's first index divided by `Terms.group`, without remainder."""


@dataclass(frozen=True)
class Terms:
    """Every element of a parameter has as its gradient Σ upstream · local, over the places where it is used.

    A conv2d's weight (o, c, u, v) is used at every stop (i, j) of the filter, and meets pixel
    (i + u, j + v) there: its terms run over i and j, upstream is g(o, i, j), local is x(c, i + u, j + v).
    Indices of tensors are affine in the letters. A letter that is neither in `element` nor in `places`
    stands for 0.
    """

    element: Mapping[str, str]
    """The letters of the parameter's index, each with what it counts."""
    places: Mapping[str, int]
    """The letters that the sum runs over, each with how many numbers it runs through."""
    upstream: tuple[Affine, ...]
    """The index of the gradient of the operator's result."""
    math: str
    """The sum as a textbook writes it."""
    words: str
    """Why it is this sum, in plain words."""
    meets: Tensor | str | None = None
    """What the parameter multiplies: an operand, or a helper by its name; None where it stands alone, as a bias."""
    local: tuple[Affine, ...] = ()
    """The index of what it multiplies."""
    slope: float = 1.0
    """What it is multiplied by where it stands alone."""
    edges: tuple[int, ...] = ()
    """The dimensions of the input that the index may leave, where there is only padding; two at most."""
    group: int = 1
    """How many of the parameter's first indices share a group of the input's channels."""


def indexed(name: str, letters: Sequence[str]) -> str:
    """A tensor with its index as a textbook writes it: 'g(i, j)'; 'g' of a single number."""
    return f"{name}({', '.join(letters)})" if letters else name


def summed(product: str, places: Collection[str]) -> str:
    """A product, or the sum of such over some letters: 'Σ  g(i) · x(i)    over all i'."""
    return f"Σ  {product}    over all {', '.join(places)}" if places else product


def in_letters(index: Affine) -> str:
    """An index as a textbook writes it: '2·i + u − 1'."""
    if isinstance(index, str):
        return index
    text = ""
    for letter, factor in index.items():
        if factor:
            size = str(abs(factor)) if not letter else letter if abs(factor) == 1 else f"{abs(factor)}·{letter}"
            text += (" − " if factor < 0 else " + " if text else "") + size
    return text.removeprefix(" ") or "0"
