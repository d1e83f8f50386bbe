"""The Check sheet: one line per tensor says whether it agrees with PyTorch."""

from __future__ import annotations

import numpy as np

from excel_export.formulas.expression import Expression, Operand, equal, joined, total
from excel_export.formulas.functions import ABS, COUNT, COUNTIF, IF, ISNUMBER, MAX, MIN, SUM, SUMPRODUCT
from excel_export.formulas.grid import Grid
from excel_export.formulas.reference import Reference
from excel_export.sheets.book import Book
from excel_export.sheets.checks import pytorch
from excel_export.sheets.checks.pytorch import ComparedTensor
from excel_export.sheets.names import CHANGED, VERDICT
from excel_export.sheets.sheet import Drawn, SheetSpec
from excel_export.xlsx.canvas import Canvas
from excel_export.xlsx.page import Page
from excel_export.xlsx.rules import verdict_rules
from excel_export.xlsx.styles import PARAMETER

NAME = "Check"
TOLERANCE = 1e-9
FIRST_ROW, MISSING = 6, 8
# Sums of larger numbers, and of the squares of larger ones, may overflow.
HEADS = ("tensor", "difference", "largest number", "verdict")
MOST_SUMMED, MOST_SQUARED = 1e300, 1e100


def draw(book: Book) -> Drawn[None]:
    """Compare with PyTorch: a line for each tensor; the numbers are on a hidden sheet."""
    compared = book.result(pytorch.SHEET) or []
    canvas = Canvas(NAME, PARAMETER, freeze=f"A{FIRST_ROW}", page=Page(landscape=False, heads=HEADS))
    canvas.widths = {1: 2, 2: 44, 3: 20, 4: 20, 5: 22, 6: 22}
    canvas.say(1, 2, "Is it right?", "title")
    for col, head in enumerate((*HEADS, ""), start=2):
        canvas.say(FIRST_ROW - 1, col, head, "head")
    row = FIRST_ROW
    for item in compared:
        _computed(canvas, row, item)
        row += 1
    verdicts = canvas.at(FIRST_ROW, 5).to(canvas.at(row - 1, 5))
    row += 2
    canvas.say(row - 1, 2, "given", "head")
    for col, head in enumerate(("change of the sums", "sums", "verdict", ""), start=3):
        canvas.say(row - 1, col, head, "head")
    first_given = row
    for value in (*book.graph.of_kind("input"), *book.graph.of_kind("parameter")):
        _given(canvas, row, value.called, book.placement.tensors[value].typed, value.data)
        row += 1
    canvas.format(verdicts.to(canvas.at(row, 5)), *verdict_rules(canvas.at(FIRST_ROW, 5)))
    canvas.say(3, 5, f"PyTorch's own numbers: hidden sheet {pytorch.NAME}", "hint")
    canvas.say(3, 2, "Inputs or parameters changed since the export?", "label")
    given = canvas.at(first_given, 5).to(canvas.at(row, 5))
    canvas.put(3, 3, IF(COUNTIF(given, "changed") > 0, "yes", "no"), "answer")
    agreeing = COUNTIF(verdicts, "agrees")
    every = len(compared)
    missing = SUM(canvas.at(first_given, MISSING).to(canvas.at(row, MISSING)))
    canvas.put(4, MISSING, missing, "fixed")
    canvas.say(3, MISSING, "given cells without a number", "fixed")
    canvas.hide_columns(MISSING, MISSING)
    verdict = IF(
        canvas.at(4, MISSING) > 0,
        IF(
            equal(canvas.at(4, MISSING), 1),
            "1 yellow cell of an input or a parameter is empty or holds a text",
            joined(canvas.at(4, MISSING), " yellow cells of inputs or parameters are empty or hold a text"),
        ),
        IF(
            equal(CHANGED, "yes"),
            "You changed an input: PyTorch's numbers belong to the exported ones",
            IF(
                equal(agreeing, every),
                f"All {every} tensors agree with PyTorch",
                joined("Only ", agreeing, f" of {every} tensors agree: the others differ"),
            ),
        ),
    )
    canvas.put(2, 2, verdict, "verdict", width=5)
    canvas.format(canvas.at(2, 2), *verdict_rules(canvas.at(2, 2)))
    drawn = Drawn[None]()
    # A network with a sheet for each layer has tabs enough; Start shows the verdict.
    add = drawn.add if book.placement.is_one_picture else drawn.add_hidden
    add(canvas)
    drawn.name(VERDICT, canvas.at(2, 2))
    drawn.name(CHANGED, canvas.at(3, 3))
    return drawn


def largest(cells: Reference) -> Expression:
    """The size of the largest number in some cells."""
    return MAX(MAX(cells), -MIN(cells))


def _computed(canvas: Canvas, row: int, item: ComparedTensor) -> None:
    canvas.say(row, 2, item.called, "cell")
    canvas.put(row, 3, largest(item.difference.box), "cell_number")
    canvas.put(row, 4, largest(item.reference.box), "cell_number")
    size, scale = canvas.at(row, 3), canvas.at(row, 4)
    # Where an edit made something overflow, the difference is an error value.
    agrees = IF(ISNUMBER(size), IF(size <= TOLERANCE * MAX(1, scale), "agrees", "differs"), "differs")
    canvas.put(row, 5, IF(equal(CHANGED, "yes"), "inputs changed", agrees), "cell")
    canvas.link(row, 6, item.place.first, "show", "small_link")


def _given(canvas: Canvas, row: int, called: str, place: Grid, data: np.ndarray) -> None:
    """Notice a change by two sums, of the numbers and of their squares, which need no copy of the tensor."""
    cells = place.box
    numbers = np.asarray(data, dtype=np.float64)
    size = float(np.abs(numbers).max(initial=0))
    changes: list[Operand]
    if size < MOST_SUMMED:
        changes = [ABS(SUM(cells) - float(numbers.sum()))]
        scale = float(np.abs(numbers).sum())
    else:  # their sum could overflow
        ends = ((MAX, numbers.max()), (MIN, numbers.min()))
        changes = [ABS(end(cells) / 4 - float(at) / 4) for end, at in ends]
        scale = size
    if size < MOST_SQUARED:
        squares = float((numbers**2).sum())
        changes.append(ABS(SUMPRODUCT(cells, cells) - squares))
        scale += squares
    canvas.say(row, 2, called, "cell")
    canvas.put(row, 3, total(changes), "cell_number")
    canvas.put(row, 4, scale, "cell_reference")
    change = canvas.at(row, 3)
    same = IF(change <= TOLERANCE * MAX(1, canvas.at(row, 4)), "as exported", "changed")
    # A number whose square overflows was typed in.
    canvas.put(row, 5, IF(ISNUMBER(change), same, "changed"), "cell")
    canvas.link(row, 6, place.first, "show", "small_link")
    canvas.put(row, MISSING, numbers.size - COUNT(cells), "fixed")


SHEET = SheetSpec(NAME, "does it agree with PyTorch? One line per tensor", draw, order=710)
