"""Conditional formats: colour scales, and how a cell looks when something is so. The colours are in `styles`."""

from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

from excel_export.formulas import Expression, Operand, Reference, equal, number, unequal
from excel_export.formulas.functions import AND, COUNTIF, IF, ISNUMBER, MAX, MIN, OR, SEARCH, SMALL
from excel_export.shared.infinity import NEVER
from excel_export.workbook import styles
from excel_export.workbook.canvas import RuleFor
from excel_export.workbook.formats import Format, Look

ROUNDING = 1e-9
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
_TINY = "{0}0.0E+0;{0}-0.0E+0"
_INFINITE = '"−∞";"−∞"'


def image_scale() -> RuleFor:
    """Paper to pencil, for an input that is a picture."""
    return lambda home: Format("colorScale", scale=(("min", "", styles.PAPER), ("max", "", styles.PENCIL)))


def value_scale(area: Reference, hidden: Expression | None = None) -> RuleFor:
    """Sand below zero, white at zero, blue above."""
    return _diverging(area, styles.VALUE_LOW, styles.VALUE_HIGH, hidden)


def masked_scale(area: Reference, hidden: Expression | None = None) -> RuleFor:
    """The same, for numbers of which some are −∞: the others say how strong a colour is."""
    return _diverging(area, styles.VALUE_LOW, styles.VALUE_HIGH, hidden, infinite=True)


def grad_scale(area: Reference, hidden: Expression | None = None) -> RuleFor:
    """Purple below zero, white at zero, orange above."""
    return _diverging(area, styles.GRADIENT_LOW, styles.GRADIENT_HIGH, hidden)


def verdict_rules(first: Reference) -> list[RuleFor]:
    """Colours for a cell (or the cells below it) that says 'agrees', 'differs' or 'inputs changed'."""
    colors = {"differ": styles.DIFFERS, "changed": styles.CHANGED, "agree": styles.AGREES}
    return [_when(ISNUMBER(SEARCH(word, first)), fill=color) for word, color in colors.items()]


def veil_rule(hidden: Operand) -> RuleFor:
    """Hide the numbers of a later step."""
    return _when(hidden, ink=styles.VEIL, fill=styles.VEIL, stops=True)


def gone_rule(unused: Operand) -> RuleFor:
    """Let a cell that has no use now vanish, its frame included."""
    return _when(unused, ink=styles.PAPER, fill=styles.PAPER, border="gone")


def absent_rule(unused: Operand) -> RuleFor:
    """Let a cell that stands alone, and has no use now, vanish with all of its lines."""
    return _when(unused, ink=styles.PAPER, fill=styles.PAPER, border="none")


def power_rule(first: Reference, before: str = "", large: float = 1e5) -> RuleFor:
    """Give a number a power of ten that is too small for four decimals, or as large as said.

    Args:
        first: the first of the cells.
        before: what their format begins with.
        large: from this size on.
    """
    code = _TINY.format(f'"{before}"' if before else "")
    tiny = AND(unequal(first, 0), first < 0.001, first > -0.001)
    return _when(AND(ISNUMBER(first), OR(tiny, _at_least(first, large))), number=code)


def gradient_rules(narrow: bool = False) -> list[RuleFor]:
    """Give numbers that the decimals of their style do not suit a power of ten, or fewer; for any number of areas."""
    return [*_by_size(_NARROW_GRADIENTS if narrow else _GRADIENTS)]


def framed_gradient_rules(first: Reference, framed: Operand, narrow: bool = False) -> list[RuleFor]:
    """The same, and a frame for some cells."""
    formats = [
        (AND(first < size, first > -size) if nearer else _at_least(first, size), code)
        for nearer, size, code in (_NARROW_GRADIENTS if narrow else _GRADIENTS)
    ]
    return _framed(first, framed, formats) + gradient_rules(narrow)


def almost_zero_rule(first: Reference) -> RuleFor:
    """Say in words that a number is so small that nobody asks how small."""
    almost = AND(first < ALMOST_ZERO, first > -ALMOST_ZERO)
    return _when(AND(ISNUMBER(first), unequal(first, 0), almost), number='"almost 0"')


