"""The looks of cells. One place for colours, fonts and number formats.

Blue is the forward pass and orange the backward pass: the pair differs for every common colour-blindness and on a weak
projector. Yellow cells are the learner's to change. Gradients and parameters share a diverging scale that is white at
zero.
"""

from dataclasses import dataclass, replace

from openpyxl.styles import Alignment, Border, Font, PatternFill, Side

from excel_export.shared import palette

# GREY and IDLE step back, but are read on every ground that they stand on: `tests/support/colours.py` computes it.
INK, GREY, IDLE, FAINT, PAPER = palette.INK, palette.GREY, "68737F", "E4E7EB", palette.PAPER
FORWARD, FORWARD_PALE = palette.FORWARD, palette.FORWARD_PALE
BACKWARD, BACKWARD_PALE = palette.BACKWARD, palette.BACKWARD_PALE
PARAMETER, PARAMETER_PALE = "4A5568", "EEF0F3"
INPUT, INPUT_EDGE, CHOICE_EDGE = "FFF6CC", "E6D89A", "C9A400"
# A picture: its text is readable on paper and on ink, so the ink is no darker than a pencil's.
PIXEL, PENCIL = "000000", "6F7D8C"
# The ends of the scales that are white at zero: values, then gradients and parameters.
VALUE_LOW, VALUE_HIGH, GRADIENT_LOW, GRADIENT_HIGH = "C9BFA9", "5B9BD5", "A58BC9", "F0893A"
WARNING = "B42318"
PRACTICE_RIGHT, PRACTICE_GIVEN = "C5E8CB", "DDF0C8"
AGREES, DIFFERS, CHANGED = "D5EBF7", "F6C5A0", "FFF6CC"

# Of single measurements, in a chart that draws their mean in FORWARD or BACKWARD.
FORWARD_LIGHT, BACKWARD_LIGHT = "9CC3E6", "F2C48D"
# Colours and dashes for curves in one chart: apart without either.
PALETTE = (
    (FORWARD_LIGHT, "solid"), (FORWARD, "sysDash"), ("2A9D8F", "solid"),
    (INK, "solid"), (GRADIENT_HIGH, "dash"), ("B4239A", "solid"),
)  # fmt: skip

_NUMBER = "0.00;-0.00;0"
_RATE = "[<0.0000001]General;0.0######"
_FINE = "0.000;-0.000;0"
# A step of learning changes a parameter by less than the others show.
_FINEST = "0.00000;-0.00000;0"
_READABLE = "{0}0.0000;{0}-0.0000;{0}0"
# LibreOffice shows a minus sign by itself in a format's first section alone.
_LONG = "0.000000000000"
"""The decimals that a difference of two losses needs."""
_SCIENTIFIC = "[=0]0;[<0]-0.0E+0;0.0E+0"


@dataclass(frozen=True)
class Style:
    """The look of one kind of cell: Style(size=11, bold=True). Colours are RRGGBB."""

    size: float = 10
    """The size of the font in points."""
    bold: bool = False
    """True for bold text."""
    italic: bool = False
    """True for italic text."""
    color: str = INK
    """The colour of the text, as RRGGBB."""
    fill: str | None = None
    """The colour of the background, as RRGGBB; None for none."""
    format: str = "General"
    """The number format, such as '0.00'."""
    align: str | None = None
    """'left', 'center' or 'right'; None for texts to the left, numbers to the right."""
    wrap: bool = False
    """True if a long text takes several lines."""
    edge: str | None = None
    """The colour of a thin border, as RRGGBB; None for no border."""
    shrink: bool = False
    """True if a number that is too wide for its cell is written smaller, instead of ###."""
    free: bool = False
    """True if anybody may type into the cell on a protected sheet, as into the yellow ones."""

    @property
    def is_open(self) -> bool:
        """True if one may type into the cell on a protected sheet: it is yellow or `free`."""
        return self.free or self.fill == INPUT

    @property
    def font(self) -> Font:
        """The font as an object of openpyxl: Calibri, with `size`, `bold`, `italic` and `color`."""
        return Font(name="Calibri", size=self.size, bold=self.bold, italic=self.italic, color="FF" + self.color)

    @property
    def pattern(self) -> PatternFill:
        """The background as an object of openpyxl, in the colour `fill`; none for None."""
        return PatternFill("solid", fgColor="FF" + self.fill) if self.fill else PatternFill()

    @property
    def alignment(self) -> Alignment:
        """The alignment as an object of openpyxl: `align` across, centred upright, with `wrap` and `shrink`."""
        return Alignment(
            horizontal=self.align, vertical="center", wrap_text=self.wrap, shrink_to_fit=self.shrink or None
        )

    @property
    def border(self) -> Border:
        """The border as an object of openpyxl: a thin line all round in the colour `edge`; none for None."""
        side = Side("thin", color="FF" + self.edge) if self.edge else Side()
        return Border(side, side, side, side)


