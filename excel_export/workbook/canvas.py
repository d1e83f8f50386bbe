"""A sheet in memory: what stands in which cell, and how it looks."""

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

Content = float | str | Text | Fill | None
"""What a cell holds: a number, a formula without its '=', a text, or the formula that it shares with other cells."""


@dataclass(frozen=True)
class Page:
    """The paper of a sheet, and what stands on every page of it."""

    paper: str = "A4"
    landscape: bool = True
    one_page: bool = False
    """The whole sheet on one page, else on as many as its length takes; the width always fits."""
    heads: Sequence[str] = ()
    """The heads of the columns, which every page repeats above its top.

    Not as rows that are printed again: with such rows, LibreOffice draws the ends of pages all over the screen, on
    every sheet, and where they are not.
    """


@dataclass
class Canvas:
    """One sheet. Rows and columns count from 1."""

    name: str
    tab: str
    """The colour of its tab, as RRGGBB."""
    cells: dict[int, dict[int, tuple[Content, str]]] = field(default_factory=dict)
    """By row and column: the content and the name of its style."""
    widths: dict[int, float] = field(default_factory=dict)
    heights: dict[int, float] = field(default_factory=dict)
    merged: list[Reference] = field(default_factory=list)
    rules: list[tuple[str, Format]] = field(default_factory=list)
    """Conditional formats, by area."""
    charts: list[Chart | PathChart] = field(default_factory=list)
    pictures: list[Picture] = field(default_factory=list)
    links: list[tuple[Reference, Reference]] = field(default_factory=list)
    """Cells, each with the cell that it leads to."""
    validations: list[DataValidation] = field(default_factory=list)
    protected: bool = False
    """Only the yellow cells and those without any content can be changed, until somebody lifts it."""
    hidden: bool = False
    """Without a tab, until somebody asks to see it."""
    hidden_columns: list[tuple[int, int]] = field(default_factory=list)
    """The first and the last of each range of columns that nobody sees."""
    headings: bool = True
    """Show the letters of the columns and the numbers of the rows."""
    freeze: str | None = None
    zoom: int = 100
    opens_at: Reference | None = None
    """The cell that is at the upper left when the sheet is first shown, below what is frozen."""
    cursor: Reference | None = None
    """The cell that is chosen when the sheet is first shown."""
    row_height: float | None = None
    page: Page | None = field(default_factory=Page)
    """How it is printed; None where it is not meant for paper: then one page shows its beginning."""
    digits: int | None = None
    """How many digits are stored of values that no reader asks for; None is all of them."""
    printed: Reference | None = None
    """The area to print, where it is not all that one can see of the sheet."""

    def at(self, row: int, col: int, height: int = 1, width: int = 1) -> Reference:
        """The reference to a cell of this sheet, or to a rectangle of cells."""
        return Reference(self.name, row, col, height, width)

    def column(self, row: int, col: int, count: int) -> Grid:
        """Cells of this sheet below one another, of which formulas read one each."""
        return Grid(self.name, row, col, (count,), (1,), (0,))

    def put(
        self, row: int, col: int, content: float | str | Operand, style: str, *, height: int = 1, width: int = 1
    ) -> None:
        """Set one cell, or one that is made of several, to a number, a formula, or a text.

        A text is shown as it is, whatever it begins with.

        Raises:
            ExportError: the formula is longer than Excel allows.
        """
        item: Content
        if isinstance(content, str):
            item = Text(content)
        else:
            item = self._formula(content.cells.text(self.name), "") if isinstance(content, Operand) else content
        self.cells.setdefault(row, {})[col] = item, style
        if height * width > 1:
            self.merge(self.at(row, col, height, width))

    def say(self, row: int, col: int, text: object, style: str, *, height: int = 1, width: int = 1) -> None:
        """Set a cell to the text of something."""
        self.put(row, col, str(text), style, height=height, width=width)

    def across(self, row: int, first: int, contents: Iterable[float | str | Operand], style: str) -> None:
        """Set the cells of a row, from a column on."""
        for col, content in enumerate(contents, start=first):
            self.put(row, col, content, style)

    def link(
        self, row: int, col: int, target: Reference, text: object, style: str, *, height: int = 1, width: int = 1
    ) -> None:
        """Set one cell, or one that is made of several, to a text that leads to another cell when clicked.

        The text of a link may be a formula; then the link is one as well, which LibreOffice asks for.
        """
        content = link(target, text) if isinstance(text, Operand) else str(text)
        self.put(row, col, content, style, height=height, width=width)
        self.links.append((self.at(row, col), target))

    def paragraph(self, row: int, first: int, last: int, text: str, style: str = "text") -> None:
        """Write a text over some columns, whose widths are set, and make its row as high as it needs."""
        self.say(row, first, text, style, width=last - first + 1)
        room = sum(column_pixels(self.widths.get(col, DEFAULT_WIDTH)) for col in range(first, last + 1))
        self.heights[row] = row_points(text, STYLES[style].size, room, STYLES[style].bold) + 2

    def fill(self, grid: Grid, contents: np.ndarray | Expression, style: str, what: str = "") -> None:
        """Set the cells of a grid.

        Args:
            grid: where, on this sheet.
            contents: numbers or formulas, in the grid's shape.
            style: how each cell looks.
            what: the tensor's name, for errors.

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
        """Set a rectangle of cells to one formula, that of its first cell: its relative references move along.

        All that it reads is on this sheet, or has a name.
        """
        if area.size == 1:
            self.put(area.row, area.col, formula, style)
            return
        fill = Fill(self._formula(formula.text(self.name), ""), area)
        for row in range(area.row, area.row + area.height):
            line = self.cells.setdefault(row, {})
            line |= dict.fromkeys(range(area.col, area.col + area.width), (fill, style))

    def stripe(self, row: int, first: int, last: int, style: str) -> None:
        """Colour the empty cells of a row."""
        line = self.cells.setdefault(row, {})
        for col in range(first, last + 1):
            line.setdefault(col, (None, style))

    def merge(self, area: Reference) -> None:
        """Make one cell of several."""
        self.merged.append(area)

    def hide_columns(self, first: int, last: int = LAST_COLUMN) -> None:
        """Let nobody see columns, to the last of the sheet where none is given."""
        self.hidden_columns.append((first, last))

    def format(self, area: Reference | Sequence[Reference], *rules: Format) -> None:
        """Let cells look different under conditions, the first of which counts most; several areas have it together."""
        areas = [area] if isinstance(area, Reference) else area
        together = " ".join(each.area for each in areas)
        self.rules += [(together, rule) for rule in rules]

    def format_first(self, areas: Sequence[Reference], *rules: Format) -> None:
        """Format cells before all others: a program that applies one rule alone applies these."""
        before, self.rules = self.rules, []
        self.format(areas, *rules)
        self.rules += before

    def allow_list(self, area: Reference, choices: Operand | Sequence[object], error: str = "") -> None:
        """Let cells hold what stands in a range, or one of a few words, and offer it as a list."""
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
        """Let cells hold numbers, or whole numbers only, from the lowest to the highest; the prompt stands beside.

        It is the title of a message: LibreOffice keeps room for one above each text.
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