def large_rules(narrow: bool = False) -> list[RuleFor]:
    """Give numbers that would be too wide for their cells fewer digits; for any number of areas."""
    return [*_by_size(_NARROW_VALUES if narrow else _VALUES)]


def long_rule() -> RuleFor:
    """The same for numbers that have as many decimals as a difference of two losses needs."""
    return _beyond(99_999.5, "0.0000000E+0;-0.0000000E+0;0")


def infinite_rule() -> RuleFor:
    """Show the number that stands for −∞ as what it is; for any number of areas."""
    ends = [number(NEVER)]
    return lambda home: Format("cellIs", ends, Look(number=_INFINITE), "lessThan")


def framed_infinite_rules(first: Reference, framed: Operand) -> list[RuleFor]:
    """The same, and a frame for some cells."""
    return [*_framed(first, framed, ((first <= NEVER, _INFINITE),)), infinite_rule()]


def _beyond(size: float, code: str) -> RuleFor:
    found = Format("cellIs", [number(-size), number(size)], Look(number=code), "notBetween")
    return lambda home: found


@cache  # each block of a network has them
def _by_size(ladder: Ladder) -> Sequence[RuleFor]:
    return [_between(-size, size, number=code) if nearer else _beyond(size, code) for nearer, size, code in ladder]


def _at_least(cell: Reference, size: float) -> Expression:
    return OR(cell >= size, cell <= -size)


def _framed(first: Reference, framed: Operand, formats: Sequence[tuple[Operand, str]]) -> list[RuleFor]:
    """Frame some cells.

    Of the rules that hold for a cell, LibreOffice applies the first alone. So there is one for each format in a frame.
    """
    return [
        *(_when(AND(framed, ISNUMBER(first), each), number=code, border="frame") for each, code in formats),
        frame_rule(framed),
    ]


def faint_rule(idle: Operand) -> RuleFor:
    """Let what adds nothing step back."""
    return _when(idle, ink=styles.IDLE, bold=False)


def frame_rule(shown: Operand) -> RuleFor:
    """Frame the cells of the current step."""
    return _when(shown, border="frame")


def headline_rule(shown: Operand) -> RuleFor:
    """Mark the title of what the current step makes."""
    return _when(shown, fill=styles.HIGHLIGHT, ink=styles.INK, bold=True)


def ink_rule(condition: Operand, color: str) -> RuleFor:
    """Write in another colour while something is so."""
    return _when(condition, ink=color)


def fill_rule(condition: Operand, color: str) -> RuleFor:
    """Colour a cell while something is so; the first such rule counts."""
    return _when(condition, fill=color, stops=True)


def refused_rule(flag: Reference) -> RuleFor:
    """Colour cells that hold what is not allowed: beside the first of them stands a 1."""
    return _when(equal(flag, 1), fill=styles.DIFFERS)


def warning_rule(flag: Reference) -> RuleFor:
    """Write a remark in red where a flag is 1."""
    return _when(equal(flag, 1), ink=styles.WARNING, bold=True)


def struck_rule(refused: Operand) -> RuleFor:
    """Strike out what is not allowed: a colour alone would be lost in a colour scale, and to some readers."""
    return _when(refused, fill=styles.DIFFERS, ink=styles.INK, strike=True, border="frame")


def text_rule(first: Reference, text: str, color: str) -> RuleFor:
    """Colour the cells that say a text."""
    return _when(equal(first, text), fill=color)


def nonzero_rule() -> RuleFor:
    """Mark a difference that is more than rounding."""
    ends = [number(-ROUNDING), number(ROUNDING)]
    return lambda home: Format("cellIs", ends, Look(fill=styles.DIFFERS), "notBetween")


def _when(condition: Operand, *, stops: bool = False, **how: Any) -> RuleFor:
    return lambda home: Format("expression", [condition.cells.text(home)], Look(**how), stops=stops)


