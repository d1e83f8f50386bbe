"""The network as boxes: consecutive calls without a fork share one, and branches stand in lanes."""

from __future__ import annotations

from dataclasses import dataclass, field

from excel_export.graph.graph import Call, Value
from excel_export.views import strip
from excel_export.views.elements import Elements
from excel_export.views.story import has_weights, is_loss, scales

LANES = 3
"""The most branches above one another."""
MOST = 12
"""The most boxes; of more, neighbours share one."""
SMALL = 8
"""The most numbers in each tensor of a small layer."""


@dataclass(eq=False)
class MapBox:
    """Consecutive calls without a fork, as a convolution and its ReLU, which share a box of the network's map."""

    calls: list[Call] = field(default_factory=list)
    """The calls, in the order of computation."""
    decision: Call | None = None
    """The first call that turns numbers into whole numbers, as arg-max does: no gradient passes. None for none."""
    layers: int = 0
    """The number of calls with weights."""

    @property
    def main(self) -> Call:
        """The call that gives the box its name: the `decision`, else the last one with weights or that is a loss.

        Without one, it is the last that does not only move numbers.
        """
        if self.decision:
            return self.decision
        telling = [call for call in self.calls if has_weights(call) or is_loss(call)]
        return (telling or [call for call in self.calls if not call.only_moves] or self.calls)[-1]

    @property
    def result(self) -> Value:
        """The result of the box's last call."""
        return self.calls[-1].outputs[0]


def decides(call: Call) -> bool:
    """Return whether a call turns numbers into whole numbers, as argmax does: a small change of them has no effect."""
    return not call.outputs[0].is_float and any(value.is_float for value in call.inputs)


@dataclass(frozen=True)
class _Link:
    """A call on its way into a box, with the facts that are read each time that boxes are tried."""

    call: Call
    inputs: list[Value]
    has_weights: bool
    decides: bool
    joins: bool
    """True if the call may share the box of the numbers that it reads: a loss never does."""
    is_slight: bool
    """True if the call only moves or scales numbers."""

    @classmethod
    def of(cls, call: Call) -> _Link:
        weighs, whole = has_weights(call), decides(call)
        return cls(call, call.inputs, weighs, whole, not (whole or is_loss(call)), scales(call))


def boxes_of(elements: Elements) -> list[MapBox]:
    """Return the boxes of a network's map, in the order of computation: [MapBox([conv, relu]), MapBox([pool]), …].

    Of more than twelve, neighbours are put together, more and more in a box, until twelve are left or no others can be;
    layers of at most 8 numbers come first.
    """
    chain = [_Link.of(call) for call in elements.graph.calls]
    boxes = _grouped(elements, chain, 1)
    longest = 2
    while len(boxes) > MOST and longest <= len(chain):
        boxes = _grouped(elements, chain, longest)
        longest += 1 if longest < 8 else longest // 4
    return boxes


def _grouped(elements: Elements, chain: list[_Link], longest: int) -> list[MapBox]:
    """Group calls that only move, scale or bend the result of the call before, or up to `longest` small ones."""
    boxes: list[MapBox] = []
    owner: dict[Value, MapBox] = {}
    for link in chain:
        read = [value for value in link.inputs if value in owner]
        box = owner[read[0]] if len({id(owner[value]) for value in read}) == 1 else None
        if box is None or not _follows(elements, box, link, read, longest):
            boxes.append(box := MapBox())
        box.calls.append(link.call)
        box.layers += link.has_weights
        if link.decides and not box.decision:
            box.decision = link.call
        owner |= dict.fromkeys(link.call.outputs, box)
    return boxes


def _follows(elements: Elements, before: MapBox, link: _Link, read: list[Value], longest: int) -> bool:
    made, value = before.result, link.call.outputs[0]
    if not link.joins or made not in read or len(elements.readers[made]) > 1:
        return False
    if before.decision and link.has_weights:
        return False
    bends = not link.has_weights and value.shape == made.shape
    is_small = value.data.size <= SMALL and made.data.size <= SMALL
    layers = before.layers + link.has_weights
    return link.is_slight or bends or (longest > 1 and layers <= longest * (3 if is_small else 1) - 2 + is_small)


@dataclass(frozen=True)
class NetworkMap:
    """The network as boxes with their positions: standing {id(box): Place(0, 0)}, reads {id(box): [id(other)]}."""

    boxes: list[MapBox]
    """The boxes, in the order of computation."""
    standing: dict[int, strip.Place]
    """The position of each box, by its `id`: Place(column, lane)."""
    reads: dict[int, list[int]]
    """The boxes that each box reads, all by their `id`s."""

    @property
    def columns(self) -> int:
        """The number of columns of boxes, 5 for a chain of five."""
        return 1 + max(place.column for place in self.standing.values())

    @property
    def lanes(self) -> int:
        """The number of branches above one another, 1 for a chain."""
        return 1 + max(place.lane for place in self.standing.values())


def map_of(elements: Elements) -> NetworkMap:
    """Return the boxes of a network with their positions: boxes [first conv, max pool, loss] in columns 0, 1, 2.

    Boxes that read inputs alone are left out, except the first.
    """
    found = boxes_of(elements)
    made = {value for box in found for call in box.calls for value in call.outputs}
    # What is made of inputs alone, such as a sum that is wanted, is no part of the picture.
    boxes = [
        box for box in found if box is found[0] or any(value in made for call in box.calls for value in call.inputs)
    ]
    owner = {value: box for box in boxes for call in box.calls for value in call.outputs}
    reads = {
        id(box): list(dict.fromkeys(id(owner[value]) for call in box.calls for value in call.inputs
                                    if value in owner and owner[value] is not box))
        for box in boxes
    }  # fmt: skip
    return NetworkMap(boxes, strip.places([id(box) for box in boxes], reads, LANES), reads)
