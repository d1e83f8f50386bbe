"""The story: a dozen steps, of all, that tell the whole. It follows one weight to the end.

By a rule, for any network: the inputs, the first of each kind of layer, the losses, the same backward, and the update.
Where that is too long, what only moves or scales numbers is left out first, then activations but one, then
normalisations.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from excel_export.formulas import Index, Reference, unravelled
from excel_export.graph.graph import Call, Value
from excel_export.ops.convolution import Convolution
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
    """Choose the steps of a plan that are told; of their views, those in which the weight is that is followed."""
    of_part: dict[int, list[View]] = {}
    for view in views:
        of_part.setdefault(view.part, []).append(view)
    kinds = _Kinds(plan)
    numbered = [(k, part) for k, part in enumerate(plan.parts, start=1) if k in of_part]
    chosen = kinds.both_ways([(k, part) for k, part in numbered if kinds.tells(k, part)])
    forward = [(k, part.call) for k, part in chosen if part.direction == "forward" and part.call]
    alike = [k for k, call in forward if [value.shape for value in call.inputs] == [call.outputs[0].shape]]
    for dispensable in (
        [k for k, call in forward if _moves_or_scales(call)],
        alike[1:],  # activations but one
        [k for k, call in forward if "norm" in type(call.operator).__name__],
        # Last, layers but for losses and decisions, the later ones first.
        [k for k, call in forward if not _is_loss(call) and any(share.any() for _, share in call.contributions)],
    ):
        surplus = [(k, part) for k, part in chosen if k in dispensable]
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
        forward = [part.call for part in plan.parts if part.direction == "forward" and part.call]
        self._losses = {id(call) for call in forward if _is_loss(call)}
        inputs = [value for call in forward for value in call.inputs if value.kind == "input"]
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


def _is_loss(call: Call) -> bool:
    """Whether a call compares: a single number comes out of what the network makes and of what is wanted."""
    if call.outputs[0].data.size != 1 or len(call.inputs) < 2:
        return False
    return not any(value.kind == "parameter" for value in call.inputs) and not _moves_or_scales(call)


def _moves_or_scales(call: Call) -> bool:
    return call.operator.only_moves or type(call.operator).__name__ in {
        "add", "sub", "mul", "div", "truediv", "neg", "mean", "sum", "avg_pool2d", "stack", "cat", "flatten", "dropout",
    }  # fmt: skip


def _told(number: int, part: Part, shown: Sequence[View], hero: Hero | None) -> Told:
    """What a step of the story shows: the weight that is followed, where it is read, or its gradient is made."""
    if hero is None:
        return Told(number)
    for k, view in enumerate(shown, start=1):
        if view.value is hero.value and (view.updates or view.companion is not None):
            return Told(number, k, hero.index)
    if part.direction != "forward" or part.call is None or part.helper:
        return Told(number)
    if hero.value in part.call.inputs:
        return Told(number, 1, _most_counted(shown[0], part.call, hero))
    # A call that works number by number on the maps (N, C, …) of a convolution, of whose kernels the weight is in one.
    made = next((each for each in hero.layer.outputs if each in part.call.inputs), None)
    is_kernel = isinstance(hero.layer.operator, Convolution) and hero.layer.inputs[1] is hero.value
    if is_kernel and made and made.data.ndim == hero.value.data.ndim and part.call.outputs[0].shape == made.shape:
        channel = np.take(shown[0].weights, [hero.index[0]], axis=1)
        if channel.any():
            sample, _, *place = unravelled(int(np.argmax(channel)), channel.shape)
            return Told(number, 1, (sample, hero.index[0], *place))
    return Told(number)


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
