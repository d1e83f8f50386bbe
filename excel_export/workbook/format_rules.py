"""Conditional formats: colour scales, and how a cell looks when something is so. The colours are in `styles`.

openpyxl's own objects for them take a tenth of a millisecond each, and it looks for the same style among all others: a
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
from excel_export.formulas.functions import AND, COUNTIF, IF, ISNUMBER, MIN, OR, SEARCH, SMALL
from excel_export.shared.infinity import NEVER
from excel_export.workbook import styles

_INK, _PAPER = (Side("thin", color=f"FF{color}") for color in (styles.INK, styles.PAPER))
BORDERS = {
    "frame": Border(*[_INK] * 4),
    "beside": Border(top=_INK, bottom=_INK),
    "gone": Border(right=_PAPER, top=_PAPER, bottom=_PAPER),  # the left line is the neighbour's right one
}
"""Lines around a cell, by name."""
_QUOTE = {'"': "&quot;"}
End = tuple[str, Operand | str, str]
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
    conditions: Sequence[Operand | str] = ()
    look: Look | None = None
    operator: str = ""
    stops: bool = False
    """Whether later formats count no more."""
    scale: Sequence[End] = ()

    def text(self, priority: int, home: str, number: Callable[[Look], int]) -> str:
        """Its XML on a sheet; the lower its priority's number, the more it counts."""
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
    """The XML of the formats of a sheet, those of the same cells together; the first counts most.

    `home` is the name of the sheet; `number` gives each look its number in the workbook.
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
"""The row of the true class."""
FRAMED = Look(border="frame")
"""The cells of the current step."""
GONE = Look(ink=styles.PAPER, fill=styles.PAPER, border="gone")
"""A cell that has no use now, with its frame."""
OF_FORWARD = Look(ink=styles.FORWARD)
"""A number of the forward pass, where else a gradient stands."""
FAINT = Look(ink=styles.IDLE, bold=False)
"""What adds nothing."""
WARNING = Look(ink=styles.WARNING, bold=True)
STRUCK = Look(ink=styles.INK, fill=styles.DIFFERS, border="frame", strike=True)
"""What is not allowed: a colour alone would be lost in a colour scale, and to some readers."""

_POWER, _SHORT_POWER, _BARE_POWER = "0.0E+0;-0.0E+0;0", "0E+0;-0E+0;0", "0E-0;-0E-0;0"
_COLOUR_ALONE = ";;0"
Ladder = Sequence[tuple[bool, float, str]]
"""Formats by the size of a number, the first of which counts: those nearer to zero than a size, or those from it on."""
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
"""A large number that has as many decimals as a difference of two losses needs."""
LARGE = 99_999.5, Look(number="0.0E+0;-0.0E+0;0")
TINY = Look(number="0.0E+0;-0.0E+0;0")
HUGE = Look(number="0.00E+0;-0.00E+0;0")
"""How the story's sheets show what its decimals don't suit."""
_TINY = "{0}0.0E+0;{0}-0.0E+0"
_INFINITE = '"−∞";"−∞"'


def when(condition: Operand, look: Look, *, stops: bool = False) -> Format:
    """Let a cell look so while something is so."""
    return Format("expression", [condition], look, stops=stops)


def image_scale() -> Format:
    """Paper to pencil, for an input that is a picture."""
    return Format("colorScale", scale=(("min", "", styles.PAPER), ("max", "", styles.PENCIL)))


def value_scale(*areas: Reference, infinite: bool = False) -> Format:
    """Sand below zero, white at zero, blue above, as strong on either side, however the numbers change.

    In several areas equal numbers have equal colours. Of numbers of which some are −∞, the others say how strong a
    colour is: those of the first area.
    """
    return _diverging(areas, styles.VALUE_LOW, styles.VALUE_HIGH, infinite)


def grad_scale(*areas: Reference) -> Format:
    """Purple below zero, white at zero, orange above; in several areas equal numbers have equal colours."""
    return _diverging(areas, styles.GRADIENT_LOW, styles.GRADIENT_HIGH, False)


def verdict_rules(first: Reference) -> list[Format]:
    """Colours for a cell (or the cells below it) that says 'agrees', 'differs' or 'inputs changed'."""
    colors = {"differ": styles.DIFFERS, "changed": styles.CHANGED, "agree": styles.AGREES}
    return [when(ISNUMBER(SEARCH(word, first)), Look(fill=color)) for word, color in colors.items()]


def power_rule(first: Reference, before: str = "", large: float = 1e5) -> Format:
    """Give a tiny number, or one of a size from `large` on, a power of ten; its format begins with `before`."""
    code = _TINY.format(f'"{before}"' if before else "")
    tiny = AND(unequal(first, 0), first < 0.001, first > -0.001)
    return when(AND(ISNUMBER(first), OR(tiny, _at_least(first, large))), Look(number=code))


def gradient_rules(narrow: bool = False) -> Sequence[Format]:
    """Give numbers that the decimals of their style do not suit a power of ten, or fewer; for any number of areas."""
    return _by_size(_NARROW_GRADIENTS if narrow else _GRADIENTS)


def almost_zero_rule(first: Reference) -> Format:
    """Say in words that a number is so small that nobody asks how small."""
    almost = AND(first < ALMOST_ZERO, first > -ALMOST_ZERO)
    return when(AND(ISNUMBER(first), unequal(first, 0), almost), Look(number='"almost 0"'))


def large_rules(narrow: bool = False) -> Sequence[Format]:
    """Give numbers that would be too wide for their cells fewer digits; for any number of areas."""
    return _by_size(_NARROW_VALUES if narrow else _VALUES)


def infinite_rule() -> Format:
    """Show the number that stands for −∞ as what it is; for any number of areas."""
    return Format("cellIs", [number(NEVER)], Look(number=_INFINITE), "lessThan")


def fill_rule(condition: Operand, color: str) -> Format:
    """Colour a cell while something is so; the first such rule counts."""
    return when(condition, Look(fill=color), stops=True)


def refused_rule(flag: Reference) -> Format:
    """Colour cells that hold what is not allowed: beside the first of them stands a 1."""
    return text_rule(flag, 1, styles.DIFFERS)


def text_rule(first: Reference, text: str | float, color: str) -> Format:
    """Colour the cells that say a text, or hold a number."""
    return when(equal(first, text), Look(fill=color))


def warning_rule(flag: Reference) -> Format:
    """Write a remark in red where a flag is 1."""
    return when(equal(flag, 1), WARNING)


def bold_rule(chosen: Operand) -> Format:
    """Write what is chosen in bold."""
    return when(chosen, Look(ink=styles.INK, bold=True))


@cache  # each block of a network has them
def _by_size(ladder: Ladder) -> Sequence[Format]:
    looks = [(nearer, size, Look(number=code)) for nearer, size, code in ladder]
    return [_between(-size, size, look) if nearer else beyond_rule(size, look) for nearer, size, look in looks]


def _at_least(cell: Reference, size: float) -> Expression:
    return OR(cell >= size, cell <= -size)


def beyond_rule(size: float, look: Look) -> Format:
    """Let numbers look so that are further from zero than a size."""
    return Format("cellIs", [number(-size), number(size)], look, "notBetween")


def near_rule(size: float, look: Look) -> Format:
    """Let numbers look so that are nearer to zero than a size."""
    return _between(-size, size, look)


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
