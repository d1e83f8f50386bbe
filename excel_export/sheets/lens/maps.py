"""The three maps of the Lens: what goes in, what it meets, and what comes out, each as a window onto its tensor."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from excel_export.formulas.expression import Expression, Operand, OperandLike, equal, joined, unequal
from excel_export.formulas.functions import AND, CHAR, IF, INDEX, INT, ISNUMBER, MATCH, MAX, MIN, MOD
from excel_export.formulas.grid import Grid
from excel_export.formulas.reference import Reference
from excel_export.shared.infinity import NEVER
from excel_export.sheets.lens.codes import NONE, ROW, SHEET, Codes
from excel_export.sheets.lens.desk import Desk
from excel_export.sheets.lens.layout import HEADS, INPUT, MADE, MAPS, MET, NAME, ROWS, SIDE
from excel_export.sheets.lens.selection import Selection
from excel_export.xlsx.canvas import Canvas
from excel_export.xlsx.rules import grad_scale, ink_rule, map_rules, value_scale
from excel_export.xlsx.styles import BACKWARD

_DOWN, _RIGHT = np.arange(ROWS).reshape(-1, 1), np.arange(SIDE).reshape(1, -1)
BEFORE = 4
"""How many rows and columns of a large map are shown before the one that counts."""
UNITS = ((995e9, 1e12, "in trillions"), (995e6, 1e9, "in billions"), (995e3, 1e6, "in millions"),
         (995, 1000, "in thousands"), (0.095, 1, ""), (0.000095, 0.001, "in thousandths"),
         (0, 0.000001, "in millionths"))  # fmt: skip


@dataclass(frozen=True)
class Window:
    """The part of a tensor that a map shows."""

    codes: Grid
    """The cell that each place shows; 0 where it shows none."""
    where: Expression
    """Which rows and columns these are, in words."""
    rows: Grid
    """The number of each row; nothing where there is none, or only one."""


def window(desk: Desk, selection: Selection, what: str, side: str, code: Operand) -> Window:
    """Choose the part of a tensor around a cell; `side` is 'made' or 'source'."""
    field = {name: desk.cell(f"{what} {name}", selection.field(f"{side} {name}"))
             for name in ("row", "col", "rows", "cols", "down", "right", "row_period", "col_period")}  # fmt: skip
    within = desk.cell(f"{what} cell", MOD(code, SHEET))
    row = desk.cell(f"{what} row in picture", MOD(INT(within / ROW) - field["row"], field["row_period"]))
    col = desk.cell(f"{what} column in picture", MOD(MOD(within, ROW) - field["col"], field["col_period"]))
    first_row = desk.cell(f"{what} first row", _first(INT(row / field["down"]), field["rows"], ROWS))
    first_col = desk.cell(f"{what} first column", _first(INT(col / field["right"]), field["cols"], SIDE))
    corner = desk.cell(f"{what} corner", code - row * ROW - col)
    rows, cols = first_row + _DOWN, first_col + _RIGHT
    inside = AND(rows < field["rows"], cols < field["cols"])
    codes = desk.square(f"{what} cells", IF(inside, corner + rows * field["down"] * ROW + cols * field["right"], 0))

    def part(first: Reference, size: Reference, room: int, name: str) -> Expression:
        return IF(size > room, joined(f"{name} ", first, "–", first + room - 1, "  "), "")

    where = joined(part(first_row, field["rows"], ROWS, "rows"), part(first_col, field["cols"], SIDE, "cols"))
    numbers = desk.column(f"{what} rows", IF(AND(field["rows"] > 1, rows[:, 0] < field["rows"]), rows[:, 0], ""))
    return Window(codes, where, numbers)


def draw(canvas: Canvas, desk: Desk, selection: Selection, codes: Codes, focus: Operand) -> None:
    """Draw the maps; `focus` is the cell of the input that counts most."""
    source = window(desk, selection, "in", "source", focus)
    made = window(desk, selection, "out", "made", selection.made_code)
    found = MATCH(source.codes, selection.cells.box.fixed, 0)
    place = desk.square("term", IF(equal(source.codes, 0), 0, IF(ISNUMBER(found), found, 0)))
    has_source = desk.cell("has a source", IF(equal(selection.text("source"), ""), 0, 1))
    taken = IF(AND(source.codes > 0, equal(has_source, 1)), codes.number(source.codes), "")
    beside = window(desk, selection, "beside", "beside", selection.beside_code)
    has_factor = INDEX(selection.factors.box.fixed, place) < NONE / 2
    factor = IF(place > 0, IF(has_factor, INDEX(selection.weights.box.fixed, place), ""), "")
    other = IF(beside.codes > 0, codes.number(beside.codes), "")
    met = IF(equal(selection.has_beside, 1), other, factor)
    out = IF(made.codes > 0, codes.number(made.codes), "")
    maps_of_source = desk.cell("maps of source", selection.field("source maps"))
    one_of = IF(AND(maps_of_source > 1, equal(has_source, 1)), joined("1 of ", maps_of_source, " maps  "), "")
    all_paths = IF(AND(equal(selection.backward, 1), unequal(selection.text("paths"), "")), "  (all paths)", "")
    met_rows = IF(equal(selection.text("met"), ""), "", IF(equal(selection.has_beside, 1), beside.rows, source.rows))
    turned = {side: IF(equal(selection.field(f"{side} turned"), 1), "a column for each sample  ", "")
              for side in ("made", "source")}  # fmt: skip
    maps = (
        (INPUT, "in", taken, selection.text("source"),
         joined(one_of, IF(equal(has_source, 1), joined(turned["source"], source.where), "")),
         IF(equal(has_source, 1), source.rows, "")),
        (MET, "met", met, selection.text("met"), IF(equal(selection.has_beside, 1), beside.where, ""), met_rows),
        (MADE, "out", out, joined("=  ", selection.text("name"), all_paths), joined(turned["made"], made.where),
         made.rows.cells),
    )  # fmt: skip
    for col, what, numbers, head, where, rows in maps:
        canvas.fill(Grid(NAME, MAPS, col - 1, (ROWS,), (1,), (0,)), rows, "lens_row")
        raw = desk.square(what, numbers)
        unit = desk.cell(f"{what} unit", _unit(raw))
        words: OperandLike = ""
        for _, size, name in UNITS:
            words = IF(equal(unit, size), f"  ({name})" if name else "", words)
        part = desk.cell(f"{what} part", where)
        canvas.put(HEADS, col, joined(head, words, IF(equal(part, ""), "", joined(CHAR(10), part))), "lens_head")
        canvas.merge(canvas.at(HEADS, col, width=SIDE))
        canvas.format(canvas.at(HEADS, col), ink_rule(equal(selection.backward, 1), BACKWARD))
        shown = Grid(NAME, MAPS, col, (ROWS, SIDE), (1, 0), (0, 1))
        canvas.fill(shown, IF(equal(raw, ""), "", IF(raw <= NEVER, "−∞", raw / unit)), "lens_number")
        _colour(canvas, shown, place if what == "in" else made.codes if what == "out" else None, selection)


def _first(at: Expression, size: Reference, room: int) -> Expression:
    """The first row or column to show, so that the one that counts is to be seen."""
    return MAX(0, MIN(at - BEFORE, size - room))


def _unit(raw: Grid) -> Expression:
    box = raw.box.fixed
    largest = IF(MIN(box) <= NEVER, MAX(box), MAX(MAX(box), -MIN(box)))
    unit: OperandLike = 1
    for least, size, _ in reversed(UNITS):
        unit = IF(largest >= least, size, unit)
    return IF(equal(largest, 0), 1, unit)


def _colour(canvas: Canvas, shown: Grid, marks: Grid | None, selection: Selection) -> None:
    """Frame what the element reads, or the element, and colour the numbers."""
    box = shown.box
    mark: Operand | None = marks.box.at(0) if marks else None
    if mark is not None:
        mark = mark > 0 if shown.col == INPUT else equal(mark, selection.made_code)
    canvas.format(box, *map_rules(box.at(0), mark))
    canvas.format(box, grad_scale(box) if shown.col == MET else value_scale(box))
