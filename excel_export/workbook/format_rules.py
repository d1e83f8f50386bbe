"""Conditional formats: colour scales, and looks of a cell while a condition holds. The colours are in `styles`.

openpyxl's own objects for them take a tenth of a millisecond each, and it compares every style with all others: a
network of many small tensors has thousands. So they are written as text.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from xml.sax.saxutils import escape

from openpyxl.styles import Border, Font, PatternFill, Side
from openpyxl.styles.differential import DifferentialStyle
from openpyxl.styles.numbers import NumberFormat

from excel_export.formulas import Expression, Operand, Reference, equal, number, unequal
from excel_export.formulas.functions import AND, COUNTIF, IF, ISNUMBER, MAX, MIN, OR, SEARCH, SMALL
from excel_export.shared.infinity import NEVER
from excel_export.workbook import styles

_INK, _PAPER = (Side("thin", color=f"FF{color}") for color in (styles.INK, styles.PAPER))
BORDERS = {
    "frame": Border(*[_INK] * 4),
    "beside": Border(top=_INK, bottom=_INK),
    "gone": Border(right=_PAPER, top=_PAPER, bottom=_PAPER),  # the left line is the neighbour's right one
}
"""Borders of a cell, by name."""
_QUOTE = {'"': "&quot;"}
End = tuple[str, Operand | str, str]
"""An end or the middle of a colour scale: its kind, 'min', 'max', 'num' or 'formula'; its value, '' for 'min' and
'max'; and its colour as RRGGBB."""


@dataclass(frozen=True)
class Look:
    """The look of a cell while a condition holds: Look(ink='B42318', bold=True) is bold red text.

    A property that is '' or None stays as the cell has it. `bold` and `strike` are only used together with `ink`.
    """

    ink: str = ""
    """The colour of the text, as RRGGBB; '' to leave it as it is."""
    fill: str = ""
    """The colour of the background, as RRGGBB; '' to leave it as it is."""
    border: str = ""
    """A name of BORDERS: 'frame', thin dark lines on all sides; 'beside', above and below only; 'gone', white lines in
    place of the cell's own; '' to leave the border as it is."""
    bold: bool | None = None
    """True for bold text, False for plain text; None to leave it as it is."""
    strike: bool | None = None
    """True if the text is struck out; None to leave it as it is."""
    number: str = ""
    """The number format, '0.0E+0'; '' to leave it as it is."""

    def style(self, format_number: int | None) -> DifferentialStyle:
        """Return the look as an object of openpyxl: DifferentialStyle(font=Font(color='FFB42318', b=True)).

        `format_number` is the serial number of `number` in the file, from 164 on; None if `number` is ''.
        """
        return DifferentialStyle(
            font=Font(color="FF" + self.ink, bold=self.bold, strike=self.strike) if self.ink else None,
            numFmt=None if format_number is None else NumberFormat(format_number, self.number),
            fill=PatternFill("solid", bgColor="FF" + self.fill) if self.fill else None,
            border=BORDERS.get(self.border),
        )


@dataclass(eq=False)  # not frozen, which takes five times as long to make
class Format:
    """A conditional format, Format('expression', [A1 > 0], look), or a colour scale; `when` and others make one."""

    type: str
    """The type in the file, such as 'expression', 'cellIs' or 'colorScale'."""
    conditions: Sequence[Operand | str] = ()
    """The formula of the condition, [A1 > 0], or the limits of a 'cellIs', ['-5', '5']; () for a colour scale."""
    look: Look | None = None
    """The look while the condition holds; None for a colour scale."""
    operator: str = ""
    """The comparison of a 'cellIs', such as 'between'; '' for other types."""
    stops: bool = False
    """True if no later format applies where this one does."""
    scale: Sequence[End] = ()
    """The ends of a colour scale, and its middle if it has one, from low to high, each as (kind, value, colour):
    (('min', '', 'FFFFFF'), ('num', '5', '0B5394')); () for other formats."""

    def text(self, priority: int, home: str, number: Callable[[Look], int]) -> str:
        """Return the XML of the format: '<cfRule type="expression" priority="1" …'.

        Args:
            priority: the format's place among those of the sheet, from 1 on; 1 counts most.
            home: the name of the sheet, which references to its own cells leave out.
            number: returns the number of a look in the workbook, from 0 on, as `Stylesheet.number`.
        """
        attributes = f'type="{self.type}" priority="{priority}"'
        if self.operator:
            attributes += f' operator="{self.operator}"'
        if self.look:
            attributes += f' dxfId="{number(self.look)}"'
        if self.stops:
            attributes += ' stopIfTrue="1"'
        parts = [f"<formula>{escape(_written(each, home))}</formula>" for each in self.conditions]
        if self.scale:
            values = (f' val="{escape(_written(each, home), _QUOTE)}"' if each else "" for _, each, _ in self.scale)
            ends = [f'<cfvo type="{kind}"{value}/>' for (kind, _, _), value in zip(self.scale, values, strict=True)]
            colors = [f'<color rgb="FF{color}"/>' for _, _, color in self.scale]
            parts += ["<colorScale>", *ends, *colors, "</colorScale>"]
        return f"<cfRule {attributes}>{''.join(parts)}</cfRule>"


