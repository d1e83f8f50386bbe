"""The network as a drawing of boxes: columns from left to right follow the computation, lanes are its branches.

The boxes of the Lens's map are the steps of the forward pass, each with a short name; of many, those in a row together.
"""

import math
from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from excel_export.views.plan import Plan, PlanStep

LANES = 3
"""How many branches stand above one another; what has no lane shares the last one's box."""
T = TypeVar("T", bound=Hashable)


@dataclass(frozen=True)
class Place:
    """Where a box stands."""

    column: int
    lane: int


def places(boxes: Sequence[T], reads: Mapping[T, Sequence[T]], lanes: int = LANES) -> dict[T, Place]:
    """Give every box a place of its own: they come in the order of computation, with what each reads of those before.

    `lanes` is how many branches have room above one another.
    """
    readers: dict[T, list[T]] = {box: [] for box in boxes}
    # One more than the last of what a box reads; what reads nothing stands just before its first reader.
    columns: dict[T, int] = {}
    for box in boxes:
        columns[box] = max((columns[each] + 1 for each in reads.get(box, ())), default=0)
        for each in reads.get(box, ()):
            readers[each].append(box)
    for box in boxes:
        if not reads.get(box) and readers[box]:
            columns[box] = max(0, min(columns[each] for each in readers[box]) - 1)
    # How long the way from each box to the end is, so that the longest branch stands on top.
    behind: dict[T, int] = {}
    for box in reversed(boxes):
        behind[box] = max((behind[reader] + 1 for reader in readers[box]), default=0)
    found: dict[T, Place] = {}
    used: set[Place] = set()
    for box in sorted(boxes, key=lambda each: (columns[each], -behind[each])):
        column = columns[box]
        wanted = min((found[each].lane for each in reads.get(box, ()) if each in found), default=0)
        in_order = [*range(wanted, lanes), *range(wanted)]
        lane = next((k for k in in_order if Place(column, k) not in used), None)
        while lane is None:  # more branches than lanes: the box stands further right
            column += 1
            lane = next((k for k in range(lanes) if Place(column, k) not in used), None)
        found[box] = Place(column, lane)
        used.add(found[box])
    return found


def arrow(here: Place, readers: Sequence[Place]) -> str:
    """The sign behind a box that says where its numbers go; nothing where nothing reads it."""
    if not readers:
        return ""
    nearest = min(readers, key=lambda each: (each.column, abs(each.lane - here.lane)))
    signs = {0: "→", 1: "↘", -1: "↗"}
    away = (nearest.lane > here.lane) - (nearest.lane < here.lane)
    return signs[away] if nearest.column == here.column + 1 else "⇢"


MOST_BOXES = 30
SHORT = {
    "conv1d": "conv", "conv2d": "conv", "conv3d": "conv", "max_pool2d": "pool", "avg_pool2d": "mean", "relu": "ReLU",
    "cross_entropy": "loss", "mse_loss": "loss", "nll_loss": "loss", "binary_cross_entropy": "loss", "argmax": "read",
    "add": "+", "sub": "−", "mul": "×", "div": "÷", "truediv": "÷", "neg": "−", "linear": "linear", "stack": "pair",
    "matmul": "×", "layer_norm": "norm", "batch_norm": "norm", "embedding": "embed", "flatten": "flat",
}  # fmt: skip
"""What people call an operator in five letters."""
TURNED = {"→": "←", "↘": "↖", "↗": "↙", "⇢": "⇠"}
"""The signs of the way back."""


@dataclass(frozen=True)
class MapBox:
    """A box of the map."""

    name: str
    place: Place
    lit: tuple[tuple[int, int], ...]
    """The steps that are its own, forward and backward, from the first to the last."""
    made: int
    """The step that makes its result."""
    known: int
    """The step after which its gradient is known; 0 where none reaches it."""
    dead: int
    """The backward step that finds that nothing passes through it; 0 where something does."""
    arrow: tuple[str, str] | None
    """The sign behind it, forward and backward; None behind the last."""


def stops(plan: Plan, lanes: int) -> list[MapBox]:
    """List the boxes, where so many branches stand above one another."""
    numbered = [*enumerate(plan.steps, start=1)]
    forward = [(number, step) for number, step in numbered if step.direction == "forward"]
    backward = {id(step.call): number for number, step in numbered if step.direction == "backward"}
    if not forward:
        return [MapBox("inputs", Place(0, 0), ((1, len(plan.steps)),), 1, 0, 0, None)]
    calls = [[part.call for part in step.parts if part.call] for _, step in forward]
    owner = {value: k for k, own in enumerate(calls) for call in own for value in call.outputs}
    reads: dict[int, list[int]] = {}
    for k, own in enumerate(calls):
        found = [owner[value] for call in own for value in call.inputs if value in owner]
        reads[k] = [each for each in dict.fromkeys(found) if each < k]
    chains = _chains([*range(len(forward))], reads, MOST_BOXES)
    head = {k: chain[0] for chain in chains for k in chain}
    reads_of = {
        chain[0]: list(dict.fromkeys(head[each] for k in chain for each in reads[k] if head[each] != chain[0]))
        for chain in chains
    }
    standing = places([*reads_of], reads_of, lanes)
    result = []
    for chain in chains:
        steps, here = [forward[k] for k in chain], standing[chain[0]]
        back = [backward[id(step.call)] for _, step in steps if id(step.call) in backward]
        lit = ((steps[0][0], steps[-1][0]), *([(min(back), max(back))] if back else []))
        made = [value for k in chain for call in calls[k] for value in call.outputs]
        passes = any(share.any() for _, step in steps if step.call for _, share in step.call.contributions)
        sign = arrow(here, [standing[k] for k, found in reads_of.items() if chain[0] in found])
        name = _name(steps[0][1]) if len(chain) == 1 else f"{_name(steps[0][1])} …{len(chain)}"
        known, dead = max(map(plan.known, made[-1:]), default=0), 0 if passes or not back else min(back)
        result.append(MapBox(name, here, lit, steps[-1][0], known, dead, (sign, TURNED[sign]) if sign else None))
    return result


def _chains(boxes: list[int], reads: dict[int, list[int]], most: int) -> list[list[int]]:
    """Boxes that follow one another without a branch, in chains of two, three … until there are few enough."""
    readers = Counter(each for found in reads.values() for each in found)

    def chained(longest: int) -> list[list[int]]:
        chains: list[list[int]] = []
        for box in boxes:
            last = chains[-1] if chains else []
            follows = last and reads[box] == [last[-1]] and readers[last[-1]] == 1
            if follows and len(last) < longest:
                last.append(box)
            else:
                chains.append([box])
        return chains

    chains = chained(len(boxes))
    if len(chains) <= most:  # shorter ones may do
        lengths = range(math.ceil(len(boxes) / most), len(boxes) + 1)
        chains = next(each for each in map(chained, lengths) if len(each) <= most)
    while len(chains) > most:  # many branches: what is left is joined in the order of computation
        chains = [[*one, *other] for one, other in zip(chains[::2], [*chains[1::2], []], strict=False)]
    return chains


def _name(step: PlanStep) -> str:
    if step.call is None:
        return step.name
    name = type(step.call.operator).__name__.removeprefix("_")
    return SHORT.get(name, name.replace("_", " "))
