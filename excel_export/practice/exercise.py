"""One practice workbook: drawn, computed, and held against PyTorch before it is given out."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from excel_export.formulas.reference import Reference
from excel_export.graph.graph import Graph
from excel_export.practice import marks, network_sheets, practice_sheet, update_sheet
from excel_export.practice.blanks import Blank
from excel_export.practice.candidates import Candidate, Source, backward_sources, forward_sources
from excel_export.practice.choose import choose
from excel_export.practice.dependency_graph import DependencyGraph, dependencies
from excel_export.practice.key import Options, fingerprint
from excel_export.practice.leakage import not_copied, revealed
from excel_export.practice.variants import hash_random
from excel_export.report import compare
from excel_export.shared.errors import ExportError
from excel_export.sheets import tensors, typed
from excel_export.sheets.book import Book, start_book
from excel_export.xlsx.index import GRADIENT, VALUE
from excel_export.xlsx.read import read_all
from excel_export.xlsx.recalculate import RecalculationError, with_values
from excel_export.xlsx.write import write

CHOICES = 20
"""How often other cells are tried where an exam would show an answer."""


@dataclass(frozen=True)
class Exercise:
    """A practice workbook as a file, and the same with all its blanks filled in."""

    blanks: tuple[Blank, ...]
    workbook: bytes
    solution: bytes


def make_exercise(graph: Graph, options: Options, secret: str, variant: str, title: str) -> Exercise:
    """Make the practice workbook of a network that has the numbers of a variant.

    The solution is computed by the spreadsheet engine, and every tensor of it, and every mark, is checked.

    Raises:
        ExportError: nothing can be left empty, the workbook's numbers differ from PyTorch's, or an exam would show its
            own answers.
    """
    shown: set[Reference] = set()
    for _ in range(CHOICES):
        drawn = _drawn(graph, options, secret, variant, shown)
        workbook = _written(drawn.book, title)
        if options.exam and (again := revealed(workbook, drawn.chosen)):
            shown |= {each.place for each in again}
            continue
        drawn.fill_in()
        solution = _written(drawn.book, title)
        _check(solution, graph, options, len(drawn.blanks))
        return Exercise(drawn.blanks, workbook, solution)
    raise ExportError("whatever is left empty, its answer stands in another cell, too: this network makes no exam")


@dataclass(frozen=True)
class _Drawn:
    """All sheets, in which the cells that were chosen are empty."""

    book: Book
    chosen: Sequence[Candidate]
    blanks: tuple[Blank, ...]

    def fill_in(self) -> None:
        """Put the formulas into the blanks."""
        by_name = {canvas.name: canvas for canvas in self.book.canvases}
        for cell in self.chosen:
            place = cell.place
            by_name[place.sheet].put(place.row, place.col, cell.formula, network_sheets.STYLE)


def _drawn(graph: Graph, options: Options, secret: str, variant: str, shown: Collection[Reference]) -> _Drawn:
    """Choose what is to be left empty, and draw all sheets."""
    book = start_book(graph, options.learning_rate)
    typed.guard(book)
    sources: list[Source] = []
    if "forward" in options.directions:
        sources += forward_sources(book)
    if "backward" in options.directions:
        sources += backward_sources(book)
    update = None
    if "update" in options.directions:
        update, updated = update_sheet.draw(book, practice_sheet.START)
        sources += updated
    dependents = DependencyGraph(book.contents)
    passes = not_copied(book, dependents) if options.exam else lambda cell: True
    chosen = choose(
        sources,
        options.count,
        options.level,
        hash_random(secret, "blanks", variant),
        lambda cell: cell.place not in shown and passes(cell),
    )
    blanks = _blanks(chosen, dependents)
    network_sheets.draw(book, practice_sheet.START, practice_sheet.SCORE_CELL)
    typed.allow(book, book.canvases)
    if update:
        book.add(update, update_sheet.WHAT)
    if not options.exam:
        marks.draw(book, blanks, chosen)
    by_name = {canvas.name: canvas for canvas in book.canvases}
    for number, (blank, cell) in enumerate(zip(blanks, chosen, strict=True), start=1):
        state = None if options.exam else marks.state_of(number)
        network_sheets.leave_empty(by_name[blank.sheet], number, cell, blank.wanted, state)
    practice_sheet.draw(book, blanks, chosen, variant, fingerprint(secret, variant), exam=options.exam)
    tensors.draw(book)
    book.move_hidden_last()
    return _Drawn(book, chosen, blanks)


def _blanks(chosen: list[Candidate], dependents: DependencyGraph) -> tuple[Blank, ...]:
    reads = dependencies(chosen, dependents)
    return tuple(
        Blank(
            cell.source.tensor,
            cell.index,
            cell.place.sheet,
            cell.place.area,
            cell.source.direction,
            cell.level,
            cell.source.idea,
            wanted(cell),
            cell.formula.text(cell.place.sheet),
            before,
        )
        for cell, before in zip(chosen, reads, strict=True)
    )


def wanted(cell: Candidate) -> str:
    """What is asked for, in words."""
    return f"{cell.source.called} {list(cell.index)}" if cell.index else cell.source.called


def _written(book: Book, title: str) -> bytes:
    """Write a workbook, with the values of its formulas. Where a blank is empty, some may be errors."""
    package = io.BytesIO()
    write(book.canvases, book.names, package, title)
    with tempfile.NamedTemporaryFile(suffix=".xlsx") as scratch:
        try:
            workbook, _ = with_values(package.getvalue(), scratch, allow_errors=True)  # type: ignore[arg-type]
        except RecalculationError as error:
            raise ExportError(f"the practice workbook cannot be computed: {error}") from error
    return workbook


def _check(solution: bytes, graph: Graph, options: Options, count: int) -> None:
    """Hold every tensor of the solution against PyTorch, and see that all its blanks are marked as right.

    Raises:
        ExportError: something differs.
    """
    with tempfile.NamedTemporaryFile(suffix=".xlsx") as file:
        file.write(solution)
        file.flush()
        found = read_all(file.name, (VALUE, GRADIENT, practice_sheet.PRACTICE))
    computed = {key: array for (key, what), array in found.items() if what != practice_sheet.PRACTICE}
    report = compare(Path("the solution"), computed, graph.tensors)
    if not report.ok:
        raise ExportError(f"{report.complaint}, so no file was written; please report this")
    if not options.exam and float(found[practice_sheet.SCORE, practice_sheet.PRACTICE]) != count:
        raise ExportError("not every right answer is marked as right, so no file was written; please report this")
