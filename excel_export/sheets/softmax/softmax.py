"""The Softmax sheet: from logits to probabilities, their cross-entropy, and why its slope is p − y, on one screen."""

from __future__ import annotations

from excel_export.formulas.expression import Expression, Operand, OperandLike, as_expression, equal, joined
from excel_export.formulas.functions import (
    AND,
    EXP,
    IF,
    INDEX,
    INT,
    LN,
    MATCH,
    MAX,
    MID,
    MOD,
    ROUND,
    SUM,
    SUMPRODUCT,
    SUMXMY2,
)
from excel_export.formulas.reference import Reference
from excel_export.formulas.words import listed
from excel_export.graph.graph import Call
from excel_export.sheets.book import Book
from excel_export.sheets.lens.desk import Desk
from excel_export.sheets.lens.wording import Wording
from excel_export.sheets.names import LENS_STEP
from excel_export.sheets.parts.column import as_column
from excel_export.sheets.sheet import Drawn, SheetSpec
from excel_export.sheets.softmax.subject import Subject, subjects
from excel_export.views.plan import Plan
from excel_export.xlsx.canvas import Canvas
from excel_export.xlsx.page import Page
from excel_export.xlsx.rules import fill_rule, grad_scale, map_rules, power_rule, value_scale
from excel_export.xlsx.styles import BACKWARD, HIGHLIGHT

NAME = "Softmax"
FEWEST, MOST = 2, 20
"""How many classes there may be: all of them have to be on one screen."""
TITLE, SUBTITLE, HEADS, FIRST = 1, 2, 3, 4
CLASS, LOGIT, SHIFTED, EXPONENTIAL, PROBABILITY, TRUTH, SLOPE, SHARE, OTHERS, GRADIENT = range(2, 12)
BESIDE = 13
"""The column of what stands beside the table."""
WIDTH = 126
"""In characters: what fits beside one another on a screen."""
ROOM = 345
"""Points from the first class down to the end of the screen."""
AIRY, DENSE = (1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 3, 1, 1), (1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1, 3, 1, 1)
"""Rows that each line beside the table takes: those of many classes are low."""
MOST_AIRY = 15
TOLERANCE = 1e-18
SUBSCRIPTS = "₀₁₂₃₄₅₆₇₈₉"


def draw(book: Book) -> Drawn[None] | None:
    """Draw the sheet of the first cross-entropy that it has room for, where there is one."""
    found = subjects(book.graph)
    shown = next((each for each in found if FEWEST <= len(each.classes) <= MOST), None)
    if not shown:
        return None
    canvas = Canvas(NAME, BACKWARD, headings=False, page=Page(one_page=True))
    _SoftmaxPage(canvas, book, book.plan, shown, [each for each in found if each is not shown]).draw()
    return Drawn(canvas)


