"""A sheet in memory: the content and the style of each cell, and all that lies over and around the cells."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from openpyxl.worksheet.datavalidation import DataValidation

from excel_export.formulas import Expression, Grid, Operand, Reference, Text, link, number
from excel_export.formulas.copies import Copy, Fill
from excel_export.shared.cells import LAST_COLUMN
from excel_export.shared.errors import ExportError
from excel_export.workbook.calibri import DEFAULT_WIDTH, column_pixels, row_points
from excel_export.workbook.charts import Chart, PathChart, Picture
from excel_export.workbook.format_rules import Format
from excel_export.workbook.styles import STYLES

LONGEST_FORMULA = 8_192
"""Excel's limit on the characters of a formula, with its '='."""

Content = float | str | Text | Fill | None
"""The content of a cell: a number, a formula without its '=' (str), a Text, a formula shared with other cells (Fill),
or None for an empty cell with a style."""


@dataclass(frozen=True)
class Page:
    """The paper of a printed sheet: Page('A4', landscape=False)."""

    paper: str = "A4"
    """The name of the paper: 'A4', 'A3' or 'Letter'."""
    landscape: bool = True
    """True if the paper is wider than high."""
    one_page: bool = False
    """True if the whole sheet is printed on one page, False for as many as its length takes. The width always fits."""
    heads: Sequence[str] = ()
    """The heads of the columns, ('Step', 'Loss'), printed in one line in the middle of every page's header,
    'Step   |   Loss'; () for none.

    Rows that the file repeats are not used: with such rows, LibreOffice draws page breaks all over the screen.
    """


