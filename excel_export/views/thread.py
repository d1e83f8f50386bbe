"""The thread of the story: one weight, and the numbers through which most of its gradient comes, up to the loss.

The rule holds for any network. The weight is the one with the largest gradient in the first layer. From each number,
the thread goes on to the one with the largest share of its gradient: the arriving gradient times the slope. A number
that a lesson asks for comes first, if a gradient comes through it.
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
"""The most numbers of a thread: a longer one, as through a loop of many steps, ends before the loss."""


@dataclass(frozen=True)
class Bead:
    """A number of the story, and the next one's slope: Bead(x, (1,), call, w21) if y[2] = … + x[1]·w[2, 1]."""

    value: Value
    """The tensor that holds the number."""
    index: tuple[int, ...]
    """The index of the number in the tensor, from 0 on."""
    through: Call | None = None
    """The call (one operation) that computes the next number from it; None for the last."""
    slope: Reference | Expression | None = None
    """The slope of the next number with respect to this one: a cell, a formula, or None for 1."""


def thread_of(elements: Elements, requested: Collection[Element] = ()) -> list[Bead]:
    """Return the numbers that the story follows, from a weight to the loss: [Bead(w, …), Bead(y, …), Bead(loss, ())].

    They begin with the requested weight, or else the one with the largest gradient in the first layer; the next number
    is that from which the largest term of the gradient comes. [] if no parameter has a gradient other than 0.

    Args:
        elements: the network's elements.
        requested: elements to go through rather than others, where a gradient other than 0 comes through them.
    """
    places = Counter((each.value, each.index) for each in requested)
    for value, index in _starts(elements, places):
        found = [*beads_from(elements, value, index, places)]
        if len(found) > 1:
            return found
    return []


def _starts(elements: Elements, requested: Counter[tuple[Value, Index]]) -> Iterator[tuple[Value, Index]]:
    """Yield where the thread may begin: the weight that is requested most often; then each layer's largest gradient."""
    weights = _weights(elements.graph)
    wanted = [(value, index) for value, index in requested if value in weights and value.gradient[index]]  # type: ignore[index]
    yield from sorted(wanted, key=lambda place: (-requested[place], weights.index(place[0])))[:1]
    for value in weights:
        assert value.gradient is not None
        yield value, unravelled(int(np.argmax(np.abs(value.gradient))), value.shape)


def beads_from(
    elements: Elements, value: Value, index: Index, requested: Collection[tuple[Value, Index]] = ()
) -> Iterator[Bead]:
    """Yield an element and the numbers through which most of its gradient comes: the Beads of w[0, 1], y[0], loss.

    After each number comes the one from which the largest term of its gradient arrives, or, if a term other than 0
    arrives from a `requested` one, (y, (0,)), that. They end before the loss where a term comes from no single cell.
    """

    def rank(share: Share) -> tuple[bool, float]:
        return share.size != 0 and (share.to.value, share.to.index) in requested, abs(share.size)

    for _ in range(LONGEST):
        best = max(shares_of(elements, value, index), key=rank, default=None)
        if best is None:
            break
        yield Bead(value, index, best.call, best.slope)
        value, index = best.to.value, best.to.index
    yield Bead(value, index)


@dataclass(frozen=True)
class Share:
    """A term of a number's gradient, 4.0 · 0.5 for ∂L/∂y[0] times w: Share(call, Element(y, 'grad', (0,)), w, 2.0)."""

    call: Call
    """The call that computes the number whose gradient arrives."""
    to: Element
    """The arriving gradient: Element(y, 'grad', (0,))."""
    slope: Reference | Expression | None
    """The factor of the arriving gradient: a cell, a formula, or None for 1."""
    size: float
    """PyTorch's number for the term, 2.0; without the slope, 4.0, if that is not in a cell of the network."""


def shares_of(elements: Elements, value: Value, index: tuple[int, ...]) -> Iterator[Share]:
    """Yield the terms of the gradient of value[index], Share(call, Element(y, 'grad', (0,)), w, 2.0), in calls' order.

    There is one for each number that is computed from value[index], such as y[0] and y[1].
    """
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
    learning = dict.fromkeys(
        value for call in graph.calls for value in call.inputs
        if value.kind == "parameter" and value.gradient is not None and value.gradient.any()
    )  # fmt: skip
    return sorted(learning, key=lambda value: value.data.ndim < 2)


@dataclass
class PathCounts:
    """The number of paths from a number to the loss, and of products in gradients: 9 and 15 through two layers of 3."""

    paths: int
    """The number of paths: 3·3 through two layers of 3 numbers."""
    products: int
    """The number of products for the gradients of all numbers on them, each computed once: 3 + 3·3 + 3."""


def count_paths(elements: Elements, value: Value, index: tuple[int, ...], most: int = 4_000) -> PathCounts | None:
    """Count the paths from an element to the loss, and the products that backpropagation takes for all of them.

    Args:
        elements: the network's elements.
        value: the tensor with the element.
        index: the index of the element, from 0 on: (0, 1).
        most: the most numbers that may lie on the paths.

    Returns:
        The counts: PathCounts(paths=9, products=15) through two layers of three numbers each, one result behind them;
        None if more than `most` numbers lie on the paths.
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
    return PathCounts(found[id(value), index], products)


def _arriving(elements: Elements, value: Value, index: tuple[int, ...]) -> Iterator[Element]:
    for call in elements.readers.get(value, ()):
        if not call.outputs[0].is_float:
            continue  # no gradient comes back from whole numbers, as of an arg-max
        alike = elements.shares(call, value)
        for cell in alike.cells(index) if alike else ():
            arrives = elements.at(cell)
            if arrives and arrives.part == GRADIENT:
                yield arrives
