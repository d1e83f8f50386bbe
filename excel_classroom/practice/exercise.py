"""One practice workbook: drawn, computed by a spreadsheet engine, and compared with PyTorch before it is given out."""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from excel_classroom.practice import network_sheets, practice_sheet
from excel_classroom.practice.blanks import Blank
from excel_classroom.practice.exercise_plan import ExercisePlan
from excel_classroom.practice.key import Key
from excel_classroom.practice.source import ExerciseNetwork
from excel_export.book import inputs_in_use, tensors_sheet
from excel_export.book.book import Book
from excel_export.book.composition import start_book
from excel_export.compiler.confirm.near_ties import what_to_do
from excel_export.formulas import Text
from excel_export.graph.graph import Graph
from excel_export.report import compare
from excel_export.shared.errors import ExportError
from excel_export.workbook.read import GRADIENT, VALUE, read_all
from excel_export.workbook.recalculate import RecalculationError, with_values
from excel_export.workbook.write import bare_workbook


@dataclass(frozen=True)
class Exercise:
    """A practice workbook and its solution, as the bytes of two .xlsx files: b'PK…'."""

    workbook: bytes
    """The content of the file with empty blanks."""
    solution: bytes
    """The content of the file with all blanks filled in by their formulas."""
    untold: tuple[tuple[int, str], ...] = ()
    """Pairs of a blank, from 0 on, and a known mistake that gives its right answer with this workbook's numbers."""


def blanks_of(plan: ExercisePlan) -> tuple[Blank, ...]:
    """Return a `Blank` for each cell that a plan leaves empty, in its order: tensor 'mul', sheet 'Network', 'J8'."""
    places = [cell.at for cell in plan.chosen]
    found = []
    for k, cell in enumerate(plan.chosen):
        source, place, before = cell.source, cell.place, plan.reference.precedents(cell.at)
        wanted = f"{source.called} {list(cell.index)}" if cell.index else source.called
        reads = tuple(j for j, other in enumerate(places) if j != k and other in before)
        found.append(Blank(source.tensor, cell.index, place.sheet, place.area, source.direction, cell.level,
                           source.idea, wanted, cell.formula.text(place.sheet), reads, *plan.told[k][:2]))  # fmt: skip
    return tuple(found)


def make_exercise(network: ExerciseNetwork, plan: ExercisePlan, variant: str) -> Exercise:
    """Return a network's practice workbook and its solution, two .xlsx files: Exercise(b'PK…', b'PK…', …).

    The solution is computed by the spreadsheet engine; every tensor of it is compared with PyTorch, and every mark
    checked.

    Args:
        network: the network with the numbers of the variant.
        plan: the blanks.
        variant: the text that the sheet Practice shows as owner; '' for the network's own numbers.

    Raises:
        ExportError: the workbook cannot be computed, or its numbers differ from PyTorch's.
    """
    key, title = plan.key, f"Practice: {type(network.module).__name__}"
    pasted, book = key.options.exam, draw_sheets(network.graph, plan, variant)
    by_name = {canvas.name: canvas for canvas in book.canvases}
    formulas = {cell.place: cell.formula for cell in plan.chosen}
    if not pasted:
        workbook = _written(book, title)
    for place, formula in formulas.items():
        by_name[place.sheet].put(place.row, place.col, formula, network_sheets.STYLE)
    solution = _written(book, title, lambda path: _check(path, network, key))
    if pasted:
        _paste(book, plan, plan.reference.values(network.graph))
        for place in formulas:
            by_name[place.sheet].cells[place.row][place.col] = None, network_sheets.STYLE
        workbook = _written(book, title)
    return Exercise(workbook, solution, plan.untold(network.graph))


def draw_sheets(graph: Graph, plan: ExercisePlan, variant: str) -> Book:
    """Return a practice workbook's sheets in a book, whose `canvases` are 'Practice', 'Network' and so on.

    The blanks are empty cells. The sheet of the marks is drawn unless it is an exam, the sheet Update if updates are
    asked.

    Args:
        graph: the network with the student's numbers.
        plan: the blanks.
        variant: the text that the sheet Practice shows as owner, 'Ada'; '' for the network's own numbers.
    """
    key, chosen = plan.key, plan.chosen
    options, within = key.options, key.read_rubric.tolerance
    book = start_book(graph, options.learning_rate)
    book.draw(inputs_in_use.SHEET)
    network_sheets.draw(book, practice_sheet.START, practice_sheet.SCORE_CELL)
    inputs_in_use.validate(book, book.canvases)
    if "update" in options.directions:
        network_sheets.draw_update(book, practice_sheet.START)
    if not options.exam:
        practice_sheet.draw_marks(book, key.blanks, chosen, within)
    by_name = {canvas.name: canvas for canvas in book.canvases}
    for number, (blank, cell) in enumerate(zip(key.blanks, chosen, strict=True), start=1):
        state = None if options.exam else practice_sheet.state_of(number)
        network_sheets.leave_empty(by_name[blank.sheet], number, cell, blank.wanted, state, within)
    practice_sheet.draw(book, key, chosen, variant)
    book.draw(tensors_sheet.SHEET)
    return book


def _paste(book: Book, plan: ExercisePlan, values: np.ndarray) -> None:
    """Replace formulas by their numbers; cells that would give an answer away become empty."""
    index, hidden = plan.reference.index, plan.withheld
    for canvas in book.canvases:
        for row, line in canvas.cells.items():
            for col, (content, style) in line.items():
                k = index.get((canvas.name, row, col))
                if k is not None and content is not None and not isinstance(content, Text):
                    number = None if k in hidden or not np.isfinite(values[k]) else float(values[k])
                    line[col] = number, style if number is not None else "practice_withheld"


def _written(book: Book, title: str, check: Callable[[str], None] = lambda path: None) -> bytes:
    """Return a workbook as a file with computed values. While a blank is empty, some values may be errors."""
    for canvas in book.canvases:
        canvas.protected = True
    workbook = bare_workbook(book.canvases, book.names, title)
    with tempfile.NamedTemporaryFile(suffix=".xlsx") as file:
        try:
            with_values(workbook, file, allow_errors=True)  # type: ignore[arg-type]
        except RecalculationError as error:
            raise ExportError(f"the practice workbook cannot be computed: {error}") from error
        file.flush()
        check(file.name)
        file.seek(0)
        return file.read()


def _check(path: str, network: ExerciseNetwork, key: Key) -> None:
    found = read_all(path, (VALUE, GRADIENT, practice_sheet.PRACTICE))
    computed = {name: array for (name, what), array in found.items() if what != practice_sheet.PRACTICE}
    report = compare(Path("the solution"), computed, network.graph.tensors)
    if not report.ok:
        reason = what_to_do(network.module, network.inputs)
        raise ExportError(f"{report.complaint}, so no file was written; {reason}")
    score = found.get((practice_sheet.SCORE, practice_sheet.PRACTICE))
    if score is not None and float(score) != len(key.blanks):
        raise ExportError("not every right answer is marked as right, so no file was written; please report this")
