"""An exercise, made again from its key: the network by PyTorch, and a workbook for the engine to compute."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from excel_export.grading.paper import CellMap, Paper, check_places
from excel_export.practice import marks, update_sheet
from excel_export.practice.key import Key, Student
from excel_export.practice.source import Network, network_of_key
from excel_export.sheets import typed
from excel_export.sheets.book import Book, start_book
from excel_export.sheets.network import network_sheet
from excel_export.xlsx.styles import BACKWARD
from excel_export.xlsx.write import write

HIDDEN = "\0 hidden inputs"
"""No student's variant is called so: it cannot be typed."""


class Papers:
    """The papers of all students of a key."""

    def __init__(self, key: Key, workbook: Path) -> None:
        """Make the network of a key, and write its sheets to a file.

        Raises:
            ExportError: its source has changed, is missing, or does not fit the key.
        """
        self._key, self._workbook = key, workbook
        self._network: Network = network_of_key(key)
        book = _drawn(self._network, key)
        content = io.BytesIO()
        write(book.canvases, book.names, content, "exercise")
        workbook.write_bytes(content.getvalue())
        self.places = CellMap.of(book)
        self._hidden = self._network.variant(key.secret, HIDDEN).graph

    def paper(self, student: Student) -> Paper:
        """What a student was given.

        Raises:
            ExportError: the key does not belong to its source.
        """
        check_places(student.blanks, self.places)
        key, closed = self._key, () if self._key.options.exam else (marks.TWIN, marks.NAME)
        graph = self._network.variant(key.secret, student.variant).graph
        return Paper(student, self._workbook, graph, self._hidden, self.places, key.options.learning_rate, closed)


@contextmanager
def papers_of(key: Key) -> Iterator[Papers]:
    """Make the papers of a key; their workbook is gone afterwards.

    Raises:
        ExportError: its source has changed, is missing, or does not fit the key.
    """
    with TemporaryDirectory(prefix="excel-export-") as folder:
        yield Papers(key, Path(folder, "exercise.xlsx"))


def _drawn(made: Network, key: Key) -> Book:
    """Draw the sheets that numbers are computed on, and no others: so a file takes a tenth of the time."""
    book = start_book(made.graph, key.options.learning_rate)
    typed.guard(book)
    for sheet in book.placement.sheets:
        book.add(network_sheet(sheet, book.contents, "", BACKWARD), "")
    if "update" in key.options.directions:
        canvas, _ = update_sheet.draw(book)
        book.add(canvas, update_sheet.WHAT)
    for canvas in book.canvases:
        # The engine takes long to load them.
        canvas.rules.clear()
        canvas.validations.clear()
    return book