@dataclass
class Canvas:
    """One sheet in memory. Rows and columns count from 1.

    Example:
        >>> canvas = Canvas("Sheet1", "0B5394")
        >>> canvas.put(2, 1, 0.5, "value")
        >>> canvas.put(3, 1, canvas.at(2, 1) * 2, "value")
        >>> canvas.cells[3][1]
        ('A2*2', 'value')
    """

    name: str
    """The sheet's name."""
    tab: str
    """The colour of the tab, as RRGGBB."""
    cells: dict[int, dict[int, tuple[Content, str]]] = field(default_factory=dict)
    """The content and the style of each cell, by row and column: {3: {1: ('A2*2', 'value')}}."""
    widths: dict[int, float] = field(default_factory=dict)
    """The widths of columns, in digits of 7 pixels, by the column: {1: 2, 2: 34}; others are as wide as the program
    makes them, about 9."""
    heights: dict[int, float] = field(default_factory=dict)
    """The heights of rows, in points, by the row: {1: 28}; others have `row_height`."""
    merged: dict[tuple[int, int], Reference] = field(default_factory=dict)
    """The rectangles of merged cells, by their first row and column: {(3, 2): Reference('Sheet1', 3, 2, 1, 3)}."""
    rules: list[tuple[str, Format]] = field(default_factory=list)
    """(area, format) for each conditional format, ('B3:F7', format); the first counts most."""
    charts: list[Chart | PathChart] = field(default_factory=list)
    """The charts that lie over the cells; each says over which."""
    pictures: list[Picture] = field(default_factory=list)
    """The pictures that lie over the cells, likewise."""
    links: list[tuple[Reference, Reference]] = field(default_factory=list)
    """(cell, target) for each link: a click on the cell leads to the target, a cell of any sheet."""
    validations: list[DataValidation] = field(default_factory=list)
    """The rules on what may be typed into cells, as openpyxl's objects."""
    protected: bool = False
    """True if only yellow cells and those without content can be changed, until somebody unprotects the sheet."""
    hidden: bool = False
    """True for a sheet without a tab, until somebody unhides it."""
    hidden_columns: list[tuple[int, int]] = field(default_factory=list)
    """The first and the last column of each hidden range, from 1 on: [(3, 5)] for C:E."""
    headings: bool = True
    """True if the letters of the columns and the numbers of the rows are shown."""
    freeze: str | None = None
    """The first cell below and right of what stays while scrolling, such as 'B3'; None if all scrolls."""
    zoom: int = 100
    """The zoom of the sheet, in percent."""
    opens_at: Reference | None = None
    """The cell at the upper left, below what is frozen, when the sheet is first shown; None for A1."""
    cursor: Reference | None = None
    """The selected cell when the sheet is first shown; None for A1."""
    row_height: float | None = None
    """The height of rows without one of their own, in points; None for 15."""
    page: Page | None = field(default_factory=Page)
    """The paper to print on; None if the sheet is not meant for paper: then one page shows its beginning."""
    digits: int | None = None
    """The significant digits, 6, of stored values that no program reads back; None for all digits."""
    printed: Reference | None = None
    """The area to print; None for all cells, without columns that are hidden up to the sheet's end."""

    def at(self, row: int, col: int, height: int = 1, width: int = 1) -> Reference:
        """Return the reference to a cell, C2 for (2, 3), or to a rectangle of `height` rows and `width` columns."""
        return Reference(self.name, row, col, height, width)

    def column(self, row: int, col: int, count: int) -> Grid:
        """Return the grid of `count` cells downwards from a first one: C2:C5 for row 2, column 3 and 4 cells."""
        return Grid(self.name, row, col, (count,), (1,), (0,))

    def put(
        self, row: int, col: int, content: float | str | Operand, style: str, *, height: int = 1, width: int = 1
    ) -> None:
        """Set a cell, or a merged one of `height` rows and `width` columns: (2, 1, 0.5, 'value') sets A2 to 0.5.

        A str is shown as it is, even '=1'. An Operand is a formula. `style` is a name of STYLES.

        Raises:
            ExportError: the formula is longer than Excel allows.
        """
        item: Content
        if isinstance(content, str):
            item = Text(content)
        elif isinstance(content, Operand):
            item = self._formula(content.cells.text(self.name), "")
        else:
            item = content.item() if isinstance(content, np.generic) else content
        self.cells.setdefault(row, {})[col] = item, style
        if height * width > 1:
            self.merge(self.at(row, col, height, width))

    def say(self, row: int, col: int, text: object, style: str, *, height: int = 1, width: int = 1) -> None:
        """Set a cell, or a merged one of `height` rows and `width` columns, to str(text) in a style, a name of STYLES.

        (1, 2, 'Loss', 'title') writes 'Loss' into B1.
        """
        self.put(row, col, str(text), style, height=height, width=width)

    def across(self, row: int, first: int, contents: Iterable[float | str | Operand], style: str) -> None:
        """Set cells of a row from the column `first` on, as `put` does: (4, 2, ('x', 'y'), 'head') sets B4 and C4."""
        for col, content in enumerate(contents, start=first):
            self.put(row, col, content, style)

    def link(
        self, row: int, col: int, target: Reference, text: object, style: str, *, height: int = 1, width: int = 1
    ) -> None:
        """Set a cell to a text, '← Start', that leads to the cell `target` when clicked; `style` is a name of STYLES.

        The cell is merged if `height` rows or `width` columns are more than 1. If the text is a formula, an Operand,
        the link is one, too, as LibreOffice needs it.
        """
        content = link(target, text) if isinstance(text, Operand) else str(text)
        self.put(row, col, content, style, height=height, width=width)
        self.links.append((self.at(row, col), target))

    def paragraph(self, row: int, first: int, last: int, text: str, style: str = "text") -> None:
        """Write a text across the columns `first` to `last`, 2 to 5 for B:E, and set the row's height so that it fits.

        The columns' widths must be set before. `style` is a name of STYLES.
        """
        self.say(row, first, text, style, width=last - first + 1)
        room = sum(column_pixels(self.widths.get(col, DEFAULT_WIDTH)) for col in range(first, last + 1))
        self.heights[row] = row_points(text, STYLES[style].size, room, STYLES[style].bold) + 2

    def fill(self, grid: Grid, contents: np.ndarray | Expression, style: str, what: str = "") -> None:
        """Set the cells of a grid on this sheet: B3:B5 to the numbers [1, 2, 3], or to formulas.

        Args:
            grid: the cells.
            contents: numbers or formulas, in the grid's shape; True and False become 1 and 0.
            style: the style of all cells, a name of STYLES.
            what: the tensor's name, for the words of an error; '' to name the sheet instead.

        Raises:
            ExportError: a formula is longer than Excel allows.
        """
        items: list[Content]
        if isinstance(contents, Copy):
            items = [*contents.contents]
            self._formula(max((_text(item) for item in items), key=len, default=""), what)
        elif isinstance(contents, Expression):
            items = contents.texts(self.name).ravel().tolist()
            self._formula(max(items, key=len, default=""), what)  # type: ignore[arg-type]
        else:
            numbers = np.asarray(contents)
            items = (numbers.astype(int) if numbers.dtype == bool else numbers).ravel().tolist()
        cells = self.cells
        for row, col, item in zip(grid.rows.ravel().tolist(), grid.cols.ravel().tolist(), items, strict=True):
            if row not in cells:
                cells[row] = {}
            cells[row][col] = (item, style)

    def share(self, area: Reference, formula: Expression, style: str) -> None:
        """Set a rectangle to copies of a formula, that of its first cell: A1*2 for B1:B3 gives A1*2, A2*2 and A3*2.

        The formula may read cells of this sheet and defined names only. `style` is a name of STYLES.
        """
        if area.size == 1:
            self.put(area.row, area.col, formula, style)
            return
        fill = Fill(self._formula(formula.text(self.name), ""), area)
        for row in range(area.row, area.row + area.height):
            line = self.cells.setdefault(row, {})
            line |= dict.fromkeys(range(area.col, area.col + area.width), (fill, style))

    def stripe(self, row: int, first: int, last: int, style: str) -> None:
        """Give a style to the cells of a row that are not set, from the column `first` to `last`, 2 to 4 for B:D."""
        line = self.cells.setdefault(row, {})
        for col in range(first, last + 1):
            line.setdefault(col, (None, style))

    def merge(self, area: Reference) -> None:
        """Merge the cells of a rectangle, B3:D3, which shows the content of its first cell, B3.

        A rectangle that was merged before and begins in B3, too, is replaced.
        """
        self.merged.pop((area.row, area.col), None)
        self.merged[area.row, area.col] = area

    def hide_columns(self, first: int, last: int = LAST_COLUMN) -> None:
        """Hide the columns from `first` to `last`, 3 to 5 for C:E, by default to the last one of the sheet."""
        self.hidden_columns.append((first, last))

    def format(self, area: Reference | Sequence[Reference], *rules: Format) -> None:
        """Add conditional formats to an area, B3:D5, or to several as if they were one; earlier formats count more."""
        areas = [area] if isinstance(area, Reference) else area
        together = " ".join(each.area for each in areas)
        self.rules += [(together, rule) for rule in rules]

    def format_first(self, areas: Sequence[Reference], *rules: Format) -> None:
        """Add conditional formats to the areas, [B3:D5], before all others of the sheet, so that they count more."""
        before, self.rules = self.rules, []
        self.format(areas, *rules)
        self.rules += before

    def allow_list(self, area: Reference, choices: Operand | Sequence[object], error: str = "") -> None:
        """Restrict cells to the items of a drop-down list: ['SGD', 'Adam'], or the contents of cells, I5:I8.

        `error` is the message for any other content; '' for the spreadsheet program's own.
        """
        source = choices.cells.text(self.name) if isinstance(choices, Operand) else f'"{",".join(map(str, choices))}"'
        validation = DataValidation(
            "list", formula1=source, allow_blank=False, showErrorMessage=True, error=error or None
        )
        validation.add(area.area)
        self.validations.append(validation)

    def allow_numbers(
        self, area: Reference, lowest: float, highest: float, title: str, error: str, *, whole: bool = False,
        prompt: str = "",
    ) -> None:  # fmt: skip
        """Restrict cells to numbers from `lowest` to `highest`, both included, or, if `whole`, to integers.

        If anything else is typed, an alert has the title `title`, 'A number', and the text `error`. `prompt` is shown
        beside the selected cell, '' for none; it is stored as a title, since LibreOffice leaves room for one.
        """
        validation = DataValidation(
            "whole" if whole else "decimal", operator="between", formula1=number(lowest), formula2=number(highest),
            allow_blank=False, showErrorMessage=True, errorTitle=title, error=error,
            showInputMessage=bool(prompt), promptTitle=prompt or None, prompt=" " if prompt else None,
        )  # fmt: skip
        validation.add(area.area)
        self.validations.append(validation)

    def _formula(self, text: str, what: str) -> str:
        if len(text) + 1 > LONGEST_FORMULA:
            of = f"of '{what}'" if what else f"on sheet '{self.name}'"
            raise ExportError(
                f"a formula {of} would have {len(text) + 1:,} characters, but Excel allows {LONGEST_FORMULA:,}: "
                "export a smaller layer or a smaller batch"
            )
        return text


def _text(formula: Content) -> str:
    return formula.text if isinstance(formula, Fill) else str(formula)
