"""Buttons and bars that set a cell when clicked, without a macro.

Excel draws a form control, reads its limits and its cell from a legacy drawing in VML, as its 2007 format has it, and
so does LibreOffice. Newer versions of Excel say it all once more: in the sheet, in its drawing, and in a part for each
control. Excel needs none of that; other programs, such as ONLYOFFICE and SpreadJS, read nothing else. Google Sheets
shows no form control, so the cell must be one that a person may type into, too.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from xml.sax.saxutils import escape, quoteattr

from excel_export.formulas import Name, Reference
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
X14 = "http://schemas.microsoft.com/office/spreadsheetml/2009/9/main"
_HORIZONTAL = ' horiz="1"'
_FRAME = """<mc:AlternateContent><mc:Choice xmlns:a14="http://schemas.microsoft.com/office/drawing/2010/main" \
Requires="a14"><xdr:twoCellAnchor>{corners}<xdr:sp macro="" textlink=""><xdr:nvSpPr>\
<xdr:cNvPr id="{id}" name={name} descr={words} hidden="1"><a:extLst>\
<a:ext uri="{{63B3BB69-23CF-44E3-9099-C40C66FF867C}}"><a14:compatExt spid="_x0000_s{id}"/></a:ext></a:extLst>\
</xdr:cNvPr><xdr:cNvSpPr/></xdr:nvSpPr><xdr:spPr bwMode="auto"><a:xfrm><a:off x="0" y="0"/><a:ext cx="0" cy="0"/>\
</a:xfrm><a:prstGeom prst="rect"><a:avLst/></a:prstGeom><a:noFill/></xdr:spPr></xdr:sp>\
<xdr:clientData fPrintsWithSheet="0"/></xdr:twoCellAnchor></mc:Choice><mc:Fallback/></mc:AlternateContent>"""
_LISTED = """<mc:AlternateContent><mc:Choice Requires="x14"><control shapeId="{id}" r:id="{relation}" name={name}>\
<controlPr defaultSize="0" print="0" autoPict="0" altText={words}><anchor moveWithCells="1" sizeWithCells="1">\
{corners}</anchor></controlPr></control></mc:Choice></mc:AlternateContent>"""


@dataclass(frozen=True)
class FormControl:
    """A control that lies over some cells of its sheet and changes the number in a cell.

    Two arrows: one more, one less. Programs draw them side by side where they are wider than high. With `page`, a bar
    with a slider: from left to right where it covers more columns than rows, else from top to bottom.

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
    page: int | None = None
    """What a click between an arrow and the slider adds or takes away."""
    alt: str = field(default="", kw_only=True)
    """The control's purpose in words, for screen readers."""

    def __post_init__(self) -> None:
        whole = all(number == int(number) for number in (self.lowest, self.highest, self.step, self.leap))
        if not (whole and 0 <= self.lowest <= self.highest <= LARGEST and 1 <= min(self.step, self.leap) <= LARGEST):
            cell = self.cell.text if isinstance(self.cell, Name) else self.cell.everywhere
            raise ExportError(
                f"a control of {cell} from {self.lowest} to {self.highest} in steps of {self.step} and "
                f"{self.leap}: Excel holds whole numbers from 0 to {LARGEST:,} only"
            )

    @property
    def kind(self) -> str:
        """What Excel calls it in its files."""
        return "Spin" if self.page is None else "Scroll"

    @property
    def leap(self) -> int:
        """The page of a bar; of arrows, the step."""
        return self.step if self.page is None else self.page

    @property
    def horizontal(self) -> bool:
        """True for a bar from left to right."""
        return self.page is not None and self.area.width >= self.area.height


class Placed:
    """A control on its sheet: its place among those of the sheet, a number that no other sheet has, and its cell.

    A program draws the last of a sheet above the others.
    """

    def __init__(self, control: FormControl, number: int, block: int, cell: Reference, content: object) -> None:
        self.control, self.number = control, number
        self.id = _BLOCK * block + number
        self.name = f"{'Spinner' if control.page is None else 'Scroll Bar'} {number}"
        self.cell = cell.fixed.text(control.area.sheet)
        number = int(content) if isinstance(content, int | float) else control.lowest
        self.value = min(max(number, control.lowest), control.highest)

    @property
    def shape(self) -> str:
        """Its shape in the legacy drawing."""
        control, area = self.control, self.control.area
        left, top = area.col - 1, area.row - 1
        # Columns and rows, each with pixels from there.
        anchor = f"{left}, 0, {top}, 0, {left + area.width}, 0, {top + area.height}, 0"
        return _SHAPE.format(
            id=self.id, order=self.number, kind=control.kind, anchor=anchor, value=self.value,
            lowest=control.lowest, highest=control.highest, step=control.step, page=control.leap,
            horizontal="<x:Horiz/>\n" * control.horizontal, cell=escape(self.cell),
            alt=f" alt={quoteattr(control.alt)}" if control.alt else "",
        )  # fmt: skip

    @property
    def part(self) -> bytes:
        """Its own part."""
        control = self.control
        return (
            f'<formControlPr xmlns="{X14}" objectType="{control.kind}" dx="16" fmlaLink={quoteattr(self.cell)} '
            f'inc="{control.step}" max="{control.highest}" min="{control.lowest}" page="{control.leap}" '
            f'val="{self.value}"{_HORIZONTAL * control.horizontal}/>'
        ).encode()

    @property
    def frame(self) -> str:
        """Its shape in the sheet's drawing, which is hidden: the legacy drawing shows it."""
        return _FRAME.format(
            corners=corners(self.control.area, "xdr:"), id=self.id, name=quoteattr(self.name),
            words=quoteattr(self.control.alt),
        )  # fmt: skip

    def listed(self, relation: str) -> str:
        """What the sheet says of it, given the relation to its own part."""
        return _LISTED.format(
            id=self.id, relation=relation, name=quoteattr(self.name), words=quoteattr(self.control.alt),
            corners=corners(self.control.area, ""),
        )  # fmt: skip


def legacy_drawing(controls: Sequence[Placed], block: int) -> bytes:
    """The legacy drawing of a sheet's controls."""
    return _DRAWING.format(block=block, shapes="".join(control.shape for control in controls)).encode()


def corners(area: Reference, prefix: str) -> str:
    """Where something lies that covers some cells. Rows and columns count from 0; the lower right one lies behind."""
    places = {"from": (area.col - 1, area.row - 1), "to": (area.col + area.width - 1, area.row + area.height - 1)}
    return "".join(
        f"<{prefix}{corner}><xdr:col>{col}</xdr:col><xdr:colOff>0</xdr:colOff><xdr:row>{row}</xdr:row>"
        f"<xdr:rowOff>0</xdr:rowOff></{prefix}{corner}>"
        for corner, (col, row) in places.items()
    )
