"""The results of a check, and of the comparison with a network, as JSON and as sentences."""

from dataclasses import replace
from typing import Any

from excel_export.shared.a1_notation import Place, rectangles
from excel_export.shared.cells import name_of
from excel_export.shared.grouped import grouped
from spreadsheet_autograd.advice import MORE_TIME_FOR_GRADIENTS, MORE_TIME_FOR_LOSSES
from spreadsheet_autograd.check import Checked
from spreadsheet_autograd.compare.forward_comparison import ComparedPass, Difference
from spreadsheet_autograd.find.claims import shown_formula
from spreadsheet_autograd.find.labels import Labels
from spreadsheet_autograd.graph.graph import SpreadsheetGraph
from spreadsheet_autograd.judge.verdicts import WRONG, Verdict
from spreadsheet_autograd.language.syntax import Cell, Node, Number, Part, Range, address, written
from spreadsheet_autograd.repair.edit import Kind, Repair
from spreadsheet_autograd.repair.whole_formulas import with_gradient
from spreadsheet_autograd.roles.losses_without_cell import is_without_cell, words_of

MOST_LEFT_OUT = 50
"""The most reasons for left-out cells that are listed."""
LONGEST = 300
"""The most characters of a formula that are shown."""


def as_json(graph: SpreadsheetGraph, labels: Labels, checked: Checked) -> dict[str, Any]:
    """Return the object that `check --json` prints, except 'engine'; cells are texts, 'Sheet1!B6'.

    Returns:
        'claims': [{'cell': 'S!B6', 'of': 'S!B3', 'called': '∂E/∂w', 'verdict': 'wrong', 'by': 'heading', 'loss':
            'S!B5', 'step': 'S!B5', 'value': 2.0, 'derivative': 4.0}, …]; 'loss', 'value' and 'derivative' are None if
            unknown, and 'loss' also for a loss that no cell holds, which 'step' names: 'S!XFE5'. Where there is one,
            a text 'remark', and a mistake 'slip': {'cell', 'kind', 'formula': '=B4', 'mended': '=C4', 'words', 'like',
            'copies'}. 'learning': [{'cell', 'kind', 'words'}, …]; 'losses': [{'cell', 'name'}, …]; 'left out':
            [{'cell', 'why', 'count'}, …], one for each reason. Each may be [].
    """
    left_out = []
    if checked.too_late:
        first, count = address(checked.too_late[0].cell), len(checked.too_late)
        why = f"no time for {count} gradients, this one and others: {MORE_TIME_FOR_GRADIENTS}"
        left_out.append({"cell": first, "why": why, "count": count})
    # For each reason the first cell, and the number of the others.
    for why, (at, *others) in [*grouped(checked.left_out, lambda at: checked.left_out[at]).items()][:MOST_LEFT_OUT]:
        more = f" (and {len(others)} more like it)" if others else ""
        left_out.append({"cell": address(at), "why": why + more, "count": 1 + len(others)})
    return {
        "claims": [_claim(graph, labels, verdict, checked) for verdict in checked.verdicts],
        "learning": [
            {"cell": address(finding.cell), "kind": finding.kind, "words": f"{address(finding.cell)} {finding.words}"}
            for finding in checked.learning
        ],
        "losses": [
            {"cell": address(loss), "name": labels.name(loss)} for loss in checked.losses if not is_without_cell(loss)
        ],
        "left out": left_out,
    }


def forward_as_json(labels: Labels, compared: ComparedPass) -> dict[str, Any]:
    """Return what `check --json` adds with a network; cells are texts, 'S!B9'.

    Returns:
        'forward': the differences, [{'cell': 'S!B5', 'kind': 'reference', 'words': 'B5 reads B4. …', 'network':
            'fc1[0, 1]', 'mended': '=B3*B4', 'like': the cell of a formula with the same mistake}, …], None where
            nothing is known; 'compared': the cells of losses, ['S!B9']; 'unmatched': numbers of the network without a
            cell, [['fc1.weight', 3]]; 'left out': [{'cell', 'why', 'count'}, …].
    """
    left_out = []
    if compared.why_not:
        left_out.append({"cell": "network", "why": compared.why_not, "count": 1})
    if compared.too_late:
        first, count = address(compared.too_late[0]), len(compared.too_late)
        why = f"no time to compare {count} losses with the network's: {MORE_TIME_FOR_LOSSES}"
        left_out.append({"cell": first, "why": why, "count": count})
    return {
        "forward": [_difference(labels, difference) for difference in compared.differences],
        "compared": [address(at) for at in compared.losses if at not in compared.too_late],
        "unmatched": [[name, place] for name, place in compared.unmatched],
        "left out": left_out,
    }


