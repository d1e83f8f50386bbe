"""The contents of a page, as plain numbers and texts, with arrays instead of cells."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from excel_export.compiler.place.emit import Contents
from excel_export.compiler.place.placement import Placement
from excel_export.formulas import Grid, unravelled
from excel_export.graph.graph import Graph, Value
from excel_export.pages.accounts import AccountWriter, steps
from excel_export.pages.inputs import inputs_of, outcomes_of
from excel_export.pages.learning_step import Learning
from excel_export.pages.slots import read_by, slots
from excel_export.pages.tiles import tiles_of
from excel_export.views.plan import Plan
from excel_export.views.strip import places
from excel_export.views.terms import Owners
from excel_export.views.views import StepTensor, View, Views

Json = dict[str, Any]


def model_of(
    graph: Graph, placement: Placement, plan: Plan, views: Views, learning: Learning, accounts: AccountWriter
) -> Json:
    """Return what the page draws, ready for JSON: {'steps': [{'name': 'fc  →', …}], 'views': […], 'loss': 'a15', …}.

    A step has 'name', 'direction', 'main' and 'parts' [{'words', 'math'}]; a view 'part', 'made' (its array, 'a3'),
    'slots' (the arrays beside it), 'companion', 'paths', 'first', 'isGiven', and what `AccountWriter.view` returns. The
    other keys: 'tensors' by array, 'tiles' by shape, 'overview', 'inputs', 'outcomes', 'rate', 'step', 'kept' and
    'changing' (True if the network has state).

    Args:
        graph: the network.
        placement: the array of each tensor: placement.tensors[x].value.sheet is 'a1'.
        plan: the steps, with their words.
        views: the tensors that the steps compute, and their terms.
        learning: the arrays of the step of learning.
        accounts: writes the terms of each element as arrays and places.
    """
    shown = _Tensors(placement)
    listed = [_view(view, shown, accounts, views.owners) for view in views.views]
    starts = {view.tensor.grid.sheet: _view(view, shown, accounts, views.owners) for view in views.seeds}
    for view in listed:
        if view["made"] in starts and not view["groups"]:
            view |= {key: starts[view["made"]][key] for key in ("groups", "group")}
    return {
        "steps": [
            {"name": step.name, "direction": step.direction, "main": step.main,
             "parts": [{"words": part.words, "math": part.math} for part in step.parts]}
            for step in plan.steps
        ],
        "views": listed,
        "tensors": shown.found,
        "tiles": shown.tiles,
        "overview": _overview(graph, placement, plan),
        "inputs": inputs_of(graph, placement),
        "outcomes": outcomes_of(graph, placement),
        "loss": placement.tensors[graph.loss].value.sheet,
        "rate": learning.rate.sheet,
        "step": learning.step.sheet,
        "kept": learning.copies,
        "changing": bool(graph.state),
    }  # fmt: skip


class _Tensors:
    def __init__(self, placement: Placement) -> None:
        self.found: dict[str, Json] = {}
        self.tiles: dict[str, Json] = {}
        self._parameters = {
            tensor.value.sheet: value for value, tensor in placement.tensors.items() if value.kind == "parameter"
        }

    def add(self, operand: StepTensor) -> str:
        grid, array = operand.grid, str(operand.grid.sheet)
        if array not in self.found:
            self.found[array] = {
                "name": operand.name,
                "shape": list(grid.shape),
                "isGradient": operand.is_grad,
                "isParameter": array in self._parameters,
            }
            self.tiles.setdefault(",".join(map(str, grid.shape)), _tiles(grid.shape))
        return array


def _view(view: View, shown: _Tensors, accounts: AccountWriter, owners: Owners) -> Json:
    first = int(np.argmax(view.weights)) if view.weights.size else 0
    made = shown.add(view.tensor)
    for operand in (*view.operands, *view.arriving):
        shown.add(operand)
    return {
        "part": view.part,
        "made": made,
        "slots": [shown.add(each) for each in slots(view, _read(view, first, owners))],
        "companion": view.companion.grid.sheet if view.companion else None,
        "paths": view.paths,
        "first": first,
        "isGiven": view.is_given,
        **accounts.view(view),
    }


def _read(view: View, first: int, owners: Owners) -> list[Grid]:
    if view.is_given or not view.operands:
        return [each.grid for each in view.operands]
    return read_by(view.account(unravelled(first, view.tensor.grid.shape)), owners)


def _tiles(shape: Sequence[int]) -> Json:
    tiles = tiles_of(tuple(shape))
    squares = list(tiles.elements())
    numbers = [int(np.ravel_multi_index(index, tuple(shape))) if shape else 0 for _, _, index in squares]
    return {
        "size": tiles.size, "height": tiles.height, "width": tiles.width, "whole": tiles.whole,
        "rows": steps([row for row, _, _ in squares]), "columns": steps([column for _, column, _ in squares]),
        "elements": steps(numbers),
    }  # fmt: skip


def _overview(graph: Graph, placement: Placement, plan: Plan) -> list[Json]:
    values = [*graph.of_kind("input"), *(call.outputs[0] for call in graph.calls)] or [graph.loss]
    owner = {value: call.outputs[0] for call in graph.calls for value in call.outputs}
    reads: dict[Value, list[Value]] = {}
    weights: dict[Value, list[Value]] = {}
    for call in graph.calls:
        known = [owner.get(value, value) for value in call.inputs if value.kind in ("input", "intermediate")]
        reads[call.outputs[0]] = list(dict.fromkeys(known))
        weights[call.outputs[0]] = [value for value in dict.fromkeys(call.inputs) if value.kind == "parameter"]
    standing = places(values, reads)
    numbers = {value: k for k, value in enumerate(values)}
    return [
        {
            "name": value.called,
            "array": placement.tensors[value].value.sheet,
            "gradient": placement.tensors[value].grad.sheet if placement.tensors[value].has_grad else None,
            "column": standing[value].column,
            "lane": standing[value].lane,
            "reads": [numbers[each] for each in reads.get(value, [])],
            "weights": [each.called for each in weights.get(value, [])],
            "made": plan.step_of(value),
            "known": plan.step_of_gradient(value),
        }
        for value in values
    ]


def compared_of(graph: Graph, placement: Placement) -> dict[str, Grid]:
    """Return the arrays of all recorded tensors, then of their gradients, by name: {'w': grid, 'grad.w': grid}."""
    named = [(name, placement.tensors[value]) for name, value in graph.named]
    return {name: tensor.value for name, tensor in named} | {
        f"grad.{name}": tensor.grad for name, tensor in named if tensor.has_grad
    }


def keys_of(graph: Graph, placement: Placement, learning: Learning) -> dict[str, str]:
    """Return the names of arrays by the names that programs and lessons use: {'w': 'a5', 'grad.w': 'a4', …}.

    There are tensors, gradients 'grad.w', parameters after a step 'after.w', intermediate results of a call
    'loss/probability', and 'loss' and 'learning_rate', unless a tensor has one of these two names itself.
    """
    found = compared_of(graph, placement)
    for name, value in graph.named:
        if value in learning.updated.after:
            found[f"after.{name}"] = learning.updated.after[value]
        found |= {f"{name}/{helper}": grid for helper, grid in placement.tensors[value].helpers.items()}
    # A parameter may be called so, too: then the name is its own.
    found = {**found, "loss": placement.tensors[graph.loss].value, "learning_rate": learning.rate, **found}
    return {name: str(grid.sheet) for name, grid in found.items()}


def texts_of(model: Json) -> Iterator[str]:
    """Yield the English texts of a page that are to be translated, 'the inputs', …; some are '' or come several times.

    `model` is what `model_of` returns, with 'rule' (words of learning rules) and 'guide' (a list of `Stop`s as dicts).
    """
    for step in model["steps"]:
        yield step["name"]
        for part in step["parts"]:
            yield from (part["words"], part["math"])
    for view in model["views"]:
        for group in view["groups"]:
            yield from (name for label in group["labels"] for name in label.split(", "))
        yield view["paths"]
    yield from (tensor["name"] for tensor in model["tensors"].values())
    yield from (each["name"] for each in (*model["overview"], *model["inputs"]))
    for outcome in model["outcomes"]:
        yield from (each["name"] for each in outcome.get("compared", []))
    yield from model["rule"]["words"]
    for number in model["rule"]["numbers"]:
        yield from (number["name"], number["words"])
    for stop in model["guide"]:
        yield from (stop["changing"], stop["ask"], stop["answer"])


def given_numbers(contents: Contents) -> Mapping[str, np.ndarray]:
    """Return the numbers in `contents` that no formula gives, by the array's name: {'a1': array([3.0, 4.0])}.

    They are those of inputs, parameters and constants, as float64 in the tensors' shapes.
    """
    return {
        str(grid.sheet): np.asarray(each, dtype=np.float64)
        for grid, each in contents.items()
        if isinstance(each, np.ndarray)
    }
