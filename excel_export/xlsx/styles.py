"""What the cells look like. One place for colours, fonts and number formats.

Blue runs forward and orange runs backward; the pair is told apart under every common colour-blindness
and on a weak projector. Yellow cells are the learner's to change. Gradients and parameters share a
diverging scale that is white at zero.
"""

from __future__ import annotations

from dataclasses import dataclass

from openpyxl.formatting.rule import CellIsRule, ColorScaleRule, FormulaRule, Rule
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.styles.differential import DifferentialStyle
from openpyxl.styles.numbers import NumberFormat
from openpyxl.utils import absolute_coordinate

INK, GREY, FAINT = "1F2933", "7B8794", "E4E7EB"
FORWARD, FORWARD_PALE = "0B5394", "E8F1FA"
BACKWARD, BACKWARD_PALE = "B45309", "FDF0E1"
PARAMETER, PARAMETER_PALE = "4A5568", "EEF0F3"
INPUT = "FFF6CC"
VEIL, HIGHLIGHT = "FCFCFD", "FFD54A"
AGREES, DIFFERS, CHANGED = "D5EBF7", "F6C5A0", "FFF6CC"

# Colours and dashes for curves in one chart: apart without either.
PALETTE = (
    ("9CC3E6", "solid"), (FORWARD, "sysDash"), ("2A9D8F", "solid"),
    (INK, "solid"), ("F0893A", "dash"), ("B4239A", "solid"),
)  # fmt: skip

_NUMBER = "0.00;-0.00;0"
_FINE = "0.000;-0.000;0"
_READABLE, _TINY = "{0}0.0000;{0}-0.0000;{0}0", "{0}0.0E+0;{0}-0.0E+0"
_SCIENTIFIC = "[=0]0;[<0]-0.0E+0;0.0E+0"


@dataclass(frozen=True)
class Style:
    """How one kind of cell looks."""

    size: float = 10
    bold: bool = False
    italic: bool = False
    color: str = INK
    fill: str | None = None
    format: str = "General"
    align: str | None = None
    wrap: bool = False
    edge: str | None = None

    @property
    def font(self) -> Font:
        """The openpyxl font."""
        return Font(name="Calibri", size=self.size, bold=self.bold, italic=self.italic, color="FF" + self.color)

    @property
    def pattern(self) -> PatternFill:
        """The openpyxl fill."""
        return PatternFill("solid", fgColor="FF" + self.fill) if self.fill else PatternFill()

    @property
    def alignment(self) -> Alignment:
        """The openpyxl alignment."""
        return Alignment(horizontal=self.align, vertical="center", wrap_text=self.wrap)

    @property
    def border(self) -> Border:
        """The openpyxl border: a thin line all round, or none."""
        side = Side("thin", color="FF" + self.edge) if self.edge else Side()
        return Border(side, side, side, side)


