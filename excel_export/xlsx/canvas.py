"""A sheet in memory: what stands in which cell, and how it looks."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from xml.sax.saxutils import escape

import numpy as np
from openpyxl.formatting.rule import Rule
from openpyxl.worksheet.datavalidation import DataValidation

from excel_export.formulas.expression import Expression, Operand
from excel_export.formulas.grid import Grid
from excel_export.formulas.numbers import number
from excel_export.formulas.reference import Reference
from excel_export.formulas.texts import Text
from excel_export.shared.errors import ExportError
from excel_export.xlsx.charts import Chart

LONGEST_FORMULA = 8_192
# What a spreadsheet would take for a character: _x0041_ is an A.
_ESCAPE = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")

RuleFor = Callable[[str], Rule]
"""A conditional format, given the name of the sheet that it is on."""
Content = float | str | Text | None
"""What a cell holds: a number, a formula without its '=', or a text."""


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
    merged: list[str] = field(default_factory=list)
    rules: list[tuple[str, Rule]] = field(default_factory=list)
    """Conditional formats, by area."""
    charts: list[Chart] = field(default_factory=list)
    validations: list[DataValidation] = field(default_factory=list)
    freeze: str | None = None
    zoom: int = 100
    row_height: float | None = None
    one_page: bool = False
    """Print the whole sheet on one page, else on pages of full width."""
    printed: Reference | None = None
    """The area to print, where it is not the whole sheet."""

    def at(self, row: int, col: int, height: int = 1, width: int = 1) -> Reference:
        """The reference to a cell of this sheet, or to a rectangle of cells."""
        return Reference(self.name, row, col, height, width)

    def put(self, row: int, col: int, content: float | Operand, style: str) -> None:
        """Set one cell to a number or to a formula.

        Raises:
            ExportError: the formula is longer than Excel allows.
        """
        if isinstance(content, Operand):
            self.cells.setdefault(row, {})[col] = self._formula(content.cells.text(self.name), ""), style
        else:
            self.cells.setdefault(row, {})[col] = content, style

    def say(self, row: int, col: int, text: object, style: str) -> None:
        """Set one cell to a text, shown as it is whatever it begins with."""
        self.cells.setdefault(row, {})[col] = Text(text), style

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
        if isinstance(contents, Expression):
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

    def stripe(self, row: int, first: int, last: int, style: str) -> None:
        """Colour the empty cells of a row."""
        line = self.cells.setdefault(row, {})
        for col in range(first, last + 1):
            line.setdefault(col, (None, style))

    def merge(self, area: Reference) -> None:
        """Make one cell of several."""
        self.merged.append(area.area)

    def format(self, area: Reference, *rules: RuleFor) -> None:
        """Let cells look different under conditions, the first of which counts most."""
        self.rules += [(area.area, rule(self.name)) for rule in rules]

    def allow_list(self, area: Reference, choices: Operand | Sequence[object], error: str = "") -> None:
        """Let cells hold what stands in a range, or one of a few words, and offer it as a list."""
        source = choices.cells.text(self.name) if isinstance(choices, Operand) else f'"{",".join(map(str, choices))}"'
        validation = DataValidation(
            "list", formula1=source, allow_blank=False, showErrorMessage=True, error=error or None
        )
        validation.add(area.area)
        self.validations.append(validation)

    def allow_numbers(self, area: Reference, lowest: float, highest: float, title: str, error: str) -> None:
        """Let cells hold numbers from the lowest to the highest."""
        validation = DataValidation(
            "decimal", operator="between", formula1=number(lowest), formula2=number(highest), allow_blank=False,
            showErrorMessage=True, errorTitle=title, error=error,
        )  # fmt: skip
        validation.add(area.area)
        self.validations.append(validation)

    def _formula(self, text: str, what: str) -> str:
        if len(text) + 1 > LONGEST_FORMULA:
            of = f"of '{what}'" if what else f"on sheet '{self.name}'"
            raise ExportError(
                f"a formula {of} would have {len(text) + 1:,} characters, but Excel allows {LONGEST_FORMULA:,}: "
                "export a smaller layer"
            )
        return text


def xml_text(text: str) -> str:
    """Return a text as the file holds it."""
    return escape(_ESCAPE.sub("_x005F_", text))
