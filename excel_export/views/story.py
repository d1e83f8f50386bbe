"""The story: at most sixteen steps that show both passes of a network, along one thread of numbers.

The rule holds for any network: the inputs; the first layer of each kind, a deeper one, and the last; what is computed
beside the thread; the losses; the same backward; the weight, its path, and the update. If that is too long, calls that
only move or scale numbers are left out first, then activations but one, then normalisations, then later layers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from excel_export.formulas import Index, Reference, Referred, unravelled
from excel_export.graph.graph import Call, Value
from excel_export.views.elements import Elements
from excel_export.views.terms import Term
from excel_export.views.thread import Bead
from excel_export.views.windows import windows_of

AHEAD = ("forward", "branch", "losses")
"""The kinds of steps in the forward pass."""
BACK = ("backward", "dead end", "switches", "weight")
"""The kinds of steps in the backward pass."""
MOST = 16
"""The most steps."""
SMALL = 16
"""The most numbers in each tensor beside the thread if all its calls are to be one step."""
LONGEST_BRANCH = 12
"""The most calls beside the thread that are one step."""
FEW_PRODUCTS = 3
"""The most products of a gradient that the steps around it already show."""
What = Literal["inputs", "forward", "branch", "losses", "backward", "dead end", "switches", "weight", "path", "update"]
NOTHING = 1e-12
"""The largest gradient that counts as 0: rounding leaves so much."""
LONGEST_FORMULA = 500
"""The most characters of a formula that a step shows."""
SCALES = frozenset({
    "add", "sub", "rsub", "mul", "div", "truediv", "neg", "mean", "sum", "avg_pool2d", "stack", "cat", "flatten",
    "dropout",
})  # fmt: skip
"""The operators that only scale or gather numbers."""


@dataclass(frozen=True)
class StoryStep:
    """A step of the story and the element that it shows: StoryStep('forward', call, y, (0, 2)) shows y[0, 2]."""

    what: What
    """The kind of the step: 'inputs', 'forward', 'branch' (calls beside the followed numbers), 'losses' (their sum),
    'backward', 'dead end' (no gradient passes), 'switches' (such as ReLUs), 'weight' (the gradient of the weight that
    the story follows), 'path' (from that weight to the loss, with the slopes on the way) or 'update'."""
    call: Call | None = None
    """The call (one operation with its inputs and results) that the step is about; None for inputs, path and update."""
    value: Value | None = None
    """The result of a step forward, or the value whose gradient a step back shows; None for inputs, switches, path and
    update."""
    index: Index = ()
    """The index of the shown element, from 0 on: (0, 2); () for a scalar or none."""
    calls: tuple[Call, ...] = ()
    """The calls of a 'branch' or of 'switches'; for a layer on the way back, those through which its gradient arrives,
    such as a ReLU; () for others."""


def story_of(elements: Elements, beads: Sequence[Bead], most: int = MOST) -> list[StoryStep]:
    """Return the steps that explain a network: [StoryStep('inputs'), StoryStep('forward', …), …, StoryStep('update')].

    Args:
        elements: the network's elements.
        beads: the numbers that the story follows, from a weight to the loss: [Bead(w, (0, 1), …), …, Bead(loss, ())];
            [] if no parameter has a gradient.
        most: the largest number of steps; for more, less important steps forward are left out first.
    """
    thread = {bead.value: bead.index for bead in beads}
    branch = _branch(elements, beads)
    forward = _forward(elements, beads, thread, branch)
    back = _back(elements, beads, thread, forward)
    ends = [StoryStep("update")] if beads else []
    if beads:
        weight = beads[0]
        back.append(StoryStep("weight", weight.through, weight.value, weight.index))
        ends = [StoryStep("path"), *ends]
    return _shortened([StoryStep("inputs"), *forward], [*back, *ends], most)


def is_loss(call: Call) -> bool:
    """Return whether a call may be a loss, as MSELoss: a scalar from two inputs or more, none of them a parameter.

    False for calls that only scale or add up: see `scales`.
    """
    if call.outputs[0].data.size != 1 or len(call.inputs) < 2:
        return False
    return not any(value.kind == "parameter" for value in call.inputs) and not scales(call)


def scales(call: Call) -> bool:
    """Return whether a call only moves, scales or adds up numbers, as reshape, mul and mean do."""
    return call.only_moves or call.kind in SCALES


def has_weights(call: Call) -> bool:
    """Return whether a call reads a parameter of two dimensions or more, as Linear or Conv2d does."""
    return any(value.kind == "parameter" and value.data.ndim > 1 for value in call.inputs)


def _branch(elements: Elements, beads: Sequence[Bead]) -> tuple[Call, ...]:
    """Return the calls beside the thread: they begin with its numbers, and meet it again where the losses are added."""
    joint = elements.makers.get(elements.graph.loss)
    if not beads or joint is None or len({v for v in joint.inputs if v.kind == "intermediate"}) < 2:
        return ()
    on_thread = {bead.value for bead in beads}
    behind: set[Value] = set()
    for call in reversed(elements.graph.calls):
        if call is not joint and any(value in on_thread or value in behind for value in call.outputs):
            behind |= set(call.inputs)
    found = [
        call for call in elements.graph.calls
        if call is not joint and not any(value in on_thread or value in behind for value in call.outputs)
    ]  # fmt: skip
    is_small = all(value.data.size <= SMALL for call in found for value in call.outputs)
    computing = [call for call in found if not call.only_moves]
    is_a_way = len(computing) >= 2 and found[-1].outputs[0] in joint.inputs
    return tuple(found) if is_small and is_a_way and len(found) <= LONGEST_BRANCH else ()


def _forward(
    elements: Elements, beads: Sequence[Bead], thread: dict[Value, Index], branch: Sequence[Call]
) -> list[StoryStep]:
    seen: set[str] = set()
    layers = [bead.through for bead in beads if bead.through and has_weights(bead.through)]
    found: list[StoryStep] = []
    joint = elements.makers.get(elements.graph.loss)
    for call in elements.graph.calls:
        if call in branch:
            if call is branch[-1]:
                found.append(StoryStep("branch", call, call.outputs[0], largest(call.outputs[0]), tuple(branch)))
            continue
        value = call.outputs[0]
        if not value.data.size:
            continue
        if call is joint and not is_loss(call):
            if adds(call):
                found.append(StoryStep("losses", call, value, ()))
            continue
        if call.only_moves or (scales(call) and not is_loss(call)):
            continue
        is_told = call.kind not in seen or is_loss(call) or (layers and call is layers[-1])
        if not (is_told or (value in thread and _is_deeper(elements, value, thread[value], found))):
            continue
        index = thread[value] if value in thread else largest(value)
        if not (_is_long(elements, value, index) or _only_copies(elements, value, index)):
            found.append(StoryStep("forward", call, value, index))
            seen.add(call.kind)
    return found


def adds(call: Call) -> bool:
    """Return whether a call returns the sum of its inputs, two scalars, and passes its gradient on to each."""
    made, parts = call.outputs[0], dict.fromkeys(call.inputs)
    if len(parts) != 2 or made.gradient is None or any(each.data.size != 1 for each in parts):
        return False
    is_sum = np.isclose(
        sum(float(each.data.item()) for each in call.inputs), float(made.data.item()), rtol=1e-12, atol=0
    )
    return bool(is_sum) and all(np.allclose(share, made.gradient, rtol=1e-12) for _, share in call.contributions)


def _is_long(elements: Elements, value: Value, index: Index) -> bool:
    spelled = elements.forward(value, index).spelled
    return bool(spelled) and len(elements.formula(value, index).text("")) > LONGEST_FORMULA


def _only_copies(elements: Elements, value: Value, index: Index) -> bool:
    return isinstance(elements.formula(value, index), Referred)


def _is_deeper(elements: Elements, value: Value, index: Index, found: Sequence[StoryStep]) -> bool:
    def maps(step_value: Value, step_index: Index) -> int:
        return len(windows_of(elements, elements.forward(step_value, step_index)))

    can_be = any(len(read.shape) > 2 for read in elements.makers[value].inputs)
    return (
        can_be
        and maps(value, index) > 1
        and not any(step.value and maps(step.value, step.index) > 1 for step in found if step.what == "forward")
    )


def _back(
    elements: Elements, beads: Sequence[Bead], thread: dict[Value, Index], forward: Sequence[StoryStep]
) -> list[StoryStep]:
    told = {id(step.call) for step in forward if step.what == "forward"}
    found: list[StoryStep] = []
    losses = [bead for bead in beads if bead.through and is_loss(bead.through)]
    if losses:
        last = losses[-1]
        found.append(StoryStep("backward", last.through, last.value, last.index))
    found += _dead_ends(elements)
    inner = [bead for bead in beads if bead.through and has_weights(bead.through) and bead.value.kind != "parameter"]
    if inner:
        found.append(StoryStep("backward", inner[-1].through, inner[-1].value, inner[-1].index))
    found += _mixings(elements, told)
    bends = [
        bead for bead in reversed(beads) if bead.through and bead.value.kind == "intermediate"
        and id(bead.through) in told and not (has_weights(bead.through) or is_loss(bead.through))
    ]  # fmt: skip
    switches = [bead.through for bead in bends if bead.through and has_one_share(elements, bead.value, bead.index)]
    sums = [bead for bead in bends if bead.through not in switches]
    if sums and not any(step.call is sums[0].through for step in found):
        found.append(StoryStep("backward", sums[0].through, sums[0].value, sums[0].index))
    layer = _layer_between(elements, thread, switches, [step.call for step in found])
    before = switches[: switches.index(layer[0])] if layer else switches
    if before:
        found.append(StoryStep("switches", before[0], calls=tuple(before)))
    if layer:
        call, reader, index = layer
        found.append(StoryStep("backward", reader, call.outputs[0], index, tuple(switches[len(before) :])))
    return found


def _layer_between(
    elements: Elements, thread: dict[Value, Index], switches: Sequence[Call], told: Sequence[Call | None]
) -> tuple[Call, Call, Index] | None:
    for call in reversed(switches):
        value = call.outputs[0]
        readers, index = elements.readers.get(value, ()), thread.get(value)
        if len(readers) != 1 or index is None or readers[0] in told or not has_weights(readers[0]):
            continue
        if len(products_back(elements, value, index)) > FEW_PRODUCTS:
            return call, readers[0], index
    return None


def sum_back(elements: Elements, value: Value, index: Index) -> Sequence[Term]:
    """Return the terms whose sum is the gradient of value[index]: (Term(g0, w0), Term(g1, w1)) for g0·w0 + g1·w1.

    () if not exactly one call reads the value, or if the gradient is no such sum: g0 · (1 − y²).
    """
    readers = elements.readers.get(value, ())
    account = elements.backward(readers[0], value, index) if len(readers) == 1 else None
    return account.terms if account and not account.spelled else ()


def products_back(elements: Elements, value: Value, index: Index) -> Sequence[Term]:
    """Return the terms of the gradient of value[index], (Term(g0, w0), …), if it is a sum of products of two cells.

    () if it is none, or if not exactly one call reads the value.
    """
    terms = sum_back(elements, value, index)
    return terms if all(isinstance(part, Reference) for term in terms for part in term) else ()


def has_one_share(elements: Elements, value: Value, index: Index) -> bool:
    """Return whether the gradient of value[index] comes from no more than one number, as that before a ReLU does."""
    accounts = [elements.backward(call, value, index) for call in elements.readers.get(value, ())]
    return sum(sum(term.size for term in account.shares) for account in accounts if account) <= 1


def _dead_ends(elements: Elements) -> list[StoryStep]:
    for call in reversed(elements.graph.calls):
        value = call.outputs[0]
        arrives = value.gradient is not None and value.is_float and np.abs(value.gradient).max() > NOTHING
        stops = arrives and not call.contributions and call.inputs[0].kind == "intermediate"
        if stops and behind_dead_end(elements, call)[1].has_grad:  # integers have none, which could be shown beside it
            return [StoryStep("dead end", call, call.inputs[0], largest(call.inputs[0]))]
    return []


def behind_dead_end(elements: Elements, call: Call) -> tuple[Call, Value]:
    """Return (call that stops the gradient, the value that it reads): (argmax, scores).

    It is `call` itself, which passes no gradient on, if its first argument has several numbers or no call computes it.
    Else it is the nearest earlier call whose first argument is so, or has a gradient other than 0. Of several arguments
    the first is the value.
    """
    jump, value = call, call.inputs[0]
    while value.data.size == 1 and value in elements.makers:
        jump = elements.makers[value]
        value = jump.inputs[0]
        if value.gradient is not None and value.gradient.any():
            break
    return jump, value


def _mixings(elements: Elements, told: set[int]) -> list[StoryStep]:
    for call in elements.graph.calls:
        made = [each for each in call.inputs if each.kind == "intermediate" and elements.gains(call, each) is not None]
        if id(call) in told and call.mixes_sequences and len(made) > 1:
            return [StoryStep("backward", call, made[-1], largest(made[-1], of_gradient=True))]
    return []


def _shortened(forward: list[StoryStep], back: list[StoryStep], most: int) -> list[StoryStep]:
    def alike(step: StoryStep) -> bool:
        call = step.call
        return bool(call and [value.shape for value in call.inputs] == [call.outputs[0].shape])

    middle = [step for step in forward if step.what == "forward" and step.call and not is_loss(step.call)]
    dispensable = [
        [step for step in middle if step.call and scales(step.call)],
        [step for step in middle if alike(step)][1:],
        [step for step in middle if step.call and "norm" in step.call.kind],
        middle[1:],
    ]
    surplus = max(0, len(forward) + len(back) - most)
    left_out = list(dict.fromkeys(id(step) for steps in dispensable for step in reversed(steps)))[:surplus]
    forward = [step for step in forward if id(step) not in left_out]
    return [*forward, *back][:most]


def largest(value: Value, *, of_gradient: bool = False) -> Index:
    """Return the index of the largest absolute number of a value: (1,) for [2, -5, 3]; () if it is empty.

    With `of_gradient`, it is the index of the largest absolute gradient. Of equal numbers the first one counts.
    """
    data = value.gradient if of_gradient and value.gradient is not None else value.data
    return (
        unravelled(int(np.argmax(np.abs(np.asarray(data, dtype=np.float64)))), value.shape) if value.data.size else ()
    )