STYLES = {
    "title": Style(size=20, bold=True),
    "subtitle": Style(size=11, color=GREY),
    "heading": Style(size=13, bold=True),
    "text": Style(size=11, wrap=True),
    "label": Style(size=11),
    "link": Style(size=11, color=FORWARD),
    "small_link": Style(size=9, color=FORWARD),
    "head": Style(size=10, bold=True, fill=FAINT),
    "result": Style(size=14, bold=True, align="left"),
    "verdict": Style(size=14, bold=True, align="left"),
    "answer": Style(size=11, bold=True, align="left"),
    "choice": Style(size=12, bold=True, fill=INPUT, edge="C9A400", align="left"),
    "panel": Style(size=20, wrap=True),
    "panel_math": Style(size=20, bold=True, color=FORWARD),
    "panel_label": Style(size=20, color=GREY),
    "panel_choice": Style(size=20, bold=True, fill=INPUT, edge="C9A400", align="left"),
    "driven": Style(size=9, bold=True, fill=FORWARD_PALE, align="center"),
    "edit": Style(size=14, bold=True, fill=INPUT, edge="C9A400", align="center"),
    # the bands of the network sheet
    "band_forward": Style(size=24, bold=True, color="FFFFFF", fill=FORWARD),
    "band_parameters": Style(size=24, bold=True, color="FFFFFF", fill=PARAMETER),
    "band_backward": Style(size=24, bold=True, color="FFFFFF", fill=BACKWARD),
    "band_updates": Style(size=24, bold=True, color="FFFFFF", fill=BACKWARD),
    "title_forward": Style(size=11, bold=True, color=FORWARD),
    "title_parameters": Style(size=11, bold=True, color=PARAMETER),
    "title_backward": Style(size=11, bold=True, color=BACKWARD),
    "title_updates": Style(size=11, bold=True, color=BACKWARD),
    "note": Style(size=7, italic=True, color=GREY),
    # numbers
    "input": Style(size=9, bold=True, fill=INPUT, edge="E6D89A", align="center"),
    "image": Style(size=5, fill=INPUT, align="center", color="8A8A8A"),
    "picture": Style(size=5, align="center", color="8A8A8A"),
    "small_picture": Style(size=5, align="center", color="8A8A8A", format=_NUMBER),
    "parameter": Style(size=7, fill=INPUT, edge="E6D89A", format=_NUMBER, align="center"),
    "constant": Style(size=7, format=_NUMBER, align="center", color=GREY),
    "value": Style(size=7, fill=FORWARD_PALE, format=_NUMBER, align="center"),
    "work": Style(size=7, fill=PARAMETER_PALE, format=_NUMBER, align="center", color=GREY),
    "grad": Style(size=7, fill=BACKWARD_PALE, format=_SCIENTIFIC, align="center"),
    "reference": Style(size=7, fill=PARAMETER_PALE, format=_SCIENTIFIC, align="center"),
    "difference": Style(size=7, format=_SCIENTIFIC, align="center"),
    "seed": Style(size=7, fill=PARAMETER_PALE, format=_SCIENTIFIC, align="center", color=GREY),
    "value_small": Style(size=5, fill=FORWARD_PALE, format=_NUMBER, align="center"),
    "grad_small": Style(size=5, fill=BACKWARD_PALE, format=_SCIENTIFIC, align="center"),
    "after": Style(size=7, fill=FORWARD_PALE, format=_FINE, align="center"),
    "before": Style(size=7, format=_FINE, align="center"),
    "cell": Style(size=10),
    "table_label": Style(size=12, align="center"),
    "table_value": Style(size=12, fill=FORWARD_PALE, format=_FINE, align="center"),
    "table_grad": Style(size=12, fill=BACKWARD_PALE, format="0.0000;-0.0000;0", align="center"),
    "cell_wrapped": Style(size=10, wrap=True),
    "cell_small": Style(size=9, color=GREY),
    "cell_reference": Style(size=10, fill=PARAMETER_PALE, format=_SCIENTIFIC, align="right"),
    "cell_number": Style(size=10, format=_SCIENTIFIC, align="right"),
    # one number explained: the terms of a gradient
    "hint": Style(size=9, italic=True, color=GREY),
    "index": Style(size=10, bold=True, color=GREY, align="center"),
    "equation": Style(size=13, bold=True, color=FORWARD),
    "sum": Style(size=14, bold=True, color=BACKWARD, format=_READABLE.format('"=  "'), align="right"),
    "long_number": Style(size=11, color=FORWARD, format="0.000000000000", align="left"),
    "slope": Style(size=12, bold=True, color=BACKWARD, format="0.000000000000", align="left"),
    "slope_difference": Style(size=10, format=_SCIENTIFIC, align="left"),
    "slope_aside": Style(size=9, color=GREY, format="0.000000000000", align="left"),
    "epsilon": Style(size=14, bold=True, fill=INPUT, edge="C9A400", format="General", align="left"),
    "term_place": Style(size=10, color=GREY, align="center"),
    "term_link": Style(size=9, color=FORWARD, align="right"),
    "term_grad": Style(size=10, color=BACKWARD, format=_READABLE.format(""), align="right"),
    "term_value": Style(size=10, color=FORWARD, format=_READABLE.format('"×  "'), align="right"),
    "term_product": Style(size=10, bold=True, format=_READABLE.format('"=  "'), align="right"),
    "term_total": Style(size=10, color=GREY, format=_READABLE.format(""), align="right"),
    "head_right": Style(size=10, bold=True, fill=FAINT, align="right"),
    "map_head": Style(size=9, bold=True, fill=FAINT),
    "index_hint": Style(size=9, italic=True, color=GREY, align="center"),
    # one row a step
    "head_wrapped": Style(size=10, bold=True, fill=FAINT, wrap=True, align="center"),
    "loss": Style(size=10, fill=FORWARD_PALE, format="[>=1000]0.0E+0;0.000", align="center"),
    "fine_loss": Style(size=10, fill=FORWARD_PALE, format="[>=1000]0.0E+0;[>=0.001]0.0000;0.0E+0", align="center"),
    "whole": Style(size=10, fill=FORWARD_PALE, format="0", align="center"),
    "tick": Style(size=10, bold=True, fill=FORWARD_PALE, color=FORWARD, format='[=1]"✓";"–"', align="center"),
    "percent": Style(size=10, fill=FORWARD_PALE, format="0%", align="center"),
    "move": Style(size=10, fill=BACKWARD_PALE, format="[>=1000]0.0E+0;0.000", align="center"),
    "status": Style(size=10, fill=BACKWARD_PALE, color=GREY, align="center"),
    "rate": Style(size=10, fill=BACKWARD_PALE, format="0.0####", align="center"),
    "step_link": Style(size=10, color=FORWARD, align="center"),
    "chart_data": Style(size=8, color=GREY, format="0.0000", align="center"),
    "head_center": Style(size=10, bold=True, fill=FAINT, align="center"),
    "map": Style(size=6, format=";;;"),
    "map_sign": Style(size=12, bold=True, color=GREY, align="center"),
    "fixed": Style(size=8, color=GREY, align="center"),
}


