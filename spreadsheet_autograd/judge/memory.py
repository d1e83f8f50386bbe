"""What optimizers remember, in the updates of a sheet: a velocity that forgets, an average of no squares."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from excel_export.shared.a1_notation import Place
from excel_export.shared.grouped import grouped
from spreadsheet_autograd.find.labels import Labels, is_state
from spreadsheet_autograd.graph.graph import SpreadsheetGraph
from spreadsheet_autograd.judge.findings import MOST, Finding
from spreadsheet_autograd.judge.optimizer_steps import OptimizerStep, beginnings
from spreadsheet_autograd.language.places import moved, way
from spreadsheet_autograd.language.syntax import address

Way = tuple[int, int]


def state_findings(graph: SpreadsheetGraph, labels: Labels, steps: Sequence[OptimizerStep]) -> Iterator[Finding]:
    """Yield the updates that don't remember what the others do, and the averages of squares that are of none."""
    first = beginnings(graph, [step.update for step in steps])
    ways = {(step.update.new[0], *found): None for step in steps for found in _states_kept(graph, labels, step)}
    for group in grouped(steps, lambda step: (step.update.new[0], first[step.update])).items():
        for sheet, to_cell, back in ways:
            if sheet == group[0][0]:
                yield from _forgotten(graph, labels, group[1], to_cell, back)
    for step in steps:
        yield from _without_square(step)


def _states_kept(graph: SpreadsheetGraph, labels: Labels, step: OptimizerStep) -> Iterator[tuple[Way, Way]]:
    """Yield where a cell that remembers stands, seen from the new value, and how far back it looks."""
    for at in step.cells:
        before = step.before.get(at)
        if before is None:
            typed = (other for other in step.reads(at) if other not in graph.formulas and other != step.update.old)
            before = next((other for other in typed if _is_beginning(labels, at, other)), None)
        if before and at != step.update.new and step.follows(before, at)[0]:
            yield way(step.update.new, at), way(at, before)


def _is_beginning(labels: Labels, at: Place, before: Place) -> bool:
    """Whether a typed number is what an average begins with: right before it, under the same heading."""
    rows, cols = way(before, at)
    heading = labels.above if rows else labels.left
    return before[0] == at[0] and {rows, cols} == {0, 1} and bool(heading(at)) and heading(before) == heading(at)


def _forgotten(
    graph: SpreadsheetGraph, labels: Labels, group: Sequence[OptimizerStep], to_cell: Way, back: Way
) -> Iterator[Finding]:
    later = []
    for step in group:
        at = moved(step.update.new, *to_cell)
        before = moved(at, *back)
        if min(before[1:]) >= 1 and isinstance(graph.numbers.get(before), float):
            later.append((step, at, before))
    keeping = {at for step, at, before in later
                   if at in step.cells and before in step.reads(at) and step.follows(before, at)[0]}  # fmt: skip
    are_most = len(keeping) >= max(2, MOST * len(later))
    for step, at, before in later:
        if at in keeping:
            continue
        if at in step.cells:
            if before in step.cells or before in step.leaves:
                continue  # through another cell
            if are_most or any(map(is_state, labels.beside(at))):
                yield Finding(at, "memory", f"doesn't remember {address(before)}, as the others do theirs")
        elif are_most and at in graph.formulas and step.update.source and step.update.source != at:
            text = f"takes {address(step.update.source)}, which remembers nothing, not {address(at)}"
            yield Finding(step.update.new, "memory", text)


def _without_square(step: OptimizerStep) -> Iterator[Finding]:
    """Yield what a root is taken of and tells signs: an average of squares doesn't."""
    for at in step.cells:
        if at in step.rooted and any(step.follows(gradient, at)[1] for gradient in step.gradients):
            averages = [each for each in step.reads(at) if each in step.cells and at not in step.before]
            at = next((each for each in averages if any(step.follows(g, each)[1] for g in step.gradients)), at)
            yield Finding(at, "square", "takes no square, though a root is taken of it")
            return
