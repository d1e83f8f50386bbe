"""A formula of a learning rule that does otherwise than the same formula in the steps before and after it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from excel_export.shared.a1_notation import Place
from excel_export.shared.grouped import grouped
from spreadsheet_autograd.functions.evaluate import evaluate
from spreadsheet_autograd.functions.values import as_float
from spreadsheet_autograd.graph.copied_formulas import CopiedFormulas
from spreadsheet_autograd.graph.graph import SpreadsheetGraph
from spreadsheet_autograd.graph.tolerance import nearly_equal
from spreadsheet_autograd.judge.findings import Finding
from spreadsheet_autograd.judge.optimizer_steps import OptimizerStep, beginnings
from spreadsheet_autograd.language.syntax import Node, written


def unlike_other_steps(
    graph: SpreadsheetGraph, steps: Sequence[OptimizerStep], told: Collection[Place]
) -> Iterator[Finding]:
    """Yield the formulas that two neighbours, of the same parameter at other steps, have in another way.

    Cells of which something was told already are no example for others.
    """
    patterns = CopiedFormulas(graph)
    first = beginnings(graph, [step.update for step in steps])
    for of_one in grouped(steps, lambda step: first[step.update]).values():
        cells = {at for step in of_one for at in step.cells} - {*told}
        for step in of_one:
            for at in step.cells:
                usual = patterns.expected(at, cells.difference(step.cells))
                if usual is not None and usual != graph.formulas[at] and _differs(graph, step, at, usual):
                    text = f"isn't like the same formula at other steps: ={written(usual, at[0])}"
                    yield Finding(at, "copy", text)


def _differs(graph: SpreadsheetGraph, step: OptimizerStep, at: Place, usual: Node) -> bool:
    """Whether the usual formula gives other numbers, whatever the gradients are."""
    for sample in step.samples:
        values = {**{other: graph.numbers.get(other) for other in graph.reads(usual)}, **step.computed(sample, {})}
        own, other = as_float(values[at]), as_float(evaluate(usual, values, at, False))
        if own is not None and other is not None and not nearly_equal(own, other):
            return True
    return False
