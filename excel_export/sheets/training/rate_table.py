"""The table and the chart of compared trainings: a column for each, a row for each step.

They are the lower part of the Training sheet; without that, a sheet of their own.
"""

from collections.abc import Sequence
from dataclasses import replace

from excel_export.book import input_cell
from excel_export.compiler.unroll.unrolled import LARGEST_RATE
from excel_export.formulas import AVERAGE, IF, Reference, equal, joined, total
from excel_export.optim import PLAIN, RULES
from excel_export.optim.rule import Hyperparameter
from excel_export.sheets.training.step_table import DIVERGED, FAR, FIRST_COL, LINKS_ROW, STEP_COL, Feed, StepTable
from excel_export.sheets.training.training_charts import draw_column, draw_steps, within
from excel_export.sheets.training.training_options import RATES, ComparedRule, Trained, numbers_of
from excel_export.workbook.calibri import DEFAULT_WIDTH
from excel_export.workbook.canvas import Canvas, Page
from excel_export.workbook.charts import Chart, Line
from excel_export.workbook.format_rules import text_rule
from excel_export.workbook.styles import DIFFERS, FORWARD, PALETTE

NAME, NAME_OF_RULES = "Learning rates", "Learning rules"
RATE_ROW = 5
"""The row of the rates, or of the names of rules, counted from the title."""
CHART_ROWS = 20
CHART_ROWS_OF_RULES = 22
CHART_WIDTH = 90.0
"""The width of the chart, in characters."""
SLIMMEST_CHART = 45.0
"""The least width of the chart, in characters, beside many columns of rules."""
RATE_WIDTH = 11
"""The width of the column of a rate, in characters."""
RULE_WIDTH = 12
"""The width of the column of a rule, in characters."""
GAP = 2
"""The empty rows below the table of a training."""
NARROW = 8.5
"""The width, in characters, of the column of a rate below the table of a training."""
LINES_IN_A_ROW = 5
"""The number of curves from which on the legend takes a second row, as it does with the names of rules."""
REFUSED_RATES = (
    f"{input_cell.REFUSED}; of a rate that is too small or too large, the nearest one from 0 to {LARGEST_RATE:,}"
)
REFUSED_NUMBERS = f"{input_cell.REFUSED}; of a number that is too small or too large, the nearest one that is allowed"
TEXT = (
    "The same network trains on the same examples, from the same parameters, at several learning rates. If the "
    "rate is too small, learning is slow; if it is too large, the steps overshoot further and further and diverge. "
    "Try other rates in the yellow cells."
)
TEXT_OF_RULES = (
    "The same network trains on the same examples, from the same parameters, by several learning rules: new parameter "
    "= parameter − rate · direction. Each rule makes the direction from the gradients in its own way. Change a yellow "
    "cell, and all steps are recomputed."
)


