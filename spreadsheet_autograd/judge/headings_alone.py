"""Leaves alone what only a short heading, such as dx, calls a gradient, by a number that the sheet doesn't train."""

from collections.abc import Sequence

from excel_export.shared.grouped import grouped
from spreadsheet_autograd.find.claims import shown_formula
from spreadsheet_autograd.find.updates import Update
from spreadsheet_autograd.graph.graph import SpreadsheetGraph
from spreadsheet_autograd.judge.verdicts import UNKNOWN, WRONG, Verdict

REMARK = "only its heading may mean a derivative: no update takes it, and no trained number leads to it"


def leave_headings_alone(graph: SpreadsheetGraph, updates: Sequence[Update], verdicts: Sequence[Verdict]) -> None:
    """Change wrong verdicts to 'unknown' where a heading such as dx means a difference: 'dx' above `=B2-B9`, x − mean.

    That is so if nothing under the heading is a derivative, no update takes any of it, and x, which the heading dx
    names, is typed. Neither x nor a cell behind these formulas, such as B2, B9 and all that lead to them, may be a
    parameter that the sheet's updates change.

    Args:
        graph: the workbook.
        updates: its updates, w − rate · gradient; without any on a sheet, nothing there is left alone.
        verdicts: all verdicts, changed in place.
    """
    trained = {graph.repeated(update.old) for update in updates} | {update.new for update in updates}
    taken = {update.cell for update in updates}
    sheets = {update.new[0] for update in updates}
    short = [verdict for verdict in verdicts if verdict.claim.is_short and verdict.claim.cell[0] in sheets]

    def is_alone(verdict: Verdict) -> bool:
        claim, formula = verdict.claim, shown_formula(graph, verdict.claim)
        of = graph.repeated(claim.of)
        if verdict.kind != WRONG or claim.cell in taken or of in trained or graph.is_formula(of):
            return False
        return formula is None or trained.isdisjoint(graph.reads_of(formula))

    for group in grouped(short, lambda verdict: verdict.claim.sheet_and_heading).values():
        if all(map(is_alone, group)):
            for verdict in group:
                verdict.kind, verdict.remark = UNKNOWN, REMARK
