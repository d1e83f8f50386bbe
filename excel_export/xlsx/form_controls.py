"""Buttons and bars that set a cell when clicked, without a macro.

Excel draws a form control, reads its limits and its cell from a legacy drawing in VML, and keeps it so in files of its
2007 format; newer versions add parts of their own, but need none. LibreOffice reads the same drawing. Google Sheets
shows no form control, so the cell must be one that a person may type into, too.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from xml.sax.saxutils import escape, quoteattr

from excel_export.formulas.reference import Name, Reference
from excel_export.shared.errors import ExportError

LARGEST = 30_000
"""The largest number that a form control can hold; the smallest is 0."""
# Ids of shapes are unique in a workbook: each sheet has a block of them.
_BLOCK = 1_024

_DRAWING = """<xml xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office" \
xmlns:x="urn:schemas-microsoft-com:office:excel">
<o:shapelayout v:ext="edit"><o:idmap v:ext="edit" data="{block}"/></o:shapelayout>
<v:shapetype id="_x0000_t201" coordsize="21600,21600" o:spt="201" path="m,l,21600r21600,l21600,xe">
<v:stroke joinstyle="miter"/>
<v:path shadowok="f" o:extrusionok="f" strokeok="f" fillok="f" o:connecttype="rect"/>
<o:lock v:ext="edit" shapetype="t"/>
</v:shapetype>
{shapes}</xml>
"""
_SHAPE = """<v:shape id="_x0000_s{id}" type="#_x0000_t201" style="position:absolute;z-index:{order}" stroked="f" \
strokecolor="windowText" o:insetmode="auto"{alt}>
<x:ClientData ObjectType="{kind}">
<x:Anchor>{anchor}</x:Anchor>
<x:PrintObject>False</x:PrintObject>
<x:Val>{value}</x:Val>
<x:Min>{lowest}</x:Min>
<x:Max>{highest}</x:Max>
<x:Inc>{step}</x:Inc>
<x:Page>{page}</x:Page>
{horizontal}<x:Dx>16</x:Dx>
<x:FmlaLink>{cell}</x:FmlaLink>
</x:ClientData>
</v:shape>
"""


@dataclass(frozen=True)
class FormControl:
    """A control that lies over some cells of its sheet and changes the number in a cell.

    Raises:
        ExportError: a limit is one that Excel cannot hold.
    """

    area: Reference
    """The cells it covers."""
    cell: Reference | Name
    """The cell whose number it changes, on any sheet, or its defined name."""
    lowest: int
    highest: int
    step: int = 1
    """What a click on an arrow adds or takes away."""
    alt: str = field(default="", kw_only=True)
    """What it is for, as a screen reader says it."""

    kind = ""
    """What Excel calls it."""

    def __post_init__(self) -> None:
        whole = all(number == int(number) for number in (self.lowest, self.highest, self.step, self.leap))
        if not (whole and 0 <= self.lowest <= self.highest <= LARGEST and 1 <= min(self.step, self.leap) <= LARGEST):
            cell = self.cell.text if isinstance(self.cell, Name) else self.cell.everywhere
            raise ExportError(
                f"a control of {cell} from {self.lowest} to {self.highest} in steps of {self.step} and "
                f"{self.leap}: Excel holds whole numbers from 0 to {LARGEST:,} only"
            )

    @property
    def leap(self) -> int:
        """What a click between an arrow and the slider adds or takes away."""
        return self.step

    @property
    def horizontal(self) -> bool:
        """Whether its arrows point left and right."""
        return False


class SpinButton(FormControl):
    """Two arrows: one more, one less. Programs draw them side by side where it is wider than high."""

    kind = "Spin"


@dataclass(frozen=True)
class ScrollBar(FormControl):
    """A bar with a slider: from left to right where it covers more columns than rows, else from top to bottom."""

    page: int = 10
    kind = "Scroll"

    @property
    def leap(self) -> int:
        """What a click between an arrow and the slider adds or takes away."""
        return self.page

    @property
    def horizontal(self) -> bool:
        """Whether its arrows point left and right."""
        return self.area.width >= self.area.height


def drawing_of_controls(
    controls: Sequence[FormControl],
    block: int,
    names: Mapping[str, Reference],
    value_of: Callable[[Reference], object],
) -> bytes:
    """Return the part of the file that draws a sheet's controls.

    Args:
        controls: all of one sheet, of which a program draws the last above the others.
        block: a number from 1 that no other sheet has.
        names: the defined names, each with the cell it stands for.
        value_of: what a cell holds.
    """
    cells = [names[each.cell.text] if isinstance(each.cell, Name) else each.cell for each in controls]
    shapes = "".join(
        _SHAPE.format(
            id=_BLOCK * block + k, order=k, kind=control.kind, anchor=_anchor(control.area),
            value=_within(value_of(cell), control), lowest=control.lowest, highest=control.highest,
            step=control.step, page=control.leap, horizontal="<x:Horiz/>\n" * control.horizontal,
            alt=f" alt={quoteattr(control.alt)}" if control.alt else "",
            cell=escape(cell.fixed.text(control.area.sheet)),
        )
        for k, (control, cell) in enumerate(zip(controls, cells, strict=True), start=1)
    )  # fmt: skip
    return _DRAWING.format(block=block, shapes=shapes).encode()


def _anchor(area: Reference) -> str:
    """The corners: columns and rows from 0, each with pixels from there; the lower right one lies behind the area."""
    left, top = area.col - 1, area.row - 1
    return f"{left}, 0, {top}, 0, {left + area.width}, 0, {top + area.height}, 0"


def _within(content: object, control: FormControl) -> int:
    if isinstance(content, int | float):
        return min(max(int(content), control.lowest), control.highest)
    return control.lowest