def _difference(labels: Labels, difference: Difference) -> dict[str, Any]:
    repair, element = difference.repair, difference.element
    goal = f"the network's {element}"
    if repair:
        return {
            "cell": address(repair.cell),
            "kind": repair.edit.kind,
            "words": repair_words(labels, repair, difference.cell, goal),
            "network": element,
            "mended": "=" + written(repair.formula, repair.cell[0]),
            "like": address(repair.original) if repair.original else None,
        }
    cell = address(difference.cell)
    lacking = f"no cell holds {' or '.join(difference.missing)}" if difference.missing else ""
    if not element:
        words = f"{lacking}, of the network's parameters"
    else:
        words = f"{cell} is not {goal}" + (f", but its {difference.holds}" if difference.holds else "")
        words += f"; {lacking}" if lacking else ""
    kind = "missing parameter" if lacking else "another number" if difference.holds else "unknown"
    return {"cell": cell, "kind": kind, "words": words + ".", "network": element or None, "mended": None, "like": None}


def content_of(graph: SpreadsheetGraph) -> dict[str, list[list[Any]]]:
    """Return each sheet's cells as [row, column, value, formula]: {'S': [[1, 2, 6.0, 'A1*2']]}; '' for no formula."""
    found: dict[str, list[list[Any]]] = {sheet: [] for sheet in graph.contents.sheets}
    for at, content in graph.contents.cells.items():
        value = graph.numbers.get(at) if content.formula else content.value
        shown = value if isinstance(value, (float, str, bool)) else content.value
        found[at[0]].append([at[1], at[2], shown, content.formula])
    return found


def _claim(graph: SpreadsheetGraph, labels: Labels, verdict: Verdict, checked: Checked) -> dict[str, Any]:
    claim, remark = verdict.claim, verdict.remark
    loss = _cell_of_loss(verdict)
    if verdict.loss and not loss:
        remark = remark or f"of {words_of(verdict.loss)}, which no cell holds"
    repair, goal = checked.repairs.get(claim), _goal(labels, verdict)
    found: dict[str, Any] = {
        "cell": address(claim.cell),
        "of": address(claim.of),
        "called": goal,
        "verdict": verdict.kind,
        "by": claim.by,
        "loss": address(loss) if loss else None,
        "step": address(verdict.loss)
        if verdict.loss
        else None,  # the same for all claims of a loss, with a cell or not
        "value": verdict.value,
        "derivative": verdict.truth,
        **_array(graph, claim.cell),
    }
    if repair and verdict.kind != WRONG and repair.edit.old is not None and repair.edit.new is not None:
        old, new = (
            _name_in(node, repair.cell[0]) if isinstance(node, Cell) else written(node, repair.cell[0])
            for node in (repair.edit.old, repair.edit.new)
        )
        remark += f": {old} stands in {new}"
    if remark:
        found["remark"] = remark
    if repair and verdict.kind == WRONG:
        formula = shown_formula(graph, claim) if repair.cell == claim.cell else graph.formulas.get(repair.cell)
        if isinstance(formula, Part):
            formula = graph.formulas[formula.array]
        if repair.cell == claim.cell and claim.formula is not None:
            whole = with_gradient(graph, claim, checked.updates, repair.formula)
            if whole is not None:
                formula, repair = graph.formulas[claim.cell], replace(repair, edit=replace(repair.edit, formula=whole))
        copies = ", ".join(area.name for area in rectangles(repair.copies))
        is_written = repair.edit.kind not in _WAYS or repair.formula != formula
        found["slip"] = {
            "cell": address(repair.cell),
            "kind": repair.edit.kind,
            "formula": "=" + written(formula, repair.cell[0])[:LONGEST] if formula else None,
            "mended": "=" + written(repair.formula, repair.cell[0])[:LONGEST] if is_written else None,
            "words": repair_words(labels, repair, claim.cell, goal, is_written=is_written)
            + (f" And the same in {copies}." if copies else ""),
            "like": address(repair.original) if repair.original else None,
            "copies": [address(at) for at in repair.copies],
            **_array(graph, repair.cell),
        }
    return found


