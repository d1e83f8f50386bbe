"""How the gradient of an operand is made up that is a factor, or a summand, in one or several results."""

from collections.abc import Iterator, Sequence
from math import prod

from excel_export.formulas import Tensor
from excel_export.formulas.terms import Affine, Terms, indexed, summed
from excel_export.formulas.words import counted, factor

LETTERS = "ijklmn"
"""The index of a result, from its first dimension to its last."""

Told = Iterator[tuple[Tensor, Terms]]


def terms_of_factor(operand: Tensor, other: Tensor, y: Tensor) -> Told:
    """Of a product y = operand · other, with broadcasting."""
    if len(y.shape) > len(LETTERS):
        return
    element, places = _ways(operand.shape, y.shape)
    w, g, x = _named("∂L/∂w", operand, y), _named("g", y, y), _named("x", other, y)
    several = "" if not places else f" It is so in {counted(prod(places.values()), 'product')}: all g · x are added up."
    yield operand, Terms(
        element, places, tuple(LETTERS[: len(y.shape)]),
        f"{w}  =  {summed(f'{g} · {x}', places)}",
        "This number, w, is multiplied by another one, x. "
        f"The slope of a product for one factor is the other factor: so w gets g · x.{several}",
        meets=other, local=_index(other.shape, y.shape),
    )  # fmt: skip


def terms_of_summand(operand: Tensor, y: Tensor, slope: float = 1.0) -> Told:
    """Of a sum y = slope · operand + …, with broadcasting."""
    if len(y.shape) > len(LETTERS) or not slope:
        return
    element, places = _ways(operand.shape, y.shape)
    w, g = _named("∂L/∂w", operand, y), _named("g", y, y)
    times = "" if slope == 1 else f" · {factor(slope)}"
    several = f" It is so in {counted(prod(places.values()), 'sum')}: all of them are added up." if places else ""
    yield operand, Terms(
        element, places, tuple(LETTERS[: len(y.shape)]),
        f"{w}  =  {summed(f'{g}{times}', places)}",
        f"When this number, w, grows by a little, the sum changes by {factor(slope)} times that: so w gets g{times}.{several}",
        slope=slope,
    )  # fmt: skip


def _ways(shape: Sequence[int], result: Sequence[int]) -> tuple[dict[str, str], dict[str, int]]:
    """The letters of an operand's index, each with what it counts, and those of the results that it is spread to."""
    missing = len(result) - len(shape)
    element = {}
    places = {LETTERS[k]: n for k, n in enumerate(result) if n > 1}
    for k, n in enumerate(shape):
        letter = LETTERS[missing + k]
        # Of what is spread, the index is always 0: it is another letter than that of the results.
        own = letter if n == result[missing + k] else f"{letter}₀"
        element[own] = "index" if len(shape) == 1 else f"index {k + 1}"
        if own == letter:
            places.pop(letter, None)
    return element, places


def _index(shape: Sequence[int], result: Sequence[int]) -> tuple[Affine, ...]:
    """The index of an operand in the letters of the result."""
    missing = len(result) - len(shape)
    return tuple(LETTERS[missing + k] if n > 1 else {} for k, n in enumerate(shape))


def _named(name: str, operand: Tensor, y: Tensor) -> str:
    """An operand with its index, without the dimensions of which it has a single number."""
    return indexed(name, [letter for letter in _index(operand.shape, y.shape) if isinstance(letter, str)])
