"""What each element of a network is made of, as views take it apart, with every number from a real engine."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from pathlib import Path

import numpy as np
import openpyxl

from excel_export.book import network_sheet
from excel_export.book.book import Book
from excel_export.book.composition import start_book
from excel_export.formulas import IF, Expression, Grid, Index, Reference
from excel_export.formulas.analysis.chosen import Chosen
from excel_export.graph.graph import Call, Graph
from excel_export.sheets.book_elements import elements_of
from excel_export.views.plan import Plan
from excel_export.views.terms import Account, Term
from excel_export.views.views import Updated, View, views
from excel_export.workbook.canvas import Canvas
from excel_export.workbook.write import write
from tests.support.engines import Recalculated, recalculate

FACTORS, ROWS = "Factors", 60_000
What = Reference | Expression | None


@dataclass
class Part:
    """One element of a view."""

    view: View
    index: Index
    account: Account

    @property
    def products(self) -> list[tuple[What, What]]:
        """The cells that it adds up, each with its factor; of a slope that is spelled out, the first term alone."""
        spelled = self.account.spelled
        if spelled and self.account.terms and self.account.terms[0].factor is None:
            return []
        return [each for term in self.account.terms[: 1 if spelled else None] for each in one_by_one(term)]


def one_by_one(term: Term) -> Iterator[tuple[What, What]]:
    """The cells of a term, each with its factor: 0 for a cell that is not the one that numbers choose."""
    if not isinstance(term.cell, Chosen):
        yield term.cell, term.factor
        return
    for cell, when in term.cell.each():
        yield cell, IF(when, 1 if term.factor is None else term.factor, 0)


class TakenApart:
    """Writes a workbook of a graph's two passes, with the factors on sheets of their own; an engine computes it."""

    def __init__(self, graph: Graph, path: Path) -> None:
        self.book: Book = start_book(graph, 0.1)
        self.book.draw(network_sheet.SHEET)
        plan = Plan(self.book.graph, self.book.placement)
        self.views = views(elements_of(self.book), plan, Updated()).views
        self.calls: dict[int, Call] = {
            number: part.call for number, part in enumerate(plan.parts, start=1) if part.call
        }
        """The calls, by the parts of steps that show them."""
        self.backward = {number for number, part in enumerate(plan.parts, start=1) if part.direction == "backward"}
        self.parts = [
            Part(view, index, view.account(index))
            for view in self.views
            if view.operands and not view.is_given and view.part in self.calls
            for index in np.ndindex(*view.tensor.grid.shape)
        ]
        self._places: dict[str, Reference] = {}
        self._path = path
        formulas = iter(self._formulas())
        while chunk := list(islice(formulas, ROWS)):
            canvas = Canvas(f"{FACTORS} {len(self.book.canvases)}", "808080")
            for row, formula in enumerate(chunk, start=1):
                canvas.put(row, 1, formula, "fixed")
                self._places[formula.text("")] = canvas.at(row, 1)
            self.book.drawn.add(canvas)
        write(self.book.canvases, self.book.names, path, "taken apart")

    def share(self, part: Part) -> float:
        """What the gradient of an element gains through the call of its step, as PyTorch has it."""
        shares = [share for value, share in self.calls[part.view.part].contributions if value is part.view.value]
        return float(sum(share[part.index] for share in shares))

    def _formulas(self) -> Iterator[Expression]:
        known = set()
        for part in self.parts:
            terms = [each for term in part.account.terms for pair in one_by_one(term) for each in pair]
            for each in (*terms, part.account.alone):
                if isinstance(each, Expression) and (text := each.text("")) not in known:
                    known.add(text)
                    yield each

    def computed(self, engine: str, folder: Path) -> Numbers:
        """Compute the file, without its stored values."""
        return Numbers(recalculate(self._path, engine, folder), self._places)


class Numbers:
    """What an engine computed."""

    def __init__(self, found: Recalculated, places: dict[str, Reference]) -> None:
        book = openpyxl.load_workbook(found.path, read_only=True, data_only=True)
        self._sheets = {sheet.title: list(sheet.iter_rows(min_row=1, min_col=1, values_only=True)) for sheet in book}
        self._places = places

    def of(self, what: What) -> float:
        """The number of a cell or of a formula; 1 where there is none."""
        if what is None:
            return 1.0
        cell = what if isinstance(what, Reference) else self._places[what.text("")]
        value = self._sheets[cell.sheet][cell.row - 1][cell.col - 1]
        assert isinstance(value, (int, float)), f"{cell.everywhere} shows {value!r}"
        return float(value)

    def sum(self, part: Part) -> float:
        """What the products of an element add up to."""
        alone = 0.0 if part.account.alone is None else self.of(part.account.alone)
        # Between the cells that may be chosen may be empty ones, which never are.
        factors = ((cell, self.of(factor)) for cell, factor in part.products)
        return alone + sum(self.of(cell) * factor for cell, factor in factors if factor)

    def made(self, part: Part) -> float:
        """The element itself."""
        return self.of(part.view.tensor.grid.relative.at(*part.index))

    def factors(self, part: Part, grid: Grid) -> np.ndarray:
        """The factors of an element as a tensor: one for each element of a grid that it could read."""
        found = np.zeros(grid.shape)
        index_of = _places(grid)
        for cell, factor in part.products:
            assert isinstance(cell, Reference)
            if cell.sheet == grid.sheet and (cell.row, cell.col) in index_of:
                found[index_of[cell.row, cell.col]] += self.of(factor)
        return found


@lru_cache
def _places(grid: Grid) -> dict[tuple[int, int], Index]:
    """The index of the element in each row and column."""
    cells = zip(grid.rows.ravel().tolist(), grid.cols.ravel().tolist(), strict=True)
    return dict(zip(cells, np.ndindex(*grid.shape), strict=True))
