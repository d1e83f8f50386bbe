"""Conditional formats as values, and how a sheet's file holds them.

openpyxl's own objects for them take a tenth of a millisecond each, and it looks for the same style among all others: a
network of many small tensors has thousands. So they are written as text.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

from openpyxl.styles import Border, Font, PatternFill, Side
from openpyxl.styles.differential import DifferentialStyle
from openpyxl.styles.numbers import NumberFormat

from excel_export.workbook.styles import INK, PAPER

BORDERS = {
    "frame": Border(*[Side("thin", color="FF" + INK)] * 4),
    "above": Border(top=Side("thin", color="FF" + INK)),
    "left": Border(left=Side("thin", color="FF" + INK)),
    "corner": Border(top=Side("thin", color="FF" + INK), left=Side("thin", color="FF" + INK)),
    "none": Border(**{side: Side("thin", color="FF" + PAPER) for side in ("left", "right", "top", "bottom")}),
    # The left line is the neighbour's right one.
    "gone": Border(**{side: Side("thin", color="FF" + PAPER) for side in ("right", "top", "bottom")}),
}
"""Lines around a cell, by name."""
_QUOTE = {'"': "&quot;"}
End = tuple[str, str, str]
"""An end of a colour scale, or its middle: how it is found, its value, and its colour."""


@dataclass(frozen=True)
class Look:
    """What is different about a cell while something is so."""

    ink: str = ""
    """The colour of its text."""
    fill: str = ""
    """The colour behind it."""
    border: str = ""
    """One of BORDERS."""
    bold: bool | None = None
    strike: bool | None = None
    """Whether its text is struck out."""
    number: str = ""
    """The format of its number."""

    def style(self, format_number: int | None) -> DifferentialStyle:
        """As openpyxl's object; the format of its number, if it has one, has a number of its own in the file."""
        return DifferentialStyle(
            font=Font(color="FF" + self.ink, bold=self.bold, strike=self.strike) if self.ink else None,
            numFmt=None if format_number is None else NumberFormat(format_number, self.number),
            fill=PatternFill("solid", bgColor="FF" + self.fill) if self.fill else None,
            border=BORDERS.get(self.border),
        )


@dataclass(eq=False)  # not frozen, which takes five times as long to make
class Format:
    """How cells look while something is so: a style, or a colour scale."""

    type: str
    formulas: Sequence[str] = ()
    look: Look | None = None
    operator: str = ""
    stops: bool = False
    """Whether later formats count no more."""
    scale: Sequence[End] = ()

    def text(self, priority: int, number: Callable[[Look], int]) -> str:
        """Its XML; the lower its priority's number, the more it counts."""
        attributes = f'type="{self.type}" priority="{priority}"'
        if self.operator:
            attributes += f' operator="{self.operator}"'
        if self.look:
            attributes += f' dxfId="{number(self.look)}"'
        if self.stops:
            attributes += ' stopIfTrue="1"'
        parts = [f"<formula>{escape(formula)}</formula>" for formula in self.formulas]
        if self.scale:
            values = (f' val="{escape(value, _QUOTE)}"' if value else "" for _, value, _ in self.scale)
            ends = [f'<cfvo type="{kind}"{value}/>' for (kind, _, _), value in zip(self.scale, values, strict=True)]
            colors = [f'<color rgb="FF{color}"/>' for _, _, color in self.scale]
            parts += ["<colorScale>", *ends, *colors, "</colorScale>"]
        return f"<cfRule {attributes}>{''.join(parts)}</cfRule>"


def text_of(formats: Iterable[tuple[str, Format]], number: Callable[[Look], int]) -> str:
    """The XML of a sheet's formats, those of the same cells together; the first counts most.

    `number` gives each look its number in the workbook.
    """
    by_area: dict[str, list[str]] = {}
    for priority, (area, each) in enumerate(formats, start=1):
        area = area.replace("$", "")  # a list of places, not a reference in a formula
        by_area.setdefault(area, []).append(each.text(priority, number))
    return "".join(
        f'<conditionalFormatting sqref="{area}">{"".join(rules)}</conditionalFormatting>'
        for area, rules in by_area.items()
    )