def _written(what: Operand | str, home: str) -> str:
    return what if isinstance(what, str) else what.cells.text(home)


def text_of(formats: Iterable[tuple[str, Format]], home: str, number: Callable[[Look], int]) -> str:
    """Return the XML of a sheet's formats: '<conditionalFormatting sqref="B3:F7"><cfRule …</conditionalFormatting>'.

    `formats` are pairs, ('B3:F7', format), of which the first counts most; `home` is the name of the sheet;
    number(look) returns a look's number in the workbook, from 0 on.
    """
    by_area: dict[str, list[str]] = {}
    for priority, (area, each) in enumerate(formats, start=1):
        area = area.replace("$", "")  # a list of places, not a reference in a formula
        by_area.setdefault(area, []).append(each.text(priority, home, number))
    return "".join(
        f'<conditionalFormatting sqref="{area}">{"".join(rules)}</conditionalFormatting>'
        for area, rules in by_area.items()
    )


OUTLINED = Look(border="beside")
"""The look of the row of the true class."""
FRAMED = Look(border="frame")
"""The look of the cells of the current step."""
GONE = Look(ink=styles.PAPER, fill=styles.PAPER, border="gone")
"""The look of a cell that is not used at the moment, with its frame."""
OF_FORWARD = Look(ink=styles.FORWARD)
"""A number of the forward pass in a cell that otherwise shows a gradient."""
FAINT = Look(ink=styles.IDLE, bold=False)
"""The look of a number that adds nothing."""
WARNING = Look(ink=styles.WARNING, bold=True)
STRUCK = Look(ink=styles.INK, fill=styles.DIFFERS, border="frame", strike=True)
"""A content that is not allowed: a colour alone would be lost in a colour scale, and to some readers."""

_POWER, _SHORT_POWER, _BARE_POWER = "0.0E+0;-0.0E+0;0", "0E+0;-0E+0;0", "0E-0;-0E-0;0"
_COLOUR_ALONE = ";;0"
Ladder = Sequence[tuple[bool, float, str]]
"""Number formats by the size of a number; the first that applies counts. True: numbers nearer to zero than the size;
False: numbers from the size on."""
_NEARER, _BEYOND = True, False
# What fits at seven points: into a cell of the Network sheet, and into a narrow one, as a picture has.
_GRADIENTS: Ladder = (
    (_NEARER, 9.95e-10, _SHORT_POWER), (_NEARER, 0.0009995, _POWER), (_BEYOND, 9.95e9, _BARE_POWER),
    (_BEYOND, 9999.5, _POWER), (_BEYOND, 9.9995, "0.0"),
)  # fmt: skip
_VALUES: Ladder = ((_BEYOND, 9.95e9, _BARE_POWER), (_BEYOND, 999.5, _POWER))
_NARROW_VALUES: Ladder = (
    (_BEYOND, 9.5e9, _COLOUR_ALONE), (_BEYOND, 999.5, _BARE_POWER), (_BEYOND, 99.95, "0"), (_BEYOND, 9.995, "0.0"),
)  # fmt: skip
_NARROW_GRADIENTS: Ladder = ((_NEARER, 9.5e-10, _COLOUR_ALONE), (_NEARER, 0.0995, _SHORT_POWER), *_NARROW_VALUES)
ALMOST_ZERO = 1e-9
LONG = 99_999.5, Look(number="0.0000000E+0;-0.0000000E+0;0")
"""The look of a large number with the decimals that a difference of two losses needs, and the size from which on it
applies."""
LARGE = 99_999.5, Look(number="0.0E+0;-0.0E+0;0")
TINY = Look(number="0.0E+0;-0.0E+0;0")
HUGE = Look(number="0.00E+0;-0.00E+0;0")
"""The look of a number on the story's sheets for which their decimals are too few or too many."""
_TINY = "{0}0.0E+0;{0}-0.0E+0"
_INFINITE = '"−∞";"−∞"'