class _SoftmaxPage:
    """Draws the table, and what is said beside it."""

    def __init__(self, canvas: Canvas, book: Book, plan: Plan | None, shown: Subject, alike: list[Subject]) -> None:
        self._alike = alike
        self._canvas, self._book, self._plan, self._shown = canvas, book, plan, shown
        self._count = len(shown.classes)
        self._desk = Desk(canvas)
        self._wording = Wording(self._desk)
        tensors = book.placement.tensors
        self._logits, self._target, self._loss = tensors[shown.logits], tensors[shown.target], tensors[shown.loss]
        self._others = [call.outputs[0].called for call in book.graph.calls if self._passes_on(call)]
        if shown.logits in book.graph.seeds:
            self._others.append("what lies outside of this part")
        self._airy = self._count <= MOST_AIRY
        self._spans = AIRY if self._airy else DENSE
        self._rows = max(self._count + 1, sum(self._spans))

    def draw(self) -> None:
        """Draw it all."""
        canvas, shown = self._canvas, self._shown
        canvas.widths = {1: 1, CLASS: 5.5, LOGIT: 8.5, SHIFTED: 8.5, EXPONENTIAL: 8.5, PROBABILITY: 8.5, TRUTH: 3.5,
                         SLOPE: 9, SHARE: 10.5, OTHERS: 9 if self._others else 0.3, GRADIENT: 9,
                         BESIDE - 1: 1.5}  # fmt: skip
        canvas.widths[BESIDE] = WIDTH - sum(canvas.widths.values())
        canvas.heights = {TITLE: 28, SUBTITLE: 18, HEADS: 34}
        canvas.heights |= dict.fromkeys(range(FIRST, FIRST + self._rows), ROOM / self._rows)
        canvas.hide_columns(BESIDE + 1)
        canvas.say(
            TITLE, CLASS, f"Softmax and cross-entropy: from {shown.logits.called} to {shown.loss.called}", "title"
        )
        first = f"The first of {shown.samples} samples." if shown.samples > 1 else "All numbers are live."
        canvas.say(SUBTITLE, CLASS, f"{first} Taking off max z keeps e^… small, and p as it is.", "subtitle")
        self._choose()
        self._table()
        self._say()

    def _passes_on(self, call: Call) -> bool:
        """Whether the logits get a gradient through another call, too."""
        if call is self._shown.call or self._shown.logits not in call.inputs or not call.has_grad:
            return False
        placement = self._book.placement
        gains = placement.operator(call).backward_all(placement.results(call))
        return any(into is self._logits and not as_expression(gain).vanishes for into, gain in gains)

    def _column(self, column: int) -> Reference:
        return self._canvas.at(FIRST, column, height=self._count).fixed

    def _cells(self, column: int) -> Expression:
        return as_column(self._canvas.at(FIRST, column, height=self._count)).cells

    def _of(self, column: int, k: Operand) -> Expression:
        """The number of a class in a column."""
        return INDEX(self._column(column), k + 1)

    def _choose(self) -> None:
        """Work out which class is the label's, and what arrives."""
        desk, shown = self._desk, self._shown
        self._label = desk.cell("label", self._target.element(*(0,) * len(shown.target.shape)))
        self._is_known = desk.cell("label is a class", SUM(self._column(TRUTH)))
        self._true = desk.cell("true class", IF(equal(self._is_known, 1), self._label, 0))
        arriving: Operand = self._loss.grad.at(*(0,) * len(shown.loss.shape))
        self._arriving = desk.cell("arriving", arriving / shown.divisor if shown.divisor > 1 else arriving)
        self._largest = desk.cell("largest logit", MAX(self._column(LOGIT)))

    def _table(self) -> None:
        canvas = self._canvas
        value, grad = ("softmax_value", "softmax_grad") if self._airy else ("table_value", "table_grad")
        name = "softmax_class" if self._airy else "table_label"
        arrives = joined("g · (p − y), g = ", self._wording.plain(self._arriving))
        heads = {CLASS: "class k", LOGIT: "logit z", SHIFTED: "z − max z", EXPONENTIAL: "e^(z − max)",
                 PROBABILITY: "p = e^… / Σ", TRUTH: "y", SLOPE: "p − y", OTHERS: "other paths",
                 GRADIENT: f"∂L/∂z on {self._logits.grad.sheet}"}  # fmt: skip
        if not self._others:
            del heads[OTHERS]
        for column, head in heads.items():
            canvas.say(HEADS, column, head, "softmax_head")
        canvas.put(HEADS, SHARE, arrives, "softmax_head")
        exponentials = self._column(EXPONENTIAL)
        for k, index in enumerate(self._shown.classes):
            row = FIRST + k

            def here(column: int, row: int = row) -> Reference:
                return canvas.at(row, column)

            canvas.put(row, CLASS, k, name)
            canvas.put(row, LOGIT, self._logits.value.at(*index), value)
            canvas.put(row, SHIFTED, here(LOGIT) - self._largest, value)
            canvas.put(row, EXPONENTIAL, EXP(here(SHIFTED)), value)
            canvas.put(row, PROBABILITY, here(EXPONENTIAL) / SUM(exponentials), value)
            canvas.put(row, TRUTH, IF(equal(self._label, here(CLASS)), 1, 0), name)
            canvas.put(row, SLOPE, here(PROBABILITY) - here(TRUTH), grad)
            canvas.put(row, SHARE, self._arriving * here(SLOPE), grad)
            canvas.put(row, GRADIENT, self._logits.grad.at(*index), grad)
            if self._others:
                canvas.put(row, OTHERS, here(GRADIENT) - here(SHARE), grad)
        last = FIRST + self._count
        canvas.say(last, CLASS, "Σ", name)
        for column in (EXPONENTIAL, PROBABILITY, TRUTH, SLOPE):
            # The slopes add up to 0, but for rounding.
            total = ROUND(SUM(self._column(column)), 9) if column == SLOPE else SUM(self._column(column))
            canvas.put(last, column, total, name if column == TRUTH else "softmax_total")
        self._colour()

    def _colour(self) -> None:
        canvas = self._canvas
        true = equal(canvas.at(FIRST, CLASS).fixed_col, self._true)
        named = [canvas.at(FIRST, column, height=self._count) for column in (CLASS, TRUTH)]
        canvas.format(named, fill_rule(AND(equal(self._is_known.fixed, 1), true), HIGHLIGHT))
        for column in (LOGIT, SHIFTED):
            canvas.format(self._column(column), *map_rules(canvas.at(FIRST, column), None))
        canvas.format(self._column(PROBABILITY), value_scale(self._column(PROBABILITY)))
        for column in (SLOPE, SHARE, OTHERS, GRADIENT):
            canvas.format(self._column(column), grad_scale(self._column(column)))
        for column in (EXPONENTIAL, PROBABILITY, SLOPE, SHARE, OTHERS, GRADIENT):
            canvas.format(self._column(column), power_rule(canvas.at(FIRST, column)))

    def _say(self) -> None:
        """Spell the numbers out, beside the table."""
        canvas, row = self._canvas, FIRST
        for (text, style), span in zip(self._lines(), self._spans, strict=False):
            if isinstance(text, str):
                canvas.say(row, BESIDE, text, style)
            else:
                canvas.put(row, BESIDE, text, style)
            if span > 1:
                canvas.merge(canvas.at(row, BESIDE, span))
            row += span
        self._links(row)

    def _lines(self) -> list[tuple[str | Expression, str]]:
        """What stands beside the table, each with its style."""
        desk, plain, signed = self._desk, self._wording.plain, self._wording.bracketed
        total, p = desk.cell("sum", SUM(self._column(EXPONENTIAL))), desk.cell("p", self._of(PROBABILITY, self._true))
        shifted, z = desk.cell("z − max", self._of(SHIFTED, self._true)), desk.cell("z", self._of(LOGIT, self._true))
        surprise = desk.cell("surprise", LN(total) - shifted)
        # Of the wrong classes the one that the network finds most likely.
        wrong = desk.column("wrong", IF(equal(self._cells(TRUTH), 1), -1, self._cells(PROBABILITY)))
        rival = desk.cell("rival", MATCH(MAX(wrong.box), wrong.box, 0) - 1)
        q = desk.cell("p of rival", self._of(PROBABILITY, rival))
        t = self._subscript("true class", self._true)
        own, other = joined("k = ", self._true, ":  "), joined("      k = ", rival, ":  ")
        softmax = joined("p", t, " = e^(z", t, " − max) / Σ")
        # One column more leaves less room beside the table.
        if not self._others:
            softmax = joined(softmax, " = ", plain(EXP(shifted)), " / ", plain(total))
        known = self._if_known
        return [
            ("1 · Softmax: the logits become probabilities", "lens_head"),
            (known(joined(softmax, " = ", plain(p))), "softmax_line"),
            (joined("2 · Cross-entropy: how surprising is label ", self._label, "?"), "lens_head"),
            (known(joined("−ln p", t, " = −ln ", plain(p), " = ", plain(surprise))), "softmax_line"),
            ("3 · Its derivative in three lines; t is the label", "lens_head"),
            ("−ln pₜ = −zₜ + ln Σ e^z", "softmax_line"),
            (known(joined("= ", plain(-z), " + ", signed(z + surprise), " = ", plain(surprise))), "softmax_numbers"),
            ("∂/∂zₖ = −[k = t] + e^zₖ / Σ e^z", "softmax_line"),
            (known(joined(own, "−1 + ", plain(p), other, "0 + ", plain(q))), "softmax_numbers"),
            ("= pₖ − yₖ", "softmax_line"),
            (known(joined(own, plain(p - 1), other, plain(q))), "softmax_numbers"),
            (known(self._advice(t)), "softmax_words"),
            (self._agreement(), "label"),
        ]

    def _if_known(self, text: OperandLike) -> Expression:
        """A text, where the label is one of the classes."""
        return IF(equal(self._is_known, 1), text, f"The label is no class from 0 to {self._count - 1}.")

    def _subscript(self, what: str, k: Operand) -> Reference:
        tens, ones = (MID(SUBSCRIPTS, digit + 1, 1) for digit in (INT(k / 10), MOD(k, 10)))
        return self._desk.cell(f"{what} as a subscript", joined(IF(k > 9, tens, ""), ones))

    def _advice(self, t: Operand) -> Expression:
        """What a step against this slope does."""
        pulls = joined(
            "A small step against this slope pulls z", t, " up and pushes the others down, each by its own p: p",
            t, " grows, this loss falls.",
        )  # fmt: skip
        g = self._arriving
        turned = "What arrives is negative: a step against the gradient makes this loss grow."
        return IF(
            g > 0, pulls, IF(g < 0, turned, "No gradient arrives here: these logits learn nothing from this loss.")
        )

    def _agreement(self) -> Expression:
        """Whether the cells of the network hold what the table works out."""
        gradient, share = self._column(GRADIENT), self._column(SHARE)
        apart = SUMXMY2(gradient, share)
        agrees = apart <= TOLERANCE * (1 + SUMPRODUCT(gradient, gradient))
        if self._others:
            return as_expression(f"The path through {listed(self._others)} adds to ∂L/∂z.")
        last = f"∂L/∂z on {self._logits.grad.sheet}"
        return IF(agrees, f"✓ g · (p − y) is {last}, line by line.", f"✗ g · (p − y) is not {last}.")

    def _links(self, row: int) -> None:
        """Lead back, and say where the steps are shown one by one."""
        canvas = self._canvas
        canvas.link(SUBTITLE, BESIDE, Reference("Start", 1, 1), "← Start", "lens_link")
        if self._alike and row > FIRST + self._count + 1:
            other = self._alike[0].loss
            target = self._book.placement.tensors[other].value.first
            canvas.link(row, CLASS, target, f"{other.called} is a cross-entropy, too: all of this holds for it →",
                       "lens_link")  # fmt: skip
        if self._plan:
            numbers = [
                str(k)
                for k, step in enumerate(self._plan.steps, start=1)
                if any(part.call is self._shown.call for part in step.parts)
            ]
            canvas.link(row, BESIDE, LENS_STEP, f"← Lens, steps {listed(numbers)}", "lens_link")


SHEET = SheetSpec(
    NAME,
    "softmax and cross-entropy: from the logits to the loss, and why its slope is p − y",
    draw,
    order=80,
    first=True,
)
