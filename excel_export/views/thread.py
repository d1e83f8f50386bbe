"""The thread of the story: one weight, and the numbers through which most of its gradient comes, up to the loss.

By a rule that holds for any network. The weight is that of the first layer whose gradient is largest. Of the numbers
that a number goes into, the next is the one with the largest share of its gradient: the gradient that arrives there,
times the slope. What a lesson asks for goes before, where a gradient comes through it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass

import numpy as np

from excel_export.formulas import Expression, Index, Reference, unravelled
from excel_export.graph.graph import Call, Graph, Value
from excel_export.views.elements import GRADIENT, Element, Elements

LONGEST = 2_000
"""Numbers on a thread: a longer one, as through a loop of many steps, ends before the loss."""


@dataclass(frozen=True)
class Bead:
    """A number on the thread, and the slope from it to the next one."""

    value: Value
    index: tuple[int, ...]
    through: Call | None = None
    """The call that makes the next number of it; None for the last."""
    slope: Reference | Expression | None = None
    """How fast the next number grows with it: a cell, a formula, or None for 1."""


def thread_of(elements: Elements, asked: Collection[Element] = ()) -> list[Bead]:
    """Follow a weight to the loss; an empty list where no parameter has a gradient."""
    places = Counter((each.value, each.index) for each in asked)
    for value, index in _starts(elements, places):
        found = [*followed(elements, value, index, places)]
        if len(found) > 1:
            return found
    return []


def _starts(elements: Elements, asked: Counter[tuple[Value, Index]]) -> Iterator[tuple[Value, Index]]:
    """Where it may begin: at the weight that is asked for most often; else where a layer's gradient is largest."""
    weights = _weights(elements.graph)
    wanted = [(value, index) for value, index in asked if value in weights and value.gradient[index]]  # type: ignore[index]
    yield from sorted(wanted, key=lambda place: (-asked[place], weights.index(place[0])))[:1]
    for value in weights:
        assert value.gradient is not None
        yield value, unravelled(int(np.argmax(np.abs(value.gradient))), value.shape)


def followed(
    elements: Elements, value: Value, index: Index, asked: Collection[tuple[Value, Index]] = ()
) -> Iterator[Bead]:
    """A number, and those that follow it; up to the loss, or to where a number on the sheet decides what is read."""

    def rank(share: Share) -> tuple[bool, float]:
        return share.size != 0 and (share.to.value, share.to.index) in asked, abs(share.size)

    for _ in range(LONGEST):
        best = max(shares_of(elements, value, index), key=rank, default=None)
        if best is None:
            break
        yield Bead(value, index, best.call, best.slope)
        value, index = best.to.value, best.to.index
    yield Bead(value, index)


@dataclass(frozen=True)
class Share:
    """What a number's gradient gains by one of the numbers that it goes into."""

    call: Call
    to: Element
    """The gradient that arrives."""
    slope: Reference | Expression | None
    size: float
    """The gradient that arrives there, times the slope where that is a number of the network."""


def shares_of(elements: Elements, value: Value, index: tuple[int, ...]) -> Iterator[Share]:
    """What the gradient of an element is the sum of, as far as its formulas tell."""
    for call in elements.readers.get(value, ()):
        account = elements.backward(call, value, index)
        for term in account.shares if account else ():
            to = elements.at(term.cell)
            if to is None or to.part != GRADIENT:
                continue
            by = elements.at(term.factor)
            factor = elements.number(by) if by else None
            arriving = elements.number(to) or 0.0
            yield Share(call, to, term.factor, arriving if factor is None else arriving * factor)


def _weights(graph: Graph) -> list[Value]:
    """The parameters with a gradient in the order of their layers, those of two dimensions or more first."""
    learning = dict.fromkeys(
        value for call in graph.calls for value in call.inputs
        if value.kind == "parameter" and value.gradient is not None and value.gradient.any()
    )  # fmt: skip
    return sorted(learning, key=lambda value: value.data.ndim < 2)


@dataclass
class Counted:
    """How many paths lead from a number to the loss, and how many products all their gradients take."""

    paths: int
    products: int


def count_paths(elements: Elements, value: Value, index: tuple[int, ...], most: int = 4_000) -> Counted | None:
    """Count the paths from an element to the loss, and the products that backpropagation takes for all of them.

    Returns:
        None where more than `most` numbers lie on the paths.
    """
    found: dict[tuple[int, tuple[int, ...]], int] = {}
    goes: dict[tuple[int, tuple[int, ...]], list[tuple[Value, tuple[int, ...]]]] = {}
    on_paths = {(id(value), index)}
    products, way = 0, [(value, index)]
    while way:
        here, at = way[-1]
        key = id(here), at
        if key in found:
            way.pop()
        elif key in goes:
            way.pop()
            found[key] = sum(found[id(to), place] for to, place in goes[key]) or 1
            products += len(goes[key])
        else:
            goes[key] = [(to.value, to.index) for to in _arriving(elements, here, at)]
            way += goes[key]
            on_paths |= {(id(to), place) for to, place in goes[key]}
            if len(on_paths) > most:
                return None
    return Counted(found[id(value), index], products)


def _arriving(elements: Elements, value: Value, index: tuple[int, ...]) -> Iterator[Element]:
    """The gradients that an element's gradient is the sum of, each times a slope."""
    for call in elements.readers.get(value, ()):
        alike = elements.shares(call, value)
        for cell in alike.cells(index) if alike else ():
            arrives = elements.at(cell)
            if arrives and arrives.part == GRADIENT:
                yield arrives