STYLES = {
    "title": Style(size=20, bold=True),
    "subtitle": Style(size=11, color=GREY),
    "heading": Style(size=13, bold=True),
    "text": Style(size=11, wrap=True),
    "label": Style(size=11),
    "remark": Style(size=11, shrink=True),
    "link": Style(size=11, color=FORWARD),
    "begin": Style(size=18, bold=True, color=PAPER, fill=FORWARD, align="center"),
    "small_link": Style(size=9, color=FORWARD),
    "head": Style(size=10, bold=True, fill=FAINT),
    "result": Style(size=12, bold=True, align="left"),
    "result_loss": Style(size=12, bold=True, format="[<0.01]0.000000;[<100000]0.0000;0.0E+0", align="left"),
    "result_number": Style(size=12, bold=True, format="0.0000;-0.0000;0", align="left", shrink=True),
    "result_percent": Style(size=12, bold=True, format="0.0%", align="left"),
    "bar_now": Style(size=6, color=FORWARD),
    "bar_after": Style(size=6, color=BACKWARD),
    "verdict": Style(size=12, bold=True, align="left", shrink=True),
    "answer": Style(size=11, bold=True, align="left", wrap=True),
    "choice": Style(size=12, bold=True, fill=INPUT, edge=CHOICE_EDGE, align="left", shrink=True),
    "driven_decimals": Style(
        size=9, bold=True, fill=FORWARD_PALE, format=_NUMBER, align="center", color=PIXEL, shrink=True
    ),
    "driven": Style(size=9, bold=True, fill=FORWARD_PALE, align="center", color=PIXEL, shrink=True),
    "edit": Style(size=14, bold=True, fill=INPUT, edge=CHOICE_EDGE, align="center"),
    "rule_edit": Style(size=12, bold=True, fill=INPUT, edge=CHOICE_EDGE, align="center", shrink=True),
    "rate_edit": Style(size=14, bold=True, fill=INPUT, edge=CHOICE_EDGE, format=_RATE, align="center", shrink=True),
    # the bands of the network sheet
    "band_forward": Style(size=14, bold=True, color=PAPER, fill=FORWARD),
    "band_parameters": Style(size=14, bold=True, color=PAPER, fill=PARAMETER),
    "band_backward": Style(size=14, bold=True, color=PAPER, fill=BACKWARD),
    "band_updates": Style(size=14, bold=True, color=PAPER, fill=BACKWARD),
    "title_forward": Style(size=10, bold=True, color=FORWARD),
    "title_parameters": Style(size=10, bold=True, color=PARAMETER),
    "title_backward": Style(size=10, bold=True, color=BACKWARD),
    "title_updates": Style(size=10, bold=True, color=BACKWARD),
    "block_link": Style(size=8, color=FORWARD, shrink=True),
    "note": Style(size=7, italic=True, color=GREY),
    # numbers
    "input": Style(size=9, bold=True, fill=INPUT, edge=INPUT_EDGE, align="center", color=PIXEL, shrink=True),
    "input_decimals": Style(
        size=9, bold=True, fill=INPUT, edge=INPUT_EDGE, format=_NUMBER, align="center", color=PIXEL, shrink=True
    ),
    "image": Style(size=7, fill=INPUT, edge=INPUT_EDGE, align="center", color=PIXEL),
    "picture": Style(size=7, align="center", color=PIXEL),
    "small_picture": Style(size=7, align="center", color=PIXEL, format=_NUMBER),
    "parameter": Style(size=7, fill=INPUT, edge=INPUT_EDGE, format=_NUMBER, align="center", shrink=True),
    "constant": Style(size=7, format=_NUMBER, align="center", shrink=True),
    "value": Style(size=7, fill=FORWARD_PALE, format=_NUMBER, align="center", shrink=True),
    "helper": Style(size=7, fill=PARAMETER_PALE, format=_NUMBER, align="center", shrink=True),
    "grad": Style(size=7, fill=BACKWARD_PALE, format=_READABLE.format(""), align="center", shrink=True),
    "grad_power": Style(size=7, fill=BACKWARD_PALE, format=_SCIENTIFIC, align="center"),
    "reference": Style(size=7, fill=PARAMETER_PALE, format=_READABLE.format(""), align="center"),
    "difference": Style(size=7, format=_SCIENTIFIC, align="center"),
    "seed": Style(size=7, fill=PARAMETER_PALE, format=_READABLE.format(""), align="center", shrink=True),
    "after": Style(size=7, fill=FORWARD_PALE, format=_FINEST, align="center", shrink=True),
    "before": Style(size=7, format=_FINEST, align="center", shrink=True),
    "cell": Style(size=10),
    "table_label": Style(size=12, align="center"),
    "table_value": Style(size=12, fill=FORWARD_PALE, format=_FINE, align="center"),
    "table_grad": Style(size=12, fill=BACKWARD_PALE, format="0.0000;-0.0000;0", align="center"),
    "cell_small": Style(size=9, color=GREY),
    "cell_reference": Style(size=10, fill=PARAMETER_PALE, format=_SCIENTIFIC, align="right"),
    "cell_number": Style(size=10, format=_SCIENTIFIC, align="right"),
    # one number explained: its terms
    "explain_math": Style(size=15, bold=True, color=FORWARD, shrink=True),
    "explain_words": Style(size=10.5, wrap=True),
    "hint": Style(size=9, italic=True, color=GREY),
    "index": Style(size=10, bold=True, color=GREY, align="center"),
    "sum": Style(size=12, bold=True, color=BACKWARD, format=_READABLE.format('"=  "'), align="right"),
    "long_number": Style(size=11, color=FORWARD, format=_LONG, align="left"),
    "slope": Style(size=12, bold=True, color=BACKWARD, format=_LONG, align="left"),
    "slope_difference": Style(size=10, format=_SCIENTIFIC, align="left"),
    "slope_aside": Style(size=9, color=GREY, format=_LONG, align="left"),
    "epsilon": Style(size=14, bold=True, fill=INPUT, edge=CHOICE_EDGE, format="General", align="left"),
    "term_place": Style(size=10, color=GREY, align="center"),
    "explained": Style(size=13, bold=True, shrink=True),
    "term_path": Style(size=9, color=FORWARD, shrink=True),
    "term_count": Style(size=10, color=GREY, align="right"),
    "term_link": Style(size=9, color=FORWARD, align="right", shrink=True),
    "term_grad": Style(size=10, color=BACKWARD, format=_READABLE.format(""), align="right"),
    "term_value": Style(size=10, color=FORWARD, format=_READABLE.format('"×  "'), align="right"),
    "term_product": Style(size=10, bold=True, format=_READABLE.format('"=  "'), align="right"),
    "term_total": Style(size=10, color=GREY, format=_READABLE.format(""), align="right"),
    "head_right": Style(size=10, bold=True, fill=FAINT, align="right"),
    "index_hint": Style(size=9, italic=True, color=GREY, align="center", shrink=True),
    # one row a step
    "head_wrapped": Style(size=10, bold=True, fill=FAINT, wrap=True, align="center"),
    "loss": Style(size=10, fill=FORWARD_PALE, format="[<1000]0.000;0.0E+0", align="center"),
    "fine_loss": Style(size=10, fill=FORWARD_PALE, format="[<0.001]0.0E+0;[<1000]0.0000;0.0E+0", align="center"),
    "whole": Style(size=10, fill=FORWARD_PALE, format="0", align="center"),
    "tick": Style(size=10, bold=True, fill=FORWARD_PALE, color=FORWARD, format='[=1]"✓";"–"', align="center"),
    "percent": Style(size=10, fill=FORWARD_PALE, format="0%", align="center"),
    "move": Style(size=10, fill=BACKWARD_PALE, format="[<1000]0.000;0.0E+0", align="center"),
    "rate_name": Style(size=10, color=GREY, align="right"),
    "status": Style(size=10, fill=BACKWARD_PALE, align="center"),
    "rate": Style(size=10, fill=BACKWARD_PALE, format="0.0####", align="center"),
    "step_value": Style(size=10, fill=FORWARD_PALE, format="0.0000;-0.0000;0", align="center", shrink=True),
    "step_grad": Style(size=10, fill=BACKWARD_PALE, format="0.0000;-0.0000;0", align="center", shrink=True),
    "step_helper": Style(size=10, fill=PARAMETER_PALE, format="0.0000;-0.0000;0", align="center", shrink=True),
    "step_number": Style(size=10, align="center"),
    "small_head": Style(size=9, bold=True, fill=FAINT, align="center", shrink=True),
    "row_value": Style(size=9, fill=FORWARD_PALE, format="0.0000;-0.0000;0", align="center", shrink=True),
    "row_grad": Style(size=9, fill=BACKWARD_PALE, format="0.0000;-0.0000;0", align="center", shrink=True),
    "chart_data": Style(size=8, color=GREY, format="0.0000", align="center"),
    "head_center": Style(size=10, bold=True, fill=FAINT, align="center"),
    "map": Style(size=6, format=";;;"),
    "start_decimals": Style(size=9, color=PIXEL, format=_NUMBER, align="center", shrink=True),
    "start_number": Style(size=9, color=PIXEL, format="General", align="center", shrink=True),
    # softmax and cross-entropy
    "softmax_head": Style(size=11, bold=True, fill=FAINT, wrap=True, align="center"),
    "softmax_value": Style(size=14, fill=FORWARD_PALE, format=_FINE, align="center", shrink=True),
    "softmax_grad": Style(size=14, fill=BACKWARD_PALE, format="0.0000;-0.0000;0", align="center", shrink=True),
    "softmax_line": Style(size=14, bold=True, color=FORWARD),
    # the story
    "story_sentence": Style(size=12.5),
    "story_note": Style(size=11, color=GREY),
    "story_right": Style(size=11, color=GREY, align="right"),
    "story_center": Style(size=11, color=GREY, align="center"),
    "story_center_small": Style(size=8, color=GREY, align="center"),
    "story_where": Style(size=10, color=GREY, align="right", shrink=True),
    "story_square": Style(size=5, format=";;;"),
    "story_axis_right": Style(size=6, color=GREY, align="right"),
    "story_axis": Style(size=6, color=GREY, align="center"),
    "story_label": Style(size=12, bold=True, align="center"),
    "story_left_small": Style(size=11, bold=True),
    "story_part": Style(size=12),
    "story_left": Style(size=12, bold=True),
    "story_number": Style(size=13, format=_READABLE.format(""), align="center", shrink=True),
    "story_tiny": Style(size=8, format=_READABLE.format(""), align="center", shrink=True),
    "story_axis_large": Style(size=9, color=GREY, align="center"),
    "story_sign_small": Style(size=13, bold=True, align="center"),
    "story_middle_small": Style(size=9, bold=True, color=GREY, align="center", shrink=True),
    "story_note_small": Style(size=9, color=GREY),
    "story_arrow_small": Style(size=9, bold=True, color=GREY, align="center"),
    "story_box_number": Style(
        size=14, bold=True, color=FORWARD, format=_READABLE.format(""), align="center", edge=INK, shrink=True
    ),
    "story_box_gradient": Style(
        size=14, bold=True, color=BACKWARD, format=_READABLE.format(""), align="center", edge=INK, shrink=True
    ),
    "story_map_value": Style(
        size=10, bold=True, color=FORWARD, fill=FORWARD_PALE, format=_READABLE.format(""), align="center", shrink=True
    ),
    "story_map_whole": Style(size=10, bold=True, color=FORWARD, fill=FORWARD_PALE, align="center", shrink=True),
    "story_map_gradient": Style(
        size=10, bold=True, color=BACKWARD, fill="FEF5EC", format=_READABLE.format(""), align="center", shrink=True
    ),
    "story_box_whole": Style(size=14, bold=True, align="center", edge=INK, shrink=True),
    "story_worked_back": Style(size=14, bold=True, color=BACKWARD),
    "story_small_box": Style(size=10, bold=True, format=_READABLE.format(""), align="center", edge=INK, shrink=True),
    "story_small": Style(size=10, format=_READABLE.format(""), align="center", shrink=True),
    "story_count": Style(size=13, format="#,##0", align="center", shrink=True),
    "story_whole": Style(size=13, bold=True, align="center", shrink=True),
    "story_sign": Style(size=18, bold=True, align="center"),
    "story_fine_small": Style(size=12, bold=True, format="0.0000000;-0.0000000;0", align="center", shrink=True),
    "story_fine_tiny": Style(size=10, format="0.0000000;-0.0000000;0", align="center", shrink=True),
    "story_more": Style(size=11, color=FORWARD),
    "story_to_sheet": Style(size=8, color=FORWARD, align="center"),
    "story_own_fine": Style(size=12, color=GREY, format="0.0000000;-0.0000000;0", align="left", shrink=True),
    "story_own": Style(size=12, color=GREY, format=_READABLE.format(""), align="left", shrink=True),
    "story_check": Style(size=11, bold=True, color=GREY, align="right", shrink=True),
    "story_worked": Style(size=13, bold=True),
    "story_choice": Style(
        size=13, bold=True, fill=INPUT, edge=CHOICE_EDGE, format="General", align="center", shrink=True
    ),
    "story_rate": Style(size=18, bold=True, format=_RATE, align="center", edge=INK, shrink=True),
    "story_bar": Style(size=9, color=FORWARD),
    "story_box_wrapped": Style(size=8, bold=True, align="center", edge=IDLE, wrap=True),
    "story_box": Style(size=10, bold=True, align="center", edge=IDLE, shrink=True),
    "story_fine": Style(size=18, bold=True, format="0.0000000;-0.0000000;0", align="center", edge=INK, shrink=True),
    # lessons
    "question": Style(size=16, bold=True, fill=INPUT, edge=CHOICE_EDGE, format="0", align="center", shrink=True),
    "own_words": Style(size=11, fill=INPUT, edge=CHOICE_EDGE, format="@", wrap=True, align="left"),
    "ask": Style(size=14, color=INK, wrap=True, align="left"),
    "claim": Style(size=11, bold=True, wrap=True),
    "live_large": Style(size=14, bold=True, color=FORWARD, format=_READABLE.format(""), align="left", shrink=True),
    "live_number": Style(size=11, bold=True, color=FORWARD, format="0.0000;-0.0000;0", align="left"),
    "live_fine": Style(size=11, bold=True, color=FORWARD, format="0.000000;-0.000000;0", align="left"),
    "link_label": Style(size=10, color=BACKWARD, align="center", shrink=True),
    "arrow": Style(size=14, bold=True, color=BACKWARD, align="center"),
    "warning": Style(size=11, bold=True, color=WARNING),
    "fixed": Style(size=8, color=GREY, align="left"),
}

