"""Windows: the rectangle of a map that an element reads, and the filter that lies over it, for each channel."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from excel_export.formulas import Index
from excel_export.graph.graph import Value
from excel_export.views.elements import VALUE, Elements
from excel_export.views.terms import Account


@dataclass(frozen=True)
class Window:
    """The rectangle of a map that an element of a result reads, with a 3×3 filter: Window(x, (0, 2), 4, 4, 3, 3, …)."""

    map: Value
    """The tensor with the map, such as an image of shape (1, 3, 28, 28)."""
    channel: Index
    """The map's index without its row and its column: (0, 2) for the third channel of the first sample."""
    row: int
    """The row of the first number, from 0 on."""
    col: int
    """The column of the first number, from 0 on."""
    height: int
    """The number of rows."""
    width: int
    """The number of columns."""
    filter: Value | None
    """The tensor by whose elements the numbers are multiplied; None if there are no products, as in a max pool."""
    weights: tuple[Index, ...]
    """The index of each number's weight in the filter, in reading order; () without a filter."""
    part: str = VALUE
    """VALUE if the map's numbers are read, GRADIENT if their gradients are."""

    @property
    def cells(self) -> list[Index]:
        """The index of each number in the map's tensor, in reading order: [(0, 2, 4, 4), (0, 2, 4, 5), …]."""
        return [(*self.channel, self.row + u, self.col + v) for u in range(self.height) for v in range(self.width)]


def windows_of(elements: Elements, account: Account, part: str = VALUE) -> list[Window]:
    """Return the windows that an element reads, one for each map: [Window(x, (0, 0), …), Window(x, (0, 1), …)].

    [] if its terms are not rectangles without gaps of one tensor of two dimensions or more, or are only one number; or
    if anything is added to them but an element of a tensor.

    Args:
        elements: the elements of the network.
        account: the terms of the element, as `elements.forward` returns them, or of its gradient, `elements.backward`.
        part: VALUE to look for windows of numbers, GRADIENT for windows of gradients.
    """
    read = [elements.at(term.cell) for term in account.terms]
    met = [elements.at(term.factor) for term in account.terms]
    if len(read) < 2 or any(each is None or each.part != part for each in read):
        return []
    numbers = [each for each in read if each]
    first, has_weights = numbers[0].value, met[0] is not None
    if len(first.shape) < 2 or any(each.value is not first for each in numbers):
        return []
    if any((each is not None) != has_weights or (each and each.part != VALUE) for each in met):
        return []
    weights = [each.index for each in met if each]
    filters = {id(each.value) for each in met if each}
    added = elements.at(account.alone)
    if len(filters) > 1 or (account.alone is not None and (added is None or added.part != VALUE)):
        return []
    by_channel: dict[Index, list[int]] = {}
    for k, each in enumerate(numbers):
        by_channel.setdefault(each.index[:-2], []).append(k)
    found = []
    for channel, unsorted in by_channel.items():
        which = sorted(unsorted, key=lambda k: numbers[k].index)
        places = np.array([numbers[k].index[-2:] for k in which])
        (top, left), (bottom, right) = places.min(axis=0).tolist(), places.max(axis=0).tolist()
        height, width = bottom - top + 1, right - left + 1
        in_order = [[top + u, left + v] for u in range(height) for v in range(width)]
        if places.tolist() != in_order:
            return []
        by = met[0].value if met[0] else None
        own = tuple(weights[k] for k in which) if weights else ()
        found.append(Window(first, channel, top, left, height, width, by, own, part))
    return found


def pace_of(elements: Elements, value: Value, index: Index, window: Window) -> tuple[int, int] | None:
    """Return how many rows and columns a window moves from one element of a result to the next: (2, 2) for stride 2.

    None if it does not move alike everywhere, as with a border (padding) around the map.

    Args:
        elements: the elements of the network.
        value: the result, (…, H, W).
        index: any element of the result; its row and its column are varied.
        window: this element's window, the first that `windows_of` returns.
    """
    if len(value.shape) < 2:
        return None
    steps = []
    for axis in (-2, -1):
        size = value.shape[axis]
        found = [
            _window_at(elements, value, _moved(index, axis, at))
            for at in dict.fromkeys((0, min(1, size - 1), size - 1))
        ]
        size_of = window.height, window.width, window.weights
        if any(each is None or (each.height, each.width, each.weights) != size_of for each in found):
            return None
        starts = [each.row if axis == -2 else each.col for each in found if each]
        step = starts[1] - starts[0] if size > 1 else 1
        if starts[0] != 0 or starts[-1] != step * (size - 1):
            return None
        steps.append(step)
    return steps[0], steps[1]


def _window_at(elements: Elements, value: Value, index: Index) -> Window | None:
    found = windows_of(elements, elements.forward(value, index))
    return found[0] if found else None


def _moved(index: Index, axis: int, at: int) -> Index:
    places = list(index)
    places[axis] = at
    return tuple(places)
