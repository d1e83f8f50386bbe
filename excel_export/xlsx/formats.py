"""Conditional formats as values, and how a sheet's file holds them.

openpyxl's own objects for them take a tenth of a millisecond each, and it looks for the same style among all others: a
network of many small tensors has thousands.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache

from openpyxl.styles import Border, Font, PatternFill, Side
from openpyxl.styles.differential import DifferentialStyle, DifferentialStyleList
from openpyxl.styles.numbers import NumberFormat
from openpyxl.xml.functions import Element, SubElement

from excel_export.xlsx.styles import INK, PAPER

BORDERS = {
    "frame": Border(*[Side("thin", color="FF" + INK)] * 4),
    # The left line is the neighbour's right one.
    "gone": Border(**{side: Side("thin", color="FF" + PAPER) for side in ("right", "top", "bottom")}),
}
"""Lines around a cell, by name."""
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

    def write(self, parent: Element, priority: int, styles: Styles) -> None:
        """Write it into the element of its cells; the lower its priority's number, the more it counts."""
        attributes = {"type": self.type, "priority": str(priority)}
        if self.operator:
            attributes["operator"] = self.operator
        if self.style:
            attributes["dxfId"] = str(styles.number(self.style))
        if self.stops:
            attributes["stopIfTrue"] = "1"
        rule = SubElement(parent, "cfRule", attributes)
        for formula in self.formulas:
            SubElement(rule, "formula").text = formula
        if self.scale:
            scale = SubElement(rule, "colorScale")
            for kind, value, _ in self.scale:
                SubElement(scale, "cfvo", {"type": kind, "val": value} if value else {"type": kind})
            for _, _, color in self.scale:
                SubElement(scale, "color", {"rgb": "FF" + color})


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


def elements(formats: Iterable[tuple[str, Format]], styles: Styles) -> Iterable[Element]:
    """The elements of a sheet's formats, those of the same cells together; the first counts most."""
    by_area: dict[str, Element] = {}
    for priority, (area, each) in enumerate(formats, start=1):
        area = area.replace("$", "")  # a list of places, not a reference in a formula
        if area not in by_area:
            by_area[area] = Element("conditionalFormatting", {"sqref": area})
        each.write(by_area[area], priority, styles)
    return by_area.values()
