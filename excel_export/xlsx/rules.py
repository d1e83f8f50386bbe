"""Conditional formats: colour scales, and how a cell looks when something is so. The colours are in `styles`."""

from __future__ import annotations

from openpyxl.formatting.rule import CellIsRule, ColorScaleRule, FormulaRule, Rule
from openpyxl.styles import Border, Font, PatternFill, Side
from openpyxl.styles.differential import DifferentialStyle
from openpyxl.styles.numbers import NumberFormat

from excel_export.formulas.expression import Expression, Operand, equal, unequal
from excel_export.formulas.functions import AND, IF, ISNUMBER, MAX, MIN, OR, SEARCH
from excel_export.formulas.numbers import number
from excel_export.formulas.reference import Reference
from excel_export.xlsx.canvas import RuleFor
from excel_export.xlsx.styles import (
    AGREES,
    CHANGED,
    DIFFERS,
    FAINT,
    GRADIENT_HIGH,
    GRADIENT_LOW,
    HIGHLIGHT,
    IDLE,
    INK,
    PAPER,
    PENCIL,
    VALUE_HIGH,
    VALUE_LOW,
    VEIL,
    WARNING,
)  # fmt: skip

ROUNDING = 1e-9
_TINY = "{0}0.0E+0;{0}-0.0E+0"
_FRAME = Border(*[Side("thin", color="FF" + INK)] * 4)


def image_scale() -> RuleFor:
    """Paper to pencil, for an input that is a picture."""
    rule = ColorScaleRule(start_type="min", start_color="FF" + PAPER, end_type="max", end_color="FF" + PENCIL)
    return lambda home: rule


def value_scale(area: Reference, hidden: Expression | None = None) -> RuleFor:
    """Sand below zero, white at zero, blue above."""
    return _diverging(area, VALUE_LOW, VALUE_HIGH, hidden)


def grad_scale(area: Reference, hidden: Expression | None = None) -> RuleFor:
    """Purple below zero, white at zero, orange above."""
    return _diverging(area, GRADIENT_LOW, GRADIENT_HIGH, hidden)


def verdict_rules(first: Reference) -> list[RuleFor]:
    """Colours for a cell (or the cells below it) that says 'agrees', 'differs' or 'inputs changed'."""
    colors = {"differ": DIFFERS, "changed": CHANGED, "agree": AGREES}
    return [_when(ISNUMBER(SEARCH(word, first)), fill=_solid(color)) for word, color in colors.items()]


def veil_rule(hidden: Operand) -> RuleFor:
    """Hide the numbers of a later step."""
    return _when(hidden, font=Font(color="FF" + VEIL), fill=_solid(VEIL), stopIfTrue=True)


def gone_rule(unused: Operand) -> RuleFor:
    """Let a cell that has no use now vanish, its frame included."""
    side = Side("thin", color="FF" + PAPER)
    # The left line is the neighbour's right one.
    border = Border(right=side, top=side, bottom=side)
    return _when(unused, font=Font(color="FF" + PAPER), fill=_solid(PAPER), border=border)


def off_rule(unused: Operand) -> RuleFor:
    """Let a cell that has no use now say nothing, in grey as a button that is switched off."""
    return _when(unused, font=Font(color="FF" + FAINT), fill=_solid(FAINT))


def tiny_rule(first: Reference, before: str = "") -> RuleFor:
    """Give a number that would vanish in four decimals a power of ten; `before` is what its format begins with."""
    code = _TINY.format(f'"{before}"' if before else "")
    number_format = NumberFormat(numFmtId=200 + sum(map(ord, before)), formatCode=code)
    tiny = AND(ISNUMBER(first), unequal(first, 0), first < 0.001, first > -0.001)
    return _styled(tiny, DifferentialStyle(numFmt=number_format))


def map_rules(first: Reference, framed: Operand | None) -> list[RuleFor]:
    """Give numbers of 10 and more fewer decimals than the two of the others; frame some cells.

    Of the rules that hold for a cell, LibreOffice applies the first alone. So there is one for each format in a frame.
    """
    rules = []
    for frame in (framed, None) if framed is not None else (None,):
        for least, code, number_id in ((99.5, "0", 181), (9.995, "0.0", 182), (0, None, None)):
            if not (code or frame):
                continue
            conditions: list[Operand] = [frame] if frame is not None else []
            if code:
                conditions += [ISNUMBER(first), OR(first >= least, first <= -least)]
            look = DifferentialStyle(
                numFmt=NumberFormat(numFmtId=number_id, formatCode=code) if code else None,
                border=_FRAME if frame is not None else None,
            )
            rules.append(_styled(AND(*conditions), look))
    return rules


def faint_rule(idle: Operand) -> RuleFor:
    """Let what adds nothing step back."""
    return _when(idle, font=Font(color="FF" + IDLE, bold=False))


def frame_rule(shown: Operand) -> RuleFor:
    """Frame the cells of the current step."""
    return _when(shown, border=_FRAME)


def headline_rule(shown: Operand) -> RuleFor:
    """Mark the title of what the current step makes."""
    return _when(shown, fill=_solid(HIGHLIGHT), font=Font(color="FF" + INK, bold=True))


def ink_rule(condition: Operand, color: str) -> RuleFor:
    """Write in another colour while something is so."""
    return _when(condition, font=Font(color="FF" + color))


def fill_rule(condition: Operand, color: str) -> RuleFor:
    """Colour a cell while something is so; the first such rule counts."""
    return _when(condition, fill=_solid(color), stopIfTrue=True)


def refused_rule(flag: Reference) -> RuleFor:
    """Colour cells that hold what is not allowed: beside the first of them stands a 1."""
    return _when(equal(flag, 1), fill=_solid(DIFFERS))


def warning_rule(flag: Reference) -> RuleFor:
    """Write a remark in red where a flag is 1."""
    return _when(equal(flag, 1), font=Font(color="FF" + WARNING, bold=True))


def text_rule(first: Reference, text: str, color: str) -> RuleFor:
    """Colour the cells that say a text."""
    return _when(equal(first, text), fill=_solid(color))


def nonzero_rule() -> RuleFor:
    """Mark a difference that is more than rounding."""
    ends = [number(-ROUNDING), number(ROUNDING)]
    return lambda home: CellIsRule(operator="notBetween", formula=ends, fill=_solid(DIFFERS))


def _when(condition: Operand, **look: object) -> RuleFor:
    return lambda home: FormulaRule(formula=[condition.cells.text(home)], **look)


def _styled(condition: Operand, look: DifferentialStyle) -> RuleFor:
    return lambda home: Rule(type="expression", dxf=look, formula=[condition.cells.text(home)])


def _diverging(area: Reference, low: str, high: str, hidden: Expression | None) -> RuleFor:
    """White at zero, and as strong on either side, however the numbers change; all white while `hidden`."""
    fixed = area.fixed
    # The last term keeps the ends apart when all numbers are zero.
    reach = MAX(MAX(fixed), -MIN(fixed), 1e-300)
    if hidden is not None:
        reach = IF(hidden, 1e300, reach)
    return lambda home: ColorScaleRule(
        start_type="formula", start_value=(-reach).text(home), start_color="FF" + low, mid_type="num", mid_value=0,
        mid_color="FF" + PAPER, end_type="formula", end_value=reach.text(home), end_color="FF" + high,
    )  # fmt: skip


def _solid(color: str) -> PatternFill:
    return PatternFill("solid", bgColor="FF" + color)