class RateTable:
    """The table of compared trainings: a column for each, a row for each step's loss; above, rules and rates."""

    def __init__(
        self, compared: Sequence[ComparedRule], steps: int, feed: Feed, title: str, trained: Trained | None
    ) -> None:
        """Place the table below that of a training, or on a sheet of its own if `trained` is None.

        `title` is the heading; '' for 'Which learning rate?' or 'Which learning rule?'.
        """
        self.trained, self.top = trained, trained.last_row + GAP + 1 if trained else 1
        self.compared, self.steps = compared, steps
        self.of_rules = of_rules = any(each.rule != PLAIN for each in compared)
        self.title = title or ("Which learning rule?" if of_rules else "Which learning rate?")
        self.hyperparameters = numbers_of(compared) if of_rules else []
        self.rule_row = self.top + RATE_ROW - 1
        self.rate_row = self.rule_row + of_rules
        self.head_row = self.rate_row + len(self.hyperparameters) + 1
        first_row = self.head_row + 1
        name = NAME_OF_RULES if of_rules else NAME
        self.canvas = trained.canvas if trained else Canvas(name, FORWARD, zoom=85, page=Page(one_page=True))
        self.rows = StepTable(self.canvas, first_row, steps, feed)
        self.first_col = self.rows.next_col
        self.chart_col = self.first_col + len(compared) + 1
        # Below a training, its columns are widened only where they are too narrow.
        width = RULE_WIDTH if of_rules else NARROW if trained else RATE_WIDTH
        wanted: dict[int, float] = dict.fromkeys(range(self.first_col, self.chart_col - 1), width)
        if not trained:
            wanted |= {1: 2, STEP_COL: 7, self.chart_col - 1: 2}
        # Words before a rate reach into what is empty beside them; where nothing is, they need room or are short.
        self.is_short = bool(trained) and not of_rules and self.first_col == FIRST_COL
        if self.first_col == FIRST_COL and not self.is_short:
            wanted[STEP_COL] = 17
        self.canvas.widths |= {col: max(width, self.canvas.widths.get(col, 0)) for col, width in wanted.items()}
        # Beside the wider columns of rules, a narrower chart is still on the screen.
        slimmer = CHART_WIDTH + SLIMMEST_CHART - RULE_WIDTH * len(compared)
        room = max(SLIMMEST_CHART, min(CHART_WIDTH, slimmer)) if of_rules else CHART_WIDTH
        self.last_shown = self.chart_col
        """The column behind the chart."""
        while room > 0:
            room -= self.canvas.widths.get(self.last_shown, DEFAULT_WIDTH)
            self.last_shown += 1
        self.drawn_col = self.last_shown + 3
        self.shown = f"loss, mean of the last {self.rows.recent} steps" if self.rows.recent > 1 else "loss"

    def rate(self, number: int) -> Reference:
        """Return the cell with the rate in use of the training `number`, from 0 on: typed, or the nearest allowed."""
        return self._used(number, self.rate_row).fixed

    def numbers(self, number: int) -> dict[Hyperparameter, Reference]:
        """Return the cells with the hyperparameters in use of the training `number`, from 0 on: {momentum: $GT$6}."""
        read = RULES[self.compared[number].rule.name].hyperparameters
        rows = enumerate(self.hyperparameters, start=self.rate_row + 1)
        return {each: self._used(number, row).fixed for row, each in rows if each in read}

    def _used(self, number: int, row: int) -> Reference:
        return self.canvas.at(row, self.rows.far_col + 2 * number + 1)

    def draw(
        self, text: str, statuses: Sequence[Reference], losses: Sequence[Reference], bounds: tuple[float, float]
    ) -> None:
        """Write the table.

        Args:
            text: a few sentences for the reader; '' for an explanation of what is compared.
            statuses: for each training the cell with 'learning' or 'diverged' at step 1, above those of later steps.
            losses: for each training the cells of its losses, one below another for the steps.
            bounds: the ends of the chart's axis, (0.001, 10.0).
        """
        canvas, rate_row, head_row, first_row = self.canvas, self.rate_row, self.head_row, self.rows.first_row
        canvas.put(self.top, 2, self.title, "title")
        text = text or (TEXT_OF_RULES if self.of_rules else TEXT)
        canvas.put(self.top + 1, 2, text, "text", width=self.last_shown - 1)
        canvas.heights |= {self.top: 30, self.top + 1: 34, rate_row: 24, head_row: 32}
        if self.trained:
            canvas.link(LINKS_ROW, FIRST_COL + 1, canvas.at(self.top, 2), f"{self.title} ↓", "link")
            canvas.link(self.top + 2, 2, canvas.at(1, 1), "↑ the training", "link")
        else:
            canvas.link(self.top + 2, 2, Reference("Start", 1, 1), "← Start", "link")
            canvas.printed = canvas.at(1, 1, self.rows.last_row, self.last_shown)
        canvas.put(self.rule_row - 1, self.drawn_col, "chart data: the same, clipped", "hint")
        canvas.put(rate_row, STEP_COL, "rate →" if self.is_short else "Learning rates →", "label")
        self.rows.draw_heads()
        for step in range(self.steps):
            self.rows.draw_row(step, self.rows.cells(step))
        flags = []
        for number, compared in enumerate(self.compared):
            col, drawn = self.first_col + number, self.drawn_col + number
            rate = self._draw_input(number, rate_row, RATES, compared.rate)
            flags += [rate.flag, *self._draw_numbers(number)]
            head = joined(f"{compared.name} " if self.of_rules else "rate ", rate.used)
            canvas.put(head_row, col, head, "head_wrapped")
            canvas.put(head_row, drawn, canvas.at(head_row, col), "head_wrapped")
            if self.of_rules:
                canvas.widths[drawn] = RULE_WIDTH
            draw_steps(self.rows, drawn + len(self.compared), col)
            draw_column(self.rows, drawn, col, within(*bounds, col - drawn))
            for step in range(self.steps):
                before = min(step, self.rows.recent - 1)
                recent = replace(losses[number].at(step - before), height=before + 1)
                mean = IF(equal(statuses[number].at(step), DIVERGED), DIVERGED, AVERAGE(recent))
                canvas.put(first_row + step, col, mean, "fine_loss")
        # Above the table stands whether something was typed that is not used.
        refused, words = total([*flags, self.rows.refused]) > 0, REFUSED_NUMBERS if self.of_rules else REFUSED_RATES
        canvas.put(self.rule_row - 1, self.first_col, IF(refused, words, f"the {self.shown}"), "hint")
        canvas.hide_columns(self.rows.next_col + FAR)
        means = canvas.at(first_row, self.first_col, self.steps, len(self.compared))
        canvas.format(means, text_rule(canvas.at(first_row, self.first_col), DIVERGED, DIFFERS))

    def _draw_numbers(self, number: int) -> list[Reference]:
        """Draw the name of a rule and the cells of its numbers; return the cells that are 1 for a refused number."""
        if not self.of_rules:
            return []
        canvas, col, compared = self.canvas, self.first_col + number, self.compared[number]
        canvas.put(self.rule_row, col, compared.name, "head_wrapped")
        canvas.heights[self.rule_row] = 32
        flags = []
        for row, each in enumerate(self.hyperparameters, start=self.rate_row + 1):
            canvas.heights[row] = 20
            if number == 0:
                canvas.put(row, STEP_COL, f"{each.label} →", "label")
            if each not in RULES[compared.rule.name].hyperparameters:
                canvas.put(row, col, "–", "step_number")
                continue
            allowed = input_cell.Between(each.lowest, each.highest)
            flags.append(self._draw_input(number, row, allowed, compared.rule.number(each)).flag)
        return flags

    def _draw_input(self, number: int, row: int, allowed: input_cell.Allowed, first: float) -> input_cell.InputCell:
        cell, used = self.canvas.at(row, self.first_col + number), self._used(number, row)
        drawn = input_cell.InputCell(cell, allowed, first, used.at(0, -1), used)
        drawn.draw(self.canvas, "rate_edit", "chart_data")
        return drawn

    def draw_chart(self, title: str, y_title: str, alt: str, bounds: tuple[float, float]) -> None:
        """Draw the curves of the losses, each named by the head of its column.

        `title`, the axis's `y_title`, and the chart in words, `alt`, are '' for the texts that `LearningRates` names;
        `bounds` are the ends of the axis, (0.001, 10.0), which is logarithmic if both are above 0.
        """
        lowest, highest = bounds
        by = f"{'by' if self.of_rules else 'at'} {len(self.compared)} learning {'rules' if self.of_rules else 'rates'}"
        head = self.canvas.at(self.head_row, self.drawn_col)
        count, first = len(self.compared), self.drawn_col
        lines = [
            Line(first + k, head.at(0, k), *PALETTE[k % len(PALETTE)], steps=first + k + count) for k in range(count)
        ]
        rows = CHART_ROWS_OF_RULES if self.of_rules else CHART_ROWS
        is_long = self.of_rules or len(lines) >= LINES_IN_A_ROW
        self.canvas.charts.append(
            Chart(
                self.canvas.at(self.rule_row, self.chart_col, rows, self.last_shown - self.chart_col),
                title or f"The same steps {by}", "step", y_title or self.shown, lines,
                STEP_COL, self.rows.first_row, self.rows.last_row,
                alt or f"The loss over {self.steps} steps {by}.",
                lowest, highest, log=lowest > 0, plot_height=0.62 if is_long else 0.7,
            )
        )  # fmt: skip