def when(condition: Operand, look: Look, *, stops: bool = False) -> Format:
    """Return a format that gives a cell a look while a condition, A1>0, holds; `stops` keeps later formats off then.

    For an area, the condition is that of its first cell; the others have it shifted, A2>0.
    """
    return Format("expression", [condition], look, stops=stops)


def image_scale() -> Format:
    """Return a colour scale from white at the least number to pencil grey at the largest, for a picture."""
    return Format("colorScale", scale=(("min", "", styles.PAPER), ("max", "", styles.PENCIL)))


def value_scale(*areas: Reference, infinite: bool = False) -> Format:
    """Return a colour scale: sand at −m, white at 0, blue at m, where m is the largest absolute number in the areas.

    So equal numbers have equal colours in all of them. With `infinite`, for one area, its numbers below −9e299, which
    stand for −∞, are left out of m.
    """
    return _diverging(areas, styles.VALUE_LOW, styles.VALUE_HIGH, infinite)


def grad_scale(*areas: Reference) -> Format:
    """Return a colour scale: purple at −m, white at 0, orange at m, m is the largest absolute number in the areas."""
    return _diverging(areas, styles.GRADIENT_LOW, styles.GRADIENT_HIGH, False)


def verdict_rules(first: Reference) -> list[Format]:
    """Return formats that colour cells by their text: orange if it contains 'differ', yellow 'changed', blue 'agree'.

    `first` is the first cell of the area that gets the formats; earlier words count more.
    """
    colors = {"differ": styles.DIFFERS, "changed": styles.CHANGED, "agree": styles.AGREES}
    return [when(ISNUMBER(SEARCH(word, first)), Look(fill=color)) for word, color in colors.items()]


def power_rule(first: Reference, before: str = "", large: float = 1e5) -> Format:
    """Return a format that writes numbers of a size below 0.001, or from `large` on, with a power of ten: '1.2E-4'.

    `first` is the first cell of the area that gets it; `before` is a text before the number, '' for none. 0 and texts
    stay as they are.
    """
    code = _TINY.format(f'"{before}"' if before else "")
    tiny = AND(unequal(first, 0), first < 0.001, first > -0.001)
    return when(AND(ISNUMBER(first), OR(tiny, _at_least(first, large))), Look(number=code))


def gradient_rules(narrow: bool = False) -> Sequence[Format]:
    """Return formats for gradients: '1.2E-4' below 0.001, '12.3' from 10 on, '1.2E+4' from 10,000, '2E10' from 1e10.

    Below 1e-9 it is '5E-10'. `narrow` is True for the narrow cells of a picture: '1E-2' below 0.1, '12.3' from 10 on,
    '123' from 100, '1E3' from 1,000, no text below 1e-9 and from 1e10 on. Numbers count as rounded: 99.96 is '100'.
    """
    return _by_size(_NARROW_GRADIENTS if narrow else _GRADIENTS)


def almost_zero_rule(first: Reference) -> Format:
    """Return a format that shows 'almost 0' for numbers between ±1e-9, except 0; `first` is the area's first cell."""
    almost = AND(first < ALMOST_ZERO, first > -ALMOST_ZERO)
    return when(AND(ISNUMBER(first), unequal(first, 0), almost), Look(number='"almost 0"'))


def large_rules(narrow: bool = False) -> Sequence[Format]:
    """Return formats for large numbers: '1.2E+4' from 1,000 on, '2E10' from 1e10.

    In `narrow` cells: '12.3' from 10 on, '123' from 100, '1E4' from 1,000, no text from 1e10; 99.97 is '100'.
    """
    return _by_size(_NARROW_VALUES if narrow else _VALUES)