def _array(graph: SpreadsheetGraph, at: Place) -> dict[str, str]:
    home = graph.home(at)
    return {} if home == at else {"array": address(home)}


_WAYS = {Kind.WAY_MISSING: "is missing", Kind.WAY_TWICE: "is counted twice", Kind.WAY_TURNED: "has the wrong sign",
         Kind.WAY_ALONE: "stands alone: the others are missing"}  # fmt: skip


def repair_words(labels: Labels, repair: Repair, at: Place, goal: str, *, is_written: bool = True) -> str:
    """Return sentences on a mistake, such as 'B8 reads B4. With C4 it is ∂E/∂w1.'.

    Args:
        labels: the headings.
        repair: the repair.
        at: the cell that the mistake makes wrong, ('S', 8, 2) for B8; perhaps another one than the formula's.
        goal: the right meaning of that cell, such as '∂E/∂w1'.
        is_written: False to leave the formula out of the words about a wrong path; True to add it.
    """
    edit, home = repair.edit, repair.cell[0]
    cell = _name_in(Cell(*repair.cell), at[0])
    goal = f"it is {goal}" if repair.cell == at else f"{_name_in(Cell(*at), home)} is {goal}"
    edited = f"={written(repair.formula, home)[:LONGEST]}"
    old = _named(labels, edit.old, home) if edit.old is not None else ""
    new = _named(labels, edit.new, home) if edit.new is not None else ""
    if edit.kind == Kind.SLOPE:
        return f"{cell} takes {old}, the slope of another activation. With {new} {goal}."
    if edit.kind == Kind.ACTIVATION:
        return f"{cell} has {old}, another activation, or none. With {new} {goal}."
    if edit.kind in _WAYS:
        formula = f" With {edited} {goal}." if is_written else ""
        also = f", and that over {old}," if old else ""
        return f"In {cell} the way over {new}{also} {_WAYS[edit.kind]}.{formula}"
    if edit.old is not None and edit.new is not None:
        verb = "reads" if isinstance(edit.old, (Cell, Range, Number)) else "has"
        return f"{cell} {verb} {old}. With {new} {goal}."
    return {
        "sign": f"A sign is wrong in {cell}. With {edited} {goal}.",
        "surplus factor": f"{cell} has the factor {old or new} too much. Without it {goal}.",
        "surplus term": f"{cell} has the term {old} too much. Without it {goal}.",
        "surplus function": f"{cell} has {old} where its argument belongs. With {edited} {goal}.",
        "missing factor": f"In {cell} the factor {new} is missing. With it {goal}.",
        "mask": f"{cell} lets a gradient through where the unit is off. Times {new} {goal}.",
        "missing term": f"In {cell} the term {new} is missing. With it {goal}.",
        "factor": f"{cell} is off by the factor {new}. With {edited} {goal}.",
        "mean": f"{cell} takes a mean for a sum, or a sum for a mean. With {edited} {goal}.",
        "copy": f"{cell} isn't like the formulas beside it. With {edited} {goal}.",
        "logarithm": f"{cell} takes a logarithm to base 10: LOG is that in a spreadsheet. With {edited} {goal}.",
        "exchanged": f"In {cell} two references are exchanged. With {edited} {goal}.",
        "transposed": f"In {cell} a matrix is transposed, or the two are in the wrong order. With {edited} {goal}.",
    }.get(edit.kind, f"{cell}: with {edited} {goal}.")


def _goal(labels: Labels, verdict: Verdict) -> str:
    loss = _cell_of_loss(verdict)
    return f"∂{_called(labels, loss) if loss else 'loss'}/∂{_called(labels, verdict.claim.of)}"


def _cell_of_loss(verdict: Verdict) -> Place | None:
    return None if verdict.loss is None or is_without_cell(verdict.loss) else verdict.loss


def _called(labels: Labels, at: Place) -> str:
    beside = labels.name(at)
    return beside if beside and len(beside) <= 20 else address(at)


def _named(labels: Labels, node: Node, home: str) -> str:
    if not isinstance(node, Cell):
        return written(node, home)[:LONGEST]
    name = labels.name(node.place)
    return _name_in(node, home) + (f" ({name})" if name and len(name) <= 30 else "")


def _name_in(cell: Cell, home: str) -> str:
    name = name_of(cell.row, cell.col)
    return name if cell.sheet == home else f"{cell.sheet}!{name}"
