"""Drive a LibreOffice that listens and shows a workbook: one command a line in, one answer a line out, as JSON.

PYTHON drive_libreoffice.py PIPE WIDTH HEIGHT, by a Python that has uno. A command is its name and its arguments, an
answer is what it gives: {"gives": …}, or {"error": …}.
"""

import json
import sys
import time

from uno_desktop import PATIENCE, connect

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
        panes = [pane for pane, _ in self._panes()]
        left, top = (min(pane[k] for pane in panes) for k in (0, 1))
        return [left, top, *(max(pane[k] + pane[k + 2] for pane in panes) - (left, top)[k] for k in (0, 1))]

    def lines_on_screen(self, place: str) -> list | None:
        """The pane that shows a cell, its first and last column there, and its rows: several if cells are merged.

        They are counted from 0, without hidden ones. None of a cell that is hidden or not in view. How wide and high it
        is depends on factors that LibreOffice does not tell: `Window` looks at the screen.
        """
        cell, sheet = self._cell(place), self._view.getActiveSheet()
        address = cell.getCellAddress()
        if sheet.getRangeAddress().Sheet != address.Sheet:
            return None
        merged = sheet.createCursorByRange(cell)
        merged.collapseToMergedArea()
        at = merged.getRangeAddress()
        for pane, cells in self._panes():
            is_column = cells.StartColumn <= address.Column <= cells.EndColumn
            if is_column and cells.StartRow <= address.Row <= cells.EndRow:
                columns = _visible(sheet.Columns, cells.StartColumn, address.Column, at.EndColumn)
                rows = _visible(sheet.Rows, cells.StartRow, address.Row, at.EndRow)
                return [pane, columns, rows] if columns and rows else None
        return None

    def _panes(self) -> list[tuple[list[int], object]]:
        """The parts of the window that show cells, with their cells: more than one where rows or columns are frozen.

        In the window of the sheet, the headers of rows and columns lie at the left and at the top. Above all windows is
        the menu, which is none.
        """
        frame = self._view.getFrame()
        outer, container = frame.getComponentWindow(), frame.getContainerWindow()
        whole = max(outer.getWindows(), key=lambda each: each.getPosSize().Width * each.getPosSize().Height)
        left, top = (sum(getattr(each.getPosSize(), axis) for each in (outer, whole)) for axis in "XY")
        below = max(each.getPosSize().Y + each.getPosSize().Height for each in container.getWindows())
        top += container.getPosSize().Height - below
        windows = [each for each in whole.getWindows() if hasattr(each, "getWindows") and each.isVisible()]
        places = [at for at in (each.getPosSize() for each in windows) if min(at.X, at.Y, at.Width, at.Height) > 0]
        cells = [self._view.getByIndex(k).getVisibleRange() for k in range(self._view.getCount())]
        return [
            ([left + at.X, top + at.Y, at.Width, at.Height], own)
            for at, own in zip(
                sorted(places, key=lambda at: (at.X, at.Y)),
                sorted(cells, key=lambda own: (own.StartColumn, own.StartRow)),
                strict=True,
            )
        ]

    def _cell(self, place: str):
        """A cell by a defined name, or by its sheet and place: 'Start!B3'."""
        sheet, found, cell = place.rpartition("!")
        if found:
            return self._book.Sheets.getByName(sheet.strip("'")).getCellRangeByName(cell)
        return self._book.NamedRanges.getByName(place).getReferredCells().getCellByPosition(0, 0)


def _visible(lines, begin: int, first: int, last: int) -> list[int]:
    """The numbers of the first and the last of some rows or columns, from `begin` on, without hidden ones.

    Empty if all of them are hidden.
    """
    visible = [lines.getByIndex(k).IsVisible for k in range(begin, last + 1)]
    before = sum(visible[: first - begin])
    return [before, sum(visible) - 1] if sum(visible) > before else []


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