def _diverging(area: Reference, low: str, high: str, hidden: Expression | None, infinite: bool = False) -> RuleFor:
    """White at zero, and as strong on either side, however the numbers change; all white while `hidden`."""
    fixed = area.fixed
    lowest = MIN(fixed)
    if infinite:
        lowest = IF(lowest <= NEVER, SMALL(fixed, 1 + COUNTIF(fixed, f"<={number(NEVER)}")), lowest)
    # The last term keeps the ends apart when all numbers are zero.
    reach = MAX(MAX(fixed), -lowest, 1e-300)
    if hidden is not None:
        reach = IF(hidden, 1e300, reach)

    def scale(home: str) -> Format:
        text = reach.text(home)
        ends = ("formula", f"-{text}", low), ("num", "0", styles.PAPER), ("formula", text, high)
        return Format("colorScale", scale=ends)

    return scale


def square_rules(gradient: int, masked: int, edge: int) -> list[RuleFor]:
    """Colour numbers from −SHADES to SHADES by their size; those of a gradient are so much larger.

    Where edges are asked for, a number that is larger by that of an edge, 1 to 3 times so much, has a line above it,
    left of it, or both. Of the rules that hold for a cell, LibreOffice applies the first alone: so each colour has one
    with each line. The first rules are for the squares without a colour, which are the most: they need no other.
    """
    rules = [_between(start - 0.5, start + 0.5, fill=styles.PAPER) for start in (0, gradient)]
    for number_of_edge, border in enumerate(("", "above", "left", "corner") if edge else ("",)):
        start = number_of_edge * edge
        for shift, colors in ((0, styles.VALUE_SHADES), (gradient, styles.GRADIENT_SHADES)):
            for k, sign, fill in _shades(colors):
                low, high = sorted((start + shift + sign * (k - 0.5), start + shift + sign * (k + 0.5)))
                rules.append(_between(low, high, fill=fill, border=border))
        rules.append(_between(start + masked - 0.5, start + masked + 0.5, fill=styles.IDLE, border=border))
        if border:
            rules.append(_between(start - 1, start + gradient + 1, border=border))
    return rules


def number_rules(first: Operand, blank: int, gradient: int, framed: int, lined: int) -> list[RuleFor]:
    """Colour cells whose sizes, whole numbers from −LEVELS to LEVELS, stand elsewhere.

    Those of a gradient are so much larger, and so are those of cells in a frame; `blank` are those without a number. Of
    a box, the upper cells, and those below it, are so much larger that have a line above them.
    """
    rules = [_when(equal(first, size), fill=styles.PAPER) for size in (blank, 0, gradient)]
    for shift, colors in ((0, styles.VALUE_SHADES), (gradient, styles.GRADIENT_SHADES)):
        for sign, fill in zip((1, -1), colors[styles.SHADES // styles.LEVELS - 1], strict=True):
            rules.append(_when(equal(first, lined + shift + sign), fill=fill, border="above"))
    rules.append(_when(equal(first, lined + blank), border="above"))
    for start, border in ((0, ""), (framed, "frame")):
        for shift, colors in ((0, styles.VALUE_SHADES), (gradient, styles.GRADIENT_SHADES)):
            for k, sign, fill in _shades(colors):
                if k % (styles.SHADES // styles.LEVELS) == 0:
                    size = start + shift + sign * k * styles.LEVELS // styles.SHADES
                    rules.append(_when(equal(first, size), fill=fill, border=border))
    return [*rules, _when(AND(first > framed / 2, first < lined / 2), border="frame")]


def _shades(colors: Sequence[tuple[str, str]]) -> Iterator[tuple[int, int, str]]:
    """Yield each size with its sign and its colour, the largest first."""
    for k in range(styles.SHADES, 0, -1):
        for sign, color in zip((1, -1), colors[k - 1], strict=True):
            yield k, sign, color


def _between(low: float, high: float, **how: Any) -> RuleFor:
    found = Format("cellIs", [number(low), number(high)], Look(**how), "between")
    return lambda home: found


def gone_box(unused: Operand) -> RuleFor:
    """Let a box vanish that stands for nothing."""
    return _when(unused, border="none")


def bar_rules() -> list[RuleFor]:
    """Colour the squares of a bar: 1 all of it, 0.5 the beginning of a short one."""
    return [_between(1, 1, fill=styles.FORWARD), _between(0.5, 0.5, fill=styles.FORWARD_LIGHT)]


def bold_rule(chosen: Operand) -> RuleFor:
    """Write what is chosen in bold."""
    return _when(chosen, ink=styles.INK, bold=True)
