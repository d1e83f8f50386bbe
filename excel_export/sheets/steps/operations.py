"""Numbers that share their mean and spread, as in a normalisation: a row for each element, a column for each operation.

                x        x − μ     x̂ = (x − μ) / √(σ² + ε)   weight    bias      made
number 1     0.8211     0.5000            1.2000             1.0000   0.0000    1.2000
number 2    −0.1789    −0.5000           −1.2000             1.0000   0.0000   −1.2000
μ            0.3211
σ²                      0.2500
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from excel_export.formulas import Expression, Index, Reference, joined
from excel_export.formulas.analysis.chosen import cells_of, ranges_of
from excel_export.formulas.analysis.moved import moved
from excel_export.graph.graph import Value
from excel_export.sheets.steps.ideas import first_sentence
from excel_export.sheets.steps.step_sheet import StepSheet, spelled
from excel_export.sheets.steps.teller import Teller
from excel_export.sheets.steps.written import read_from, written
from excel_export.views.elements import GRADIENT, VALUE, Element

LEAST = 2
"""The least elements of a row."""
MOST = 10
"""The most elements of a row."""
ROW = 26
"""The height of a row, in pixels."""
LABEL = 230
"""The width of an element's name, in pixels."""
COLUMN = 150
"""The width of an operation, in pixels."""
NARROW = 110
"""The width of a number, in pixels."""


@dataclass(frozen=True)
class Operations:
    """The operations on a row of a result, `value[index[:-1]]`, as LayerNorm's."""

    read: Value
    """The tensor whose row they begin with."""
    columns: tuple[str, ...]
    """The helpers with a number for each element."""
    shared: dict[str, Index]
    """The index in each helper with one number for the whole row."""
    others: list[list[Element]]
    """For each element the numbers that it reads besides, as a weight and a bias."""


def plan(teller: Teller, value: Value, index: Index) -> Operations | None:
    """Return the operations on the 2 to 10 elements of `value[index[:-1]]` if these share numbers made from all of
    them, as LayerNorm's mean; else None.
    """
    read = [each for each in teller.elements.makers[value].inputs if each.shape == value.shape]
    if not (value.shape and read and LEAST <= value.shape[-1] <= MOST):
        return None
    others = [_others(teller, value, (*index[:-1], k)) for k in range(value.shape[-1])]
    columns, shared = _helpers_of(teller, value, index)
    lines = [ranges_of(_formula(teller, value, part, at), ()) for part, at in shared.items()]
    fits = columns and shared and all(cells.size == value.shape[-1] for line in lines for cells in line)
    return Operations(read[0], columns, shared, others) if fits and len({*map(len, others)}) == 1 else None


def _formula(teller: Teller, value: Value, part: str, index: Index) -> Expression:
    call = teller.elements.makers[value]
    return teller.elements.helper_formulas(call, part).element(index)


def _helpers_of(teller: Teller, value: Value, index: Index) -> tuple[tuple[str, ...], dict[str, Index]]:
    found: dict[str, Index] = {}
    way = [teller.elements.formulas(value).element(index)]
    while way:
        for element in _helpers(teller, value, way.pop()):
            if element.part not in found:
                found[element.part] = element.index
                way.append(_formula(teller, value, element.part, element.index))
    helpers = teller.elements.tensors[value].helpers
    columns = tuple(part for part in helpers if part in found and helpers[part].shape == value.shape)
    return columns, {part: found[part] for part in helpers if part in found and part not in columns}


def _helpers(teller: Teller, value: Value, formula: Expression) -> Iterator[Element]:
    for cell in cells_of(formula):
        element = teller.elements.at(cell)
        if element and element.value is value and element.part not in (VALUE, GRADIENT):
            yield element


def draw(sheet: StepSheet, teller: Teller, value: Value, index: Index, plan: Operations) -> None:
    """Draw `value[index[:-1]]`, a row for each element, and each operation on it as a column."""
    elements, call, read = teller.elements, teller.elements.makers[value], plan.read
    indices = [(*index[:-1], k) for k in range(value.shape[-1])]
    words = {part: helper.text for part, helper in call.helpers.items()}
    sheet.head(teller.idea(call, "idea"), first_sentence(call))
    titles, first = sheet.row(42), sheet.rows(len(indices), ROW)
    shared_rows = {part: sheet.row(ROW) for part in plan.shared}
    worked = sheet.row(34)
    label, x = sheet.col(LABEL), sheet.col(NARROW)
    columns = {part: sheet.col(COLUMN) for part in plan.columns}
    aside = [sheet.col(NARROW) for _ in plan.others[0]]
    made, check = sheet.col(NARROW), sheet.col(28)
    sheet.col(70)
    sheet.say(titles, x, read.called, "middle")
    sheet.say(titles, made, value.called, "middle")
    for part, col in columns.items():
        sheet.say(titles, col, words[part], "middle")
    for col, element in zip(aside, plan.others[index[-1]], strict=True):
        sheet.say(titles, col, element.value.called.rpartition(".")[2], "middle")

    places: dict[Reference, Reference] = {}
    for k, at in enumerate(indices):
        places[teller.value(read, at).plain] = sheet.number(first + k, x, teller.operand(read, at))
        places |= {
            elements.cell(Element(value, part, at)).plain: sheet.at(first + k, col) for part, col in columns.items()
        }
    places |= {
        elements.cell(Element(value, part, at)).plain: _shared_cell(
            sheet, teller, value, part, at, columns, x, shared_rows
        )
        for part, at in plan.shared.items()
    }

    for part, at in plan.shared.items():
        row = shared_rows[part]
        sheet.say(row, label, words[part], "right")
        cell = places[elements.cell(Element(value, part, at)).plain]
        column = sheet.at(first, cell.col, len(indices))
        formula = moved(_formula(teller, value, part, at), places, area=column)
        sheet.number(row, cell.col, formula, "strong")
    for k, at in enumerate(indices):
        sheet.say(first + k, label, teller.places(value, at) or value.called, "right")
        for part, col in columns.items():
            sheet.number(first + k, col, moved(_formula(teller, value, part, at), places))
        for col, element in zip(aside, plan.others[k], strict=True):
            places[elements.cell(element).plain] = sheet.number(
                first + k, col, teller.operand(element.value, element.index)
            )
        result = sheet.number(first + k, made, moved(elements.formula(value, at), places), "strong")
        sheet.check(first + k, check, result, teller.value(value, at))
    for col in (x, *columns.values(), made):
        sheet.colour(sheet.at(first, col, len(indices)))
    sheet.say(worked, 2, _last_operation(teller, value, index, plan.columns[-1], places), "worked")


def _shared_cell(
    sheet: StepSheet, teller: Teller, value: Value, part: str, index: Index, columns: dict[str, int], x: int,
    rows: dict[str, int],
) -> Reference:  # fmt: skip
    read = [element.part for element in _helpers(teller, value, _formula(teller, value, part, index))]
    return sheet.at(rows[part], columns[read[0]] if read and read[0] in columns else x)


def _others(teller: Teller, value: Value, index: Index) -> list[Element]:
    found = [teller.elements.at(cell) for cell in cells_of(teller.elements.formulas(value).element(index))]
    return [element for element in found if element and element.part == VALUE and element.value.shape != value.shape]


def _last_operation(
    teller: Teller, value: Value, index: Index, part: str, places: dict[Reference, Reference]
) -> Expression:
    account = teller.elements.helper(teller.elements.makers[value], part, index)
    result = places[teller.elements.cell(Element(value, part, index)).plain]
    return joined(*written(account, read_from(places)), " = ", spelled(result))