STYLES |= {f"narrow_{kind}": replace(STYLES[kind], format=_NUMBER) for kind in ("grad", "seed")}

UPDATE, UPDATE_PALE = "166534", "E7F4EA"
STYLES |= {
    f"story_{what}_{direction}": replace(style, color=color)
    for direction, color in (("forward", FORWARD), ("backward", BACKWARD), ("update", UPDATE))
    for what, style in {
        "title": Style(size=20, bold=True),
        "head": Style(size=11, bold=True),
        "head_small": Style(size=9, bold=True),
        "middle": Style(size=11, bold=True, align="center", shrink=True),
        "link": Style(size=11, bold=True, shrink=True),
        "arrow": Style(size=16, bold=True, align="center"),
        "result": Style(size=18, bold=True, format=_READABLE.format(""), align="center", edge=INK, shrink=True),
        "strong_box": Style(size=13, bold=True, format=_READABLE.format(""), align="center", edge=INK, shrink=True),
        "strong": Style(size=13, bold=True, format=_READABLE.format(""), align="center", shrink=True),
    }.items()
}
STYLES |= {
    f"story_map_{kind}_large": replace(STYLES[f"story_map_{kind}"], size=13) for kind in ("value", "whole", "gradient")
}
# On a colour of its own kind, a coloured number would hardly be read.
STYLES |= {
    f"story_{what}_{direction}": replace(STYLES[f"story_{what}_{direction}"], color=INK)
    for what in ("strong", "strong_box")
    for direction in ("forward", "backward")
}