def image_scale() -> Rule:
    """Paper to ink, for an input that is a picture."""
    return ColorScaleRule(start_type="min", start_color="FFFFFFFF", end_type="max", end_color="FF1F2933")


def value_scale(area: str, hidden: str = "") -> Rule:
    """Sand below zero, white at zero, blue above."""
    return _diverging(area, "FFC9BFA9", "FF5B9BD5", hidden)


def grad_scale(area: str, hidden: str = "") -> Rule:
    """Purple below zero, white at zero, orange above."""
    return _diverging(area, "FFA58BC9", "FFF0893A", hidden)


def verdict_rules(first: str) -> list[Rule]:
    """Colours for a cell (or the cells below it) that says 'agrees', 'differs' or 'inputs changed'."""
    return [
        FormulaRule(formula=[f'ISNUMBER(SEARCH("differ",{first}))'], fill=_solid(DIFFERS)),
        FormulaRule(formula=[f'ISNUMBER(SEARCH("changed",{first}))'], fill=_solid(CHANGED)),
        FormulaRule(formula=[f'ISNUMBER(SEARCH("agree",{first}))'], fill=_solid(AGREES)),
    ]


def veil_rule(hidden: str) -> Rule:
    """Hide the numbers of a later step."""
    return FormulaRule(formula=[hidden], font=Font(color="FF" + VEIL), fill=_solid(VEIL), stopIfTrue=True)


def gone_rule(unused: str) -> Rule:
    """Let a cell that has no use now vanish, its frame included."""
    side = Side("thin", color="FFFFFFFF")
    # The left line is the neighbour's right one.
    border = Border(right=side, top=side, bottom=side)
    return FormulaRule(formula=[unused], font=Font(color="FFFFFFFF"), fill=_solid("FFFFFF"), border=border)


def tiny_rule(first: str, before: str = "") -> Rule:
    """Give a number that would vanish in four decimals a power of ten; `before` is what its format begins with."""
    code = _TINY.format(f'"{before}"' if before else "")
    number = NumberFormat(numFmtId=200 + sum(map(ord, before)), formatCode=code)
    tiny = f"AND(ISNUMBER({first}),{first}<>0,{first}<0.001,{first}>-0.001)"
    return Rule(type="expression", dxf=DifferentialStyle(numFmt=number), formula=[tiny])


def faint_rule(idle: str) -> Rule:
    """Let what adds nothing step back."""
    return FormulaRule(formula=[idle], font=Font(color="FFB8C0C8", bold=False))


def frame_rule(shown: str) -> Rule:
    """Frame the cells of the current step."""
    side = Side("thin", color="FF" + INK)
    return FormulaRule(formula=[shown], border=Border(side, side, side, side))


def headline_rule(shown: str) -> Rule:
    """Mark the title of what the current step makes."""
    return FormulaRule(formula=[shown], fill=_solid(HIGHLIGHT), font=Font(color="FF" + INK, bold=True))


def text_rule(first: str, text: str, color: str) -> Rule:
    """Colour the cells that say a text."""
    return FormulaRule(formula=[f'{first}="{text}"'], fill=_solid(color))


def nonzero_rule() -> Rule:
    """Mark a difference that is more than rounding."""
    return CellIsRule(operator="notBetween", formula=["-0.000000001", "0.000000001"], fill=_solid(DIFFERS))


def _diverging(area: str, low: str, high: str, hidden: str) -> Rule:
    """White at zero, and as strong on either side, however the numbers change; all white while `hidden`."""
    fixed = absolute_coordinate(area)
    # The last term keeps the ends apart when all numbers are zero.
    reach = f"MAX(MAX({fixed}),-MIN({fixed}),1E-300)"
    if hidden:
        reach = f"IF({hidden},1E+300,{reach})"
    return ColorScaleRule(
        start_type="formula", start_value=f"-{reach}", start_color=low, mid_type="num", mid_value=0,
        mid_color="FFFFFFFF", end_type="formula", end_value=reach, end_color=high,
    )  # fmt: skip


def _solid(color: str) -> PatternFill:
    return PatternFill("solid", bgColor="FF" + color)
