"""What optimizers remember, in the updates of a sheet: a velocity that forgets, an average of no squares."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from excel_export.shared.grouped import grouped
from spreadsheet_autograd.find.labels import Labels, is_state
from spreadsheet_autograd.graph.graph import SpreadsheetGraph
from spreadsheet_autograd.judge.optimizer_steps import OptimizerStep, beginnings
from spreadsheet_autograd.judge.usual_updates import MOST, Finding
from spreadsheet_autograd.language.places import moved, way
from spreadsheet_autograd.language.syntax import address

Way = tuple[int, int]


def state_findings(graph: SpreadsheetGraph, labels: Labels, steps: Sequence[OptimizerStep]) -> Iterator[Finding]:
    """Yield the updates that don't remember what the others do, and the averages of squares that are of none."""
    first = beginnings(graph, [step.update for step in steps])
    # Where cells that remember stand, seen from the new value, and how far back they look.
    ways = dict.fromkeys(
        (step.update.new[0], way(step.update.new, at), way(at, before))
        for step in steps for at, before in step.before.items() if at != step.update.new and step.follows(before, at)[0]
    )  # fmt: skip
    for (sheet, _), group in grouped(steps, lambda step: (step.update.new[0], first[step.update])).items():
        for of_sheet, to_cell, back in ways:
            if of_sheet == sheet:
                yield from _forgotten(graph, labels, group, to_cell, back)
    for step in steps:
        yield from _without_square(step)


def _forgotten(
    graph: SpreadsheetGraph, labels: Labels, group: Sequence[OptimizerStep], to_cell: Way, back: Way
) -> Iterator[Finding]:
    states = ((step, moved(step.update.new, *to_cell)) for step in group)
    later = [(step, at, before) for step, at in states
             if isinstance(graph.numbers.get(before := moved(at, *back)), float)]  # fmt: skip
    keeping = {at for step, at, before in later
               if at in step.cells and before in step.reads(at) and step.follows(before, at)[0]}  # fmt: skip
    are_most = len(keeping) >= max(2, MOST * len(later))
    for step, at, before in later:
        source = step.update.source
        if at in keeping or before in step.cells or (at in step.cells and before in step.leaves):
            continue  # be it through another cell
        if at in step.cells and (are_most or any(map(is_state, labels.beside(at)))):
            yield Finding(at, "memory", f"doesn't remember {address(before)}, as the others do theirs")
        elif at not in step.cells and are_most and at in graph.formulas and source and source != at:
            text = f"takes {address(source)}, which remembers nothing, not {address(at)}"
            yield Finding(step.update.new, "memory", text)


def _without_square(step: OptimizerStep) -> Iterator[Finding]:
    """Yield what a root is taken of and tells signs: an average of squares doesn't."""
    for at in step.cells:
        if at in step.rooted and any(step.follows(gradient, at)[1] for gradient in step.gradients):
            averages = [each for each in step.reads(at) if each in step.cells and at not in step.before]
            at = next((each for each in averages if any(step.follows(g, each)[1] for g in step.gradients)), at)
            yield Finding(at, "square", "takes no square, though a root is taken of it")
            return
