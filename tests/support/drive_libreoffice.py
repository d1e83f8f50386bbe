"""Drive a LibreOffice that listens and shows a workbook: one command a line in, one answer a line out, as JSON.

PYTHON drive_libreoffice.py PIPE WIDTH HEIGHT, by a Python that has uno. A command is its name and its arguments, an
answer is what it gives: {"gives": …}, or {"error": …}.
"""

import json
import sys
import time
from collections.abc import Iterator

import uno
from uno_desktop import PATIENCE, connect

DOCUMENT = uno.getConstantByName("com.sun.star.accessibility.AccessibleRole.DOCUMENT_SPREADSHEET")
ALL = 15
"""The place and the size of a window, as com.sun.star.awt.PosSize counts them."""
# com.sun.star.sheet.FormulaResult
STRING = 2
# com.sun.star.sheet.CellFlags: numbers, dates, texts, formulas
CONTENTS = 1 + 2 + 4 + 16


class Driver:
    """The workbook in the only window."""

    def __init__(self, pipe: str, width: int, height: int) -> None:
        self._desktop = connect(pipe)
        until = time.monotonic() + PATIENCE
        while not (book := self._desktop.getCurrentComponent()) or not book.getCurrentController():
            if time.monotonic() > until:
                raise TimeoutError("no workbook opens")
            time.sleep(0.2)
        self._book, self._view = book, book.getCurrentController()
        self._view.getFrame().getContainerWindow().setPosSize(0, 0, width, height, ALL)

    def sheets(self) -> list[str]:
        """The names of the sheets that have a tab."""
        return [sheet.Name for sheet in self._book.Sheets if sheet.IsVisible]

    def show(self, sheet: str) -> None:
        self._view.setActiveSheet(self._book.Sheets.getByName(sheet))

    def shown(self) -> str:
        return self._view.getActiveSheet().Name

    def cursor(self) -> str:
        """The cells that are chosen."""
        chosen = self._book.getCurrentSelection()
        return f"{chosen.Spreadsheet.Name}!{chosen.AbsoluteName.rpartition('.')[2].replace('$', '')}"

    def set(self, place: str, content: float | str) -> None:
        cell = self._cell(place)
        if isinstance(content, str):
            cell.setString(content)
        else:
            cell.setValue(content)

    def value(self, place: str) -> float | str:
        cell = self._cell(place)
        if cell.getError():
            return cell.String
        kind = cell.FormulaResultType2 if cell.Type.value == "FORMULA" else None
        return cell.String if kind == STRING or cell.Type.value == "TEXT" else cell.Value

    def text(self, place: str) -> str:
        """What the cell shows."""
        return self._cell(place).String

    def lines(self, place: str) -> list[list[str]]:
        """What the rows of some cells show, from left to right; without what is hidden or shows nothing."""
        sheet, _, cells = place.rpartition("!")
        shown = self._book.Sheets.getByName(sheet.strip("'")).getCellRangeByName(cells).queryVisibleCells()
        lines: dict[int, list[tuple[int, str]]] = {}
        for at in shown.queryContentCells(CONTENTS).getRangeAddresses():
            part = self._book.Sheets.getByIndex(at.Sheet)
            for row in range(at.StartRow, at.EndRow + 1):
                for column in range(at.StartColumn, at.EndColumn + 1):
                    if text := part.getCellByPosition(column, row).String:
                        lines.setdefault(row, []).append((column, text))
        return [[text for _, text in sorted(lines[row])] for row in sorted(lines)]

    def sheet_on_screen(self) -> list[int]:
        """The left, the top, the width and the height in pixels of the cells in view."""
        panes = [_on_screen(pane) for pane in self._panes()]
        left, top = (min(pane[k] for pane in panes) for k in (0, 1))
        return [left, top, *(max(pane[k] + pane[k + 2] for pane in panes) - (left, top)[k] for k in (0, 1))]

    def cell_on_screen(self, place: str) -> list[int] | None:
        """The left, the top, the width and the height in pixels of a cell that is in view; None of another."""
        address = self._cell(place).getCellAddress()
        if self._view.getActiveSheet().getRangeAddress().Sheet != address.Sheet:
            return None
        for pane in self._panes():
            table = pane.getAccessibleChild(0).getAccessibleContext()
            cell = _on_screen(table.getAccessibleCellAt(address.Row, address.Column).getAccessibleContext())
            if _inside(cell, _on_screen(pane)):
                return cell
        return None

    def _panes(self) -> Iterator:
        """The parts of the window that show cells: more than one where rows or columns are frozen."""
        return _of_role(DOCUMENT, self._view.getFrame().getComponentWindow().getAccessibleContext())

    def _cell(self, place: str):
        """A cell by a defined name, or by its sheet and place: 'Start!B3'."""
        sheet, found, cell = place.rpartition("!")
        if found:
            return self._book.Sheets.getByName(sheet.strip("'")).getCellRangeByName(cell)
        return self._book.NamedRanges.getByName(place).getReferredCells().getCellByPosition(0, 0)


def _of_role(role: int, context) -> Iterator:
    if context.getAccessibleRole() == role:
        yield context
        return
    for k in range(context.getAccessibleChildCount()):
        yield from _of_role(role, context.getAccessibleChild(k).getAccessibleContext())


def _on_screen(context) -> list[int]:
    place, size = context.getLocationOnScreen(), context.getSize()
    return [place.X, place.Y, size.Width, size.Height]


def _inside(inner: list[int], outer: list[int]) -> bool:
    return all(
        outer[k] <= inner[k] and inner[k] + inner[k + 2] <= outer[k] + outer[k + 2] and inner[k + 2] > 0 for k in (0, 1)
    )


def main(pipe: str, width: str, height: str) -> None:
    driver = Driver(pipe, int(width), int(height))
    print(json.dumps({"gives": None}), flush=True)
    for line in sys.stdin:
        command, *arguments = json.loads(line)
        try:
            answer = {"gives": getattr(driver, command)(*arguments)}
        except Exception as error:
            answer = {"error": f"{command}{tuple(arguments)}: {error!r}"}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
