"""Conditional formats as values, and how a sheet's file holds them.

openpyxl's own objects for them take a tenth of a millisecond each, and it looks for the same style among all others: a
network of many small tensors has thousands. So they are written as text.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from xml.sax.saxutils import escape

from openpyxl.styles import Border, Font, PatternFill, Side
from openpyxl.styles.differential import DifferentialStyle, DifferentialStyleList
from openpyxl.styles.numbers import NumberFormat

from excel_export.xlsx.styles import INK, PAPER

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


@dataclass(frozen=True, eq=False)
class Format:
    """How cells look while something is so: a style, or a colour scale."""

    type: str
    formulas: Sequence[str] = ()
    style: DifferentialStyle | None = None
    operator: str = ""
    stops: bool = False
    """Whether later formats count no more."""
    scale: Sequence[End] = ()

    def text(self, priority: int, styles: Styles) -> str:
        """Its XML; the lower its priority's number, the more it counts."""
        attributes = f'type="{self.type}" priority="{priority}"'
        if self.operator:
            attributes += f' operator="{self.operator}"'
        if self.style:
            attributes += f' dxfId="{styles.number(self.style)}"'
        if self.stops:
            attributes += ' stopIfTrue="1"'
        parts = [f"<formula>{escape(formula)}</formula>" for formula in self.formulas]
        if self.scale:
            values = (f' val="{escape(value, _QUOTE)}"' if value else "" for _, value, _ in self.scale)
            ends = [f'<cfvo type="{kind}"{value}/>' for (kind, _, _), value in zip(self.scale, values, strict=True)]
            colors = [f'<color rgb="FF{color}"/>' for _, _, color in self.scale]
            parts += ["<colorScale>", *ends, *colors, "</colorScale>"]
        return f"<cfRule {attributes}>{''.join(parts)}</cfRule>"


@cache
def look(
    *,
    ink: str = "",
    fill: str = "",
    border: str = "",
    bold: bool | None = None,
    strike: bool | None = None,
    number: tuple[int, str] | None = None,
) -> DifferentialStyle:
    """What is different about a cell, the same object for the same look.

    Args:
        ink: the colour of its text.
        fill: the colour behind it.
        border: one of BORDERS.
        bold: whether its text is bold.
        strike: whether its text is struck out.
        number: the format of its number, after a number for the format itself.
    """
    return DifferentialStyle(
        font=Font(color="FF" + ink, bold=bold, strike=strike) if ink else None,
        numFmt=NumberFormat(*number) if number else None,
        fill=PatternFill("solid", bgColor="FF" + fill) if fill else None,
        border=BORDERS.get(border),
    )


class Styles:
    """Gives the styles of a workbook's formats their numbers."""

    def __init__(self, listed: DifferentialStyleList) -> None:
        self._listed = listed
        self._numbers: dict[int, tuple[DifferentialStyle, int]] = {}  # each kept, so that its id is not used again

    def number(self, style: DifferentialStyle) -> int:
        """Return the number of a style, which is added where it is new."""
        if id(style) not in self._numbers:
            self._numbers[id(style)] = style, self._listed.add(style)
        return self._numbers[id(style)][1]


def text_of(formats: Iterable[tuple[str, Format]], styles: Styles) -> str:
    """The XML of a sheet's formats, those of the same cells together; the first counts most."""
    by_area: dict[str, list[str]] = {}
    for priority, (area, each) in enumerate(formats, start=1):
        area = area.replace("$", "")  # a list of places, not a reference in a formula
        by_area.setdefault(area, []).append(each.text(priority, styles))
    return "".join(
        f'<conditionalFormatting sqref="{area}">{"".join(rules)}</conditionalFormatting>'
        for area, rules in by_area.items()
    )
