"""A few numbers, each by itself: a row for each, with the numbers that it reads and the result.

           before      after
number 1   0.8211     0.6753
number 2  −1.2000    −0.8337
"""

from __future__ import annotations

from excel_export.formulas import Index, Reference
from excel_export.formulas.analysis.moved import moved
from excel_export.graph.graph import Value
from excel_export.sheets.steps.ideas import first_sentence
from excel_export.sheets.steps.step_sheet import StepSheet, spelled
from excel_export.sheets.steps.teller import Teller, indices_of
from excel_export.sheets.steps.written import read_from, written

MOST = 12
"""The most numbers."""
MOST_READ = 5
"""The most numbers that each of them reads."""
SINGLE = 36
"""The height of a row that is the only one, in pixels."""
ROW = 26
"""The height of a row, in pixels, up to HIGH rows."""
LOW = 24
"""The height of a row, in pixels, if there are more."""
HIGH = 10
"""The most rows that have the usual height."""


def plan(teller: Teller, value: Value, index: Index) -> dict[Index, list[Reference]]:
    """Return the cells that each element of a tensor reads, or else of its row `value[index[:-1]]`: {(0,): [B5]}.

    {} if there are more than 12 elements, or if `value[index]` has no readable formula of 1 to 5 numbers, as max(x, 0).
    """
    indices = indices_of(value) if value.data.size <= MOST else [(*index[:-1], k) for k in range(value.shape[-1])]
    account = teller.elements.forward(value, index)
    cells = [term.cell for term in account.terms]
    simple = all(isinstance(cell, Reference) and teller.elements.at(cell) for cell in cells)
    fits = simple and 0 < len(set(cells)) <= MOST_READ and account.spelled and len(indices) <= MOST
    return {at: _reads(teller, value, at) for at in indices} if fits else {}


def draw(sheet: StepSheet, teller: Teller, value: Value, index: Index, read: dict[Index, list[Reference]]) -> None:
    """Draw a row for each element of a tensor: the numbers that it reads, then the element.

    `read` has the cells that each reads, as `plan` returns them, and `index` is that of the element to mark.
    """
    elements = teller.elements
    call = elements.makers[value]
    indices = [*read]
    alone = len(indices) > 1 and _is_alone(teller, value, index)
    said = "The same rule applies to every number." if alone else first_sentence(call)
    sheet.head(teller.idea(call, "idea"), said)
    titles = sheet.row(26)
    first = sheet.rows(len(indices), SINGLE if len(indices) == 1 else ROW if len(indices) <= HIGH else LOW)
    worked = sheet.row(32)
    label = sheet.col(230)
    columns = [sheet.col(150) for _ in range(max(map(len, read.values())))]
    arrow, made, check = sheet.col(50), sheet.col(150), sheet.col(28)
    sheet.col(100)
    sheet.say(titles, made, value.called, "middle")
    for k, (at, cells) in enumerate(read.items()):
        row = first + k
        sheet.say(row, label, teller.places(value, at) or value.called, "right")
        places: dict[Reference, Reference] = {}
        for col, cell in zip(columns, cells, strict=False):
            if k == 0:
                sheet.say(titles, col, teller.tensor_of(cell), "middle")
            places[cell.plain] = sheet.number(row, col, teller.content_of(cell))
        sheet.say(row, arrow, "→", "center")
        own = elements.formula(value, at)
        # What is read as one rectangle stands in columns that links may divide.
        area = sheet.at(row, columns[0], 1, columns[max(0, len(cells) - 1)] - columns[0] + 1)
        formula = moved(own, places, area=area)
        result = sheet.number(row, made, formula, "result" if at == index and len(indices) == 1 else "strong")
        sheet.check(row, check, result, teller.value(value, at))
        if at == index:
            parts = written(elements.forward(value, at), read_from(places))
            sheet.write_out(worked, *parts, " = ", spelled(result))
    for col in (*columns, made):
        if len(indices) > 1:
            sheet.colour(sheet.at(first, col, len(indices)))


def _is_alone(teller: Teller, value: Value, index: Index) -> bool:
    read = [teller.elements.at(cell) for cell in _reads(teller, value, index)]
    return all(element is not None and element.part == "value" for element in read)


def _reads(teller: Teller, value: Value, index: Index) -> list[Reference]:
    account = teller.elements.forward(value, index)
    return list(dict.fromkeys(term.cell.plain for term in account.terms if isinstance(term.cell, Reference)))