ZOOMS = (200, 175, 150, 125, 110, 100, 90, 80, 75)
"""The zooms, in percent, of which the largest is used at which a sheet fits on a screen."""
LARGE = 100
"""The zoom, in percent, of a sheet that fits at none of ZOOMS."""
# A practice workbook: numbers with the decimals by which they are marked; only what is to be filled in is yellow.
_BLANK = "[>=0.001]0.0000;[<=-0.001]-0.0000;General"
STYLES |= {
    f"practice_{kind}": replace(STYLES[kind], size=9, fill=fill, format=format_, edge=None)
    for kind, fill, format_ in (
        ("value", FORWARD_PALE, _READABLE.format("")),
        ("helper", FORWARD_PALE, _READABLE.format("")),
        ("constant", None, "General"),
        ("grad", BACKWARD_PALE, _READABLE.format("")),
        ("seed", BACKWARD_PALE, _READABLE.format("")),
        ("parameter", PARAMETER_PALE, "0.00##;-0.00##;0"),
        ("input", FAINT, "General"),
        ("input_decimals", FAINT, "0.00##;-0.00##;0"),
    )
}
STYLES |= {
    "blank": Style(size=9, bold=True, fill=INPUT, edge=CHOICE_EDGE, format=_BLANK, align="center", shrink=True),
    "practice_withheld": Style(size=9, format=_BLANK, align="center", shrink=True, free=True),
    "practice_free": Style(free=True),
    "practice_number": Style(size=12, color=GREY, align="center", edge=FAINT),
    "practice_link": Style(size=12, color=FORWARD, edge=FAINT, wrap=True),
    "practice_yours": Style(size=12, bold=True, format=_BLANK, align="center", edge=FAINT, shrink=True),
    "practice_mark": Style(size=12, bold=True, align="center", edge=FAINT),
    "practice_remark": Style(size=10, color=INK, edge=FAINT, wrap=True),
    "practice_hint": Style(size=10, color=INK, edge=FAINT, wrap=True),
    "practice_ask": Style(size=12, bold=True, fill=INPUT, edge=CHOICE_EDGE, format="0", align="center"),
    "practice_score": Style(size=16, bold=True, color=FORWARD, align="left"),
}
