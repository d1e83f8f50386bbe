"""The story: a dozen steps, of all, that tell the whole. It follows one weight to the end.

By a rule, for any network: the inputs, the first of each kind of layer, the losses, the same backward, and the update.
Where that is too long, what only moves or scales numbers is left out first, then activations but one, then
normalisations.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from excel_export.formulas import Index, Reference, unravelled
from excel_export.graph.graph import Call, Value
from excel_export.views.plan import Part, Plan
from excel_export.views.terms import cells_in
from excel_export.views.views import View

MOST = 15
LOOKED_THROUGH = 3_000
"""Of so many elements, the one is found in which the weight counts most."""


@dataclass(frozen=True)
class Hero:
    """The weight that the story follows."""

    value: Value
    index: Index
    layer: Call
    """The layer that it is one of."""


@dataclass(frozen=True)
class Told:
    """A step of the story."""

    part: int
    """The part that it shows, counted among the parts of all steps, from 1 on."""
    view: int = 1
    """The tensor, among those of the part, from 1 on."""
    index: Index | None = None
    """The element, where the story says which."""


def hero_of(plan: Plan) -> Hero | None:
    """The weight to follow: of the first layer that has weights, one with a large gradient, in a visible place."""
    for part in plan.parts:
        if part.direction != "forward" or not part.call or part.helper:
            continue
        weights = [
            value for value in part.call.inputs
            if value.kind == "parameter" and value.gradient is not None and value.data.ndim > 1
        ]  # fmt: skip
        for value in weights:
            assert value.gradient is not None
            sizes = np.abs(value.gradient)
            if sizes.any():
                return Hero(value, unravelled(int(np.argmax(sizes)), value.shape), part.call)
    return None


def story(plan: Plan, views: Sequence[View], hero: Hero | None) -> list[Told]:
    """Choose the steps.

    Args:
        plan: all its steps.
        views: what can be shown.
        hero: the weight that is followed.
    """
    of_part: dict[int, list[View]] = {}
    for view in views:
        of_part.setdefault(view.part, []).append(view)
    numbered = [(k, part) for k, part in enumerate(plan.parts, start=1) if k in of_part]
    kinds = _Kinds(plan)
    chosen = kinds.both_ways([(k, part) for k, part in numbered if kinds.tells(k, part)])
    for dispensable in (_moves_or_scales, _is_activation_again(chosen), _is_normalisation, _is_layer):
        surplus = [(k, part) for k, part in chosen if part.direction == "forward" and dispensable(k, part)]
        while len(chosen) > MOST and surplus:
            chosen.remove(surplus.pop())
            chosen = kinds.both_ways(chosen)
    chosen = chosen[: MOST - 1] + chosen[-1:] if len(chosen) > MOST else chosen
    return [_told(k, part, of_part[k], hero) for k, part in chosen]


class _Kinds:
    """Tells which parts belong to the story, before it is shortened."""

    def __init__(self, plan: Plan) -> None:
        self._seen: set[tuple[str, type]] = set()
        self._calls: set[int] = set()
        self._mains = {step.first + step.main for step in plan.steps}
        last_forward = [part for part in plan.parts if part.direction == "forward" and part.call]
        self._losses = {id(part.call) for part in last_forward if _is_loss(part.call)}
        inputs = [value for part in last_forward if part.call for value in part.call.inputs if value.kind == "input"]
        learned = [value for value in inputs if value.gradient is not None and value.gradient.any()]
        self._largest_input = max(learned, key=lambda value: value.data.size, default=None)

    def tells(self, number: int, part: Part) -> bool:
        """Whether a part is told: the parts are asked for in their order."""
        if part.direction in ("inputs", "update"):
            return True
        call = part.call
        if call is None or part.direction == "loss":
            return part.direction == "loss"
        if id(call) in self._losses:
            return part.direction == "forward" or number in self._mains
        if number not in self._mains:
            return False
        kind = type(call.operator)
        if part.direction == "forward":
            if ("forward", kind) in self._seen:
                return False
            self._seen.add(("forward", kind))
            self._calls.add(id(call))
            return True
        reaches = [value for value in call.inputs if value.has_grad]
        stops = not any(share.any() for _, share in call.contributions)
        has_weights = any(value.kind == "parameter" for value in reaches)
        return (id(call) in self._calls and (stops or has_weights)) or self._largest_input in reaches

    def both_ways(self, chosen: Sequence[tuple[int, Part]]) -> list[tuple[int, Part]]:
        """Leave out the way back through what is not told forward, but for where it ends: at the largest input."""
        told = {id(part.call) for _, part in chosen if part.direction == "forward"}
        return [
            (k, part) for k, part in chosen
            if part.direction != "backward" or id(part.call) in told
            or (part.call is not None and self._largest_input in part.call.inputs)
        ]  # fmt: skip


def _is_loss(call: Call | None) -> bool:
    """Whether a call compares: a single number comes out of what the network makes and of what is wanted."""
    if call is None or call.outputs[0].data.size != 1 or len(call.inputs) < 2:
        return False
    is_layer = any(value.kind == "parameter" for value in call.inputs)
    return not is_layer and not _moves_or_scales(0, Part("", "", "", call=call))


def _moves_or_scales(_: int, part: Part) -> bool:
    assert part.call
    name = type(part.call.operator).__name__
    return part.call.operator.only_moves or name in {
        "add", "sub", "mul", "div", "truediv", "neg", "mean", "sum", "avg_pool2d", "stack", "cat", "flatten", "dropout",
    }  # fmt: skip


def _is_activation_again(chosen: Sequence[tuple[int, Part]]):  # type: ignore[no-untyped-def]
    alike = [k for k, part in chosen if part.call and _keeps_shape(part.call) and part.direction == "forward"]
    return lambda k, part: k in alike[1:]


def _keeps_shape(call: Call) -> bool:
    return len(call.inputs) == 1 and call.inputs[0].shape == call.outputs[0].shape


def _is_normalisation(_: int, part: Part) -> bool:
    assert part.call
    return "norm" in type(part.call.operator).__name__


def _is_layer(_: int, part: Part) -> bool:
    """What is left out last: layers of the forward pass but for losses and decisions, the later ones first."""
    assert part.call
    return not _is_loss(part.call) and any(share.any() for _, share in part.call.contributions)


def _told(number: int, part: Part, shown: Sequence[View], hero: Hero | None) -> Told:
    """What a step of the story shows: the weight that is followed, where it is read, or its gradient is made."""
    if hero is None:
        return Told(number)
    for k, view in enumerate(shown, start=1):
        if view.value is hero.value and (view.updates or view.companion is not None):
            return Told(number, k, hero.index)
    if part.direction == "forward" and part.call and hero.value in part.call.inputs and not part.helper:
        index = _most_counted(shown[0], part.call, hero)
        return Told(number, 1, index)
    if part.direction == "forward" and part.call and _reads_its_map(part.call, hero) and not part.helper:
        view = shown[0]
        channel = np.take(view.weights, [hero.index[0]], axis=-3)
        if channel.any():
            *outer, _, row, column = unravelled(int(np.argmax(channel)), channel.shape)
            return Told(number, 1, (*outer, hero.index[0], row, column))
    return Told(number)


def _reads_its_map(call: Call, hero: Hero) -> bool:
    """Whether a call works number by number on what the layer of the weight makes, in whose maps it has a channel."""
    makers = [made for made in hero.layer.outputs if made in call.inputs]
    return (
        bool(makers)
        and makers[0].data.ndim >= 3
        and call.outputs[0].shape == makers[0].shape
        and (hero.value.data.ndim == makers[0].data.ndim)
    )


def _most_counted(view: View, call: Call, hero: Hero) -> Index | None:
    """The element of a result in which the weight meets the largest number, so that its product is seen."""
    grids = {each.name: each.grid for each in view.operands if not each.is_grad}
    if hero.value.called not in grids:
        return None
    weight = grids[hero.value.called].at(*hero.index)
    numbers: dict[Reference, float] = {}
    for value in call.inputs:
        if value is not hero.value and value.called in grids and value.data.dtype.kind == "f":
            numbers |= zip(cells_in(grids[value.called]), np.abs(value.data).ravel().tolist(), strict=True)
    found: list[tuple[float, Index]] = []
    for number in np.argsort(-np.abs(view.weights), axis=None)[:LOOKED_THROUGH].tolist():
        index = unravelled(number, view.made.grid.shape)
        for term in view.account(index).terms:
            if _is(term.cell, weight) or _is(term.factor, weight):
                met = term.factor if _is(term.cell, weight) else term.cell
                found.append((numbers.get(met, 0.0) if isinstance(met, Reference) else 0.0, index))
    return max(found, default=(0.0, None), key=lambda each: each[0])[1]


def _is(what: object, cell: Reference) -> bool:
    return isinstance(what, Reference) and (what.sheet, what.row, what.col) == (cell.sheet, cell.row, cell.col)
