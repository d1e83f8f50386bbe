"""A formula, with the numbers that it reads, each with its name.

what it reads                                    it picks
label (number 1)                          3        0.6716
loss =                                    0.3981
"""

from __future__ import annotations

from excel_export.formulas import Expression, OperandLike, Reference, as_expression
from excel_export.formulas.analysis.chosen import Found, cells_of
from excel_export.formulas.analysis.moved import moved
from excel_export.formulas.functions import IFERROR
from excel_export.sheets.steps.step_sheet import StepSheet, spelled
from excel_export.sheets.steps.teller import Teller, is_whole, quoted
from excel_export.sheets.steps.written import at_its_sign, written
from excel_export.views.terms import Account
from excel_export.workbook.calibri import shortened

MOST = 12
"""The most numbers that are listed."""
ROW = 28
"""The height of a number's row, in pixels."""
LABEL = 400
"""The width of a number's name, in pixels."""
POINTS = 11
"""The font size of a number's name, in points."""


def draw(
    sheet: StepSheet, teller: Teller, account: Account, made: str, own: Reference | None, formula: Expression
) -> None:
    """Draw the numbers that a formula reads, each with its name; the number that one, as a label, picks; the result.

    Args:
        sheet: the sheet.
        teller: the story.
        account: the readable formula, whose texts and numbers are written out: max(B3, 0).
        made: the name of the result, 'hidden (column 2)'.
        own: the network's own cell of the result; None for no check.
        formula: the formula that is computed.
    """
    cells: dict[Reference, Found | None] = {}
    for term in account.terms:
        if isinstance(term.cell, Found):
            read = [place.plain for part in term.cell.places for place in cells_of(part)]
            cells |= dict.fromkeys(read, term.cell if len(read) == 1 else None)
        elif isinstance(term.cell, Reference):
            cells.setdefault(term.cell.plain)
    picked = next((found for found in cells.values() if found), None) if len(account.terms) > 1 else None
    titles = sheet.row(26)
    label, number = sheet.col(LABEL), sheet.col(140)
    made_in = sheet.col(140) if picked else number
    check = sheet.col(26)
    sheet.col(100)
    sheet.say(titles, label, "what it reads", "head")
    if picked:
        sheet.say(titles, made_in, "it picks", "middle")
    places: dict[Reference, Reference] = {}
    whole: set[Reference] = set()
    for cell, found in [*cells.items()][:MOST]:
        row, name, element = sheet.row(ROW), teller.name_of(cell), teller.elements.at(cell)
        if found:
            name = f"row of {quoted(name)} in {quoted(teller.name_of(found.cells.at(0)).split(' (')[0])}"
        sheet.say(row, label, shortened(name, LABEL - 8, POINTS), "right")
        if element and element.part == "value" and element.value.kind == "input" and is_whole(element.value):
            whole.add(cell)
        places[cell] = sheet.number(row, number, teller.content_of(cell), "whole" if cell in whole else "number")
        if found and picked:
            sheet.number(row, made_in, moved(as_expression(teller.content_of(found)), places))
    row, worked = sheet.row(40), sheet.row(28)
    sheet.say(row, label, f"{made} =", "right")
    here = moved(formula, places)
    if own and "LN(" in here.text(""):  # a probability may be too small for a cell; Network takes the scores' logarithm
        here = IFERROR(here, own)
    result = sheet.number(row, made_in, here, "result")
    if own:
        sheet.check(row, check, result, own)
    if account.spelled == ("", "") and isinstance(account.terms[0].cell, Found) and len(places) == 1:
        (place,) = places.values()
        sheet.write_out(worked, "Row ", place, ", counted from 0, has ", spelled(result), " at this place")
        return

    def number_in(cell: object, bare: bool) -> OperandLike:
        known = places.get(cell.plain) if isinstance(cell, Reference) else None
        content = known or teller.content_of(cell)
        is_whole_there = isinstance(cell, Reference) and cell.plain in whole
        return as_expression(content) if is_whole_there else at_its_sign(content, bare)

    is_choice = account.spelled[0].startswith("if ")
    sheet.write_out(worked, "(" * is_choice, *written(account, number_in), ")" * is_choice, " = ", spelled(result))