def infinite_rule() -> Format:
    """Return a format that shows numbers below −9e299, which stand for −∞, as the text '−∞'."""
    return Format("cellIs", [number(NEVER)], Look(number=_INFINITE), "lessThan")


def fill_rule(condition: Operand, color: str) -> Format:
    """Return a format that gives a cell the background `color`, RRGGBB, while A1>0, say, and stops later formats."""
    return when(condition, Look(fill=color), stops=True)


def refused_rule(flag: Reference) -> Format:
    """Return a format that colours a cell orange while another one, `flag`, is 1: its content is not allowed.

    For an area, `flag` is that of its first cell; the flags of other cells lie in the same arrangement, as C3, C4 for
    B3, B4.
    """
    return text_rule(flag, 1, styles.DIFFERS)


def text_rule(first: Reference, text: str | float, color: str) -> Format:
    """Return a format with the background `color`, RRGGBB, for cells that hold `text`, 'yes' or 'Yes', or this number.

    `first` is the cell that decides for the first cell of the area, mostly that cell itself.
    """
    return when(equal(first, text), Look(fill=color))


def warning_rule(flag: Reference) -> Format:
    """Return a format that writes a cell in red while the cell `flag` holds 1.

    Example:
        >>> warning_rule(Reference("Sheet1", 3, 2)).text(1, "Sheet1", lambda look: 0)
        '<cfRule type="expression" priority="1" dxfId="0"><formula>B3=1</formula></cfRule>'
    """
    return when(equal(flag, 1), WARNING)


def bold_rule(chosen: Operand) -> Format:
    """Return a format that writes a cell in bold while the condition `chosen`, A1=2, holds."""
    return when(chosen, Look(ink=styles.INK, bold=True))


@cache  # each block of a network has them
def _by_size(ladder: Ladder) -> Sequence[Format]:
    looks = [(nearer, size, Look(number=code)) for nearer, size, code in ladder]
    return [_between(-size, size, look) if nearer else beyond_rule(size, look) for nearer, size, look in looks]


def _at_least(cell: Reference, size: float) -> Expression:
    return OR(cell >= size, cell <= -size)


def beyond_rule(size: float, look: Look) -> Format:
    """Return a format that gives a look to numbers further from zero than a size: above 5 or below −5 for 5."""
    return Format("cellIs", [number(-size), number(size)], look, "notBetween")


def near_rule(size: float, look: Look) -> Format:
    """Return a format that gives a look to numbers not further from zero than a size: from −5 to 5 for 5."""
    return _between(-size, size, look)


def nearly_none_rule(area: Reference, near: float, size: float) -> Format:
    """Return a format that shows '≈ 0' for an area's numbers between −`near` and `near`, except 0 itself.

    It holds only while the largest absolute number in the area is at least `size`.
    """
    first = area.at(0)
    small = AND(unequal(first, 0), first < near, first > -near)
    return when(AND(small, _reach(area) >= size), Look(number='"≈ 0";"≈ 0"'))


def all_near_rule(area: Reference, size: float, look: Look) -> Format:
    """Return a format that gives a look to an area's numbers, except 0, if all are between −`size` and `size`."""
    return when(AND(unequal(area.at(0), 0), _reach(area) < size), look)


def _reach(area: Reference) -> Expression:
    return MAX(MAX(area.fixed), -MIN(area.fixed))


def _between(low: float, high: float, look: Look) -> Format:
    return Format("cellIs", [number(low), number(high)], look, "between")


def _diverging(areas: Sequence[Reference], low: str, high: str, infinite: bool) -> Format:
    cells = ",".join(each.fixed.area for each in areas)
    lowest = f"MIN({cells})"
    if infinite:
        area = areas[0]
        others = SMALL(area.fixed, 1 + COUNTIF(area.fixed, f"<={number(NEVER)}"))
        lowest = IF(MIN(area.fixed) <= NEVER, others, MIN(area.fixed)).text(area.sheet)
    # The last term keeps the ends apart when all numbers are zero. A text, since each block of a network has one.
    reach = f"MAX(MAX({cells}),-{lowest},{number(1e-300)})"
    ends = ("formula", f"-{reach}", low), ("num", "0", styles.PAPER), ("formula", reach, high)
    return Format("colorScale", scale=ends)
