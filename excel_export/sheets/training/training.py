"""The Training sheet: stochastic gradient descent, one row a step, all of it live.

A row sums up a step; the steps themselves, each the whole network forward and backward, lie below one another on a
sheet of their own. A learning rate is a cell that every step reads: change it, and the network is trained anew.
"""

from collections.abc import Mapping, Sequence

from torch import nn

from excel_export.book.book import Book
from excel_export.book.input_cell import REFUSED
from excel_export.book.names import TRAINING_RATE, chosen
from excel_export.book.sheet import Drawn, SheetSpec
from excel_export.compiler.place.limits import refuse_many_steps
from excel_export.compiler.reference.mean_of_examples import batched
from excel_export.compiler.unroll.unrolled import Unrolled, bounded, length_of_step, unroll
from excel_export.formulas import COUNTIF, IF, Name, Reference, as_expression, equal, joined, number
from excel_export.formulas.grid import Unplaced
from excel_export.graph.graph import Graph, Value
from excel_export.optim import RULES, ChosenRule, as_rule
from excel_export.shared.errors import ExportError
from excel_export.sheets.learning_rule import RuleCells
from excel_export.sheets.training import examples, held_out, step_table, training_charts, training_steps
from excel_export.sheets.training.held_out import HeldOut
from excel_export.sheets.training.step_table import Column, Feed
from excel_export.sheets.training.training_charts import Curve, Curves, axis, losses_at_start
from excel_export.sheets.training.training_options import OTHERS, RATES, Setting, Trained, Training, refuse_odd_rate
from excel_export.workbook.canvas import Canvas, Page
from excel_export.workbook.format_rules import Look, text_rule, when
from excel_export.workbook.read import AFTER_TRAINING, Entry
from excel_export.workbook.styles import BACKWARD, DIFFERS, FORWARD, FORWARD_LIGHT, WARNING

NAME = "Training"
EACH_STEP = "at each training step"
PREFIX = "training_"
"""The beginning of the defined names of a training's learning rule."""
SETTINGS_ROW = step_table.LINKS_ROW + 1
SETTING_COL, SETTING_WIDTH = 4, 10
NARROWEST = 120
"""The least width of the table, in characters: the text and the charts need it."""
TEXT = (
    "The network sees {} at a time, and each step moves every parameter a little against its gradient: new "
    "parameter = parameter − learning rate · gradient. Change a yellow cell, such as the learning rate, and all "
    "steps are recomputed."
)
TEXT_OF_RULES = (
    "The network sees {} at a time, and each step moves every parameter: new parameter = parameter − rate · "
    "direction. By the rule SGD, the direction is the gradient; other rules remember the steps before. Change a yellow "
    "cell, and all steps are recomputed."
)


def draw(book: Book) -> Drawn[Trained] | None:
    """Draw the examples, the table with its charts, and the steps; the result is the `Trained`, for other sheets.

    None if the author wants no training.

    Raises:
        ExportError: there is no example, they do not fit the module, or the network is too large to be unrolled.
    """
    training, module = book.option(Training), book.module
    if not (training and module):
        return None
    _refuse_odd(book, training)
    drawn = Drawn[Trained](then=training.then)
    single, given, batch = training.start or module, training.examples, training.batch
    feed = given if isinstance(given, Feed) else examples.draw(drawn, "Examples", single, given, batch)
    start = single if isinstance(given, Feed) else batched(single, next(iter(examples.named(given).values())), batch)
    other = None if training.held_out is None else held_out.held_out(drawn, single, training.held_out, training.steps)
    graph = feed.graph(start, training.steps)
    formulas = ChosenRule(training.offered(graph), PREFIX)
    refuse_many_steps(graph, training.steps, len(formulas.states))
    table = _TrainingTable(training, start, feed, graph, formulas, other)
    read = feed.reader(start, graph)
    pile = training_steps.Pile(graph, table.tensors_read, [state.name for state in formulas.states])
    unrolled = unroll(
        graph, training.steps, pile.first, pile.apart,
        given=lambda step: read(table.rows.cells_from_afar(step)),
        rate=lambda value: pile.rate(0, table.group(value)).fixed,
        rule=formulas,
        unbias=[pile.rate(0, len(table.groups) + k).fixed for k in range(len(formulas.unbias))],
    )  # fmt: skip
    table.draw(unrolled)
    drawn.add(table.canvas)
    steps = training_steps.draw(table.title, unrolled, pile, table.canvas.at(1, 1), table.rates)
    drawn.add_hidden(steps, training_steps.SHOWS)
    if other:
        other.draw(drawn, unrolled, table.canvas.at(1, 1))
    drawn.define(table.names)
    parameters = {value.name: grid for value, grid in unrolled.parameters(unrolled.last).items()}
    drawn.entries += [Entry(name, AFTER_TRAINING, grid) for name, grid in parameters.items()]
    for column in table.rows.columns:
        cells = table.canvas.column(table.rows.first_row, table.rows.col_of[column.key], training.steps)
        drawn.entries.append(Entry(column.key, EACH_STEP, cells))
    drawn.result = Trained(start, feed, parameters, table.canvas, table.rows.last_row)
    return drawn


class _TrainingTable:
    def __init__(
        self,
        training: Training,
        start: nn.Module,
        feed: Feed,
        graph: Graph,
        formulas: ChosenRule,
        other: HeldOut | None,
    ) -> None:
        recent = step_table.recent_steps(feed, training.steps)
        columns = _loss_columns(recent, other) if training.columns is None else training.columns
        self.other = other
        self.title = training.title or f"{training.steps} steps of training"
        self.rule, self._has_choice = RuleCells(formulas, as_rule(training.rule)), len(formulas.rules) > 1
        at_a_time = "one example" if training.batch == 1 else f"{training.batch} examples"
        self.text = training.text or (TEXT_OF_RULES if self._has_choice else TEXT).format(at_a_time)
        self.settings = (_learning_rate(training.learning_rate, formulas), *training.settings)
        self.curves = training.curves or ()
        if training.columns is None and training.curves is None:
            losses = losses_at_start(start, feed) + (losses_at_start(other.module, other.feed) if other else [])
            self.curves = _loss_curves(columns, losses)
        self._group_of = {value: training.group(value) for value in graph.of_kind("parameter")}
        self.groups = [group for group in (*training.groups, OTHERS) if group in self._group_of.values()]
        self._unbias = formulas.unbias
        """The divisors of means at a step, as formulas by the heads of their columns."""
        first_setting = SETTINGS_ROW + self._has_choice
        self.setting_rows = range(first_setting, first_setting + len(self.settings))
        self.text_row = self.setting_rows.stop
        self.chart_row = self.text_row + 1
        self.numbers_row = self.chart_row + (training_charts.CHART_ROWS if self.curves else 0) + 1
        # The settings stay in view above whatever a learner scrolls to.
        self.canvas = Canvas(NAME, FORWARD, freeze=f"A{self.text_row}", zoom=85, page=Page(one_page=True))
        first_row = self.numbers_row + 1 + len(self.rule.numbers) + 3
        self.rows = step_table.StepTable(self.canvas, first_row, training.steps, feed, columns)
        self.move_col = self.rows.next_col
        self.status_col = self.move_col + 1
        self.rate_col = self.move_col + 2
        self.names: dict[Name, Reference] = {}
        """The cells of defined names: typed numbers, numbers in use, and those that follow from them."""

    def tensors_read(self, tensors: Mapping[str, Reference]) -> set[str]:
        """Return the names of the tensors of a step that the columns read; `tensors` are the cells of all by their
        names.
        """
        return self.rows.tensors_read({**tensors, **self._held_out(0)}) - {held_out.KEY}

    def _held_out(self, step: int) -> dict[str, Reference]:
        return {held_out.KEY: self.other.loss.at(step)} if self.other else {}

    def group(self, parameter: Value) -> int:
        return self.groups.index(self._group_of[parameter])

    def rates(self, step: int) -> dict[str, Reference]:
        row = self.rows.first_row + step
        return {head: self.canvas.at(row, self.rate_col + k) for k, head in enumerate(self._rate_heads)}

    @property
    def _rate_heads(self) -> list[str]:
        return [*(group.head for group in self.groups), *self._unbias]

    def draw(self, unrolled: Unrolled) -> None:
        canvas = self.canvas
        canvas.put(1, 2, self.title, "title")
        canvas.put(self.text_row, 2, self.text, "text")
        canvas.link(step_table.LINKS_ROW, 2, Reference("Start", 1, 1), "← Start", "link")
        canvas.heights |= {1: 30, self.text_row: 34, self.rows.first_row - 1: 44}
        canvas.widths = {1: 2, step_table.STEP_COL: 7, self.move_col: 12, self.status_col: 12}
        canvas.widths |= dict.fromkeys(range(self.rate_col, self.rate_col + len(self._rate_heads)), 12)
        self._draw_heads()
        canvas.widths[SETTING_COL] = max(canvas.widths.get(SETTING_COL, 0), SETTING_WIDTH)
        # The text and the charts need room where the table is narrow.
        last_shown = self.rate_col + len(self._rate_heads) - 1
        while sum(canvas.widths[col] for col in range(step_table.STEP_COL, last_shown + 1)) < NARROWEST:
            last_shown += 1
            canvas.widths[last_shown] = 10
        canvas.merge(canvas.at(self.text_row, 2, width=last_shown - 1))
        canvas.printed = canvas.at(1, 1, self.rows.last_row, last_shown)
        self._draw_settings()
        for step in range(len(unrolled.steps)):
            self._draw_row(step, unrolled)
        first = canvas.at(self.rows.first_row, step_table.FIRST_COL)
        table = first.to(canvas.at(self.rows.last_row, self.status_col))
        canvas.format(table, text_rule(first, step_table.DIVERGED, DIFFERS))
        if self.curves:
            # What the charts draw is out of sight.
            canvas.widths[last_shown + 1] = 40
            training_charts.draw(self.rows, self.curves, self.chart_row, self.status_col, last_shown + 2)

    def _draw_settings(self) -> None:
        canvas, inputs, rule = self.canvas, self.rows.inputs, self.rule.formulas.name("rule")
        if self._has_choice:
            where = "; its numbers stand below the charts"
            drawn = self.rule.draw_choice(canvas, SETTINGS_ROW, inputs, "rule_edit", where)
            self.names |= {chosen(rule): drawn.cell, rule: drawn.used}
        for row, setting in zip(self.setting_rows, self.settings, strict=True):
            words = as_expression(setting.hint)
            if row == self.setting_rows.start:  # beside the learning rate: whether the training diverges
                status, diverged = self.rows.column(self.status_col), step_table.DIVERGED
                diverges, lost = equal(status.at(self.rows.steps - 1), diverged), COUNTIF(status, diverged)
                canvas.format(canvas.at(row, 5), when(diverges, Look(ink=WARNING)))
                last = joined("diverged at step ", self.rows.steps - lost + 1, f": {setting.hint}")
                words = IF(diverges, last, setting.hint)
            drawn = inputs.draw(canvas, row, setting.label, RATES, setting.value, "rate_edit", words)
            self.names |= {chosen(setting.name): drawn.cell, setting.name: drawn.used}
        row = self.numbers_row
        canvas.put(row, inputs.label, "Settings of the learning rule", "heading")
        if not self._has_choice:
            canvas.put(row, inputs.hidden, self.rule.first.name, "chart_data")
            self.names[rule] = canvas.at(row, inputs.hidden)
        self.names |= self.rule.draw_derived(canvas, row, inputs.hidden + 2, "chart_data")
        for k, (said, _) in enumerate(self.rule.formulas.derived.values()):
            canvas.put(row + k, inputs.hidden + 3, said, "hint")
        self.names |= self.rule.draw_numbers(canvas, row + 1, inputs)
        canvas.hide_columns(self.rows.next_col + step_table.FAR)

    def _draw_heads(self) -> None:
        canvas, row = self.canvas, self.rows.first_row - 1
        self.rows.draw_heads()
        canvas.across(row, self.move_col, ("length of the step", "", *self._rate_heads), "head_wrapped")
        if self.rows.choices:
            words = IF(self.rows.refused > 0, REFUSED, "what it trains on")
            canvas.put(row - 1, step_table.FIRST_COL, words, "hint")
        canvas.put(row - 1, step_table.FIRST_COL + len(self.rows.choices), "results before the step", "hint")
        canvas.put(row - 1, self.move_col, f"the step; in full on the hidden sheet {training_steps.NAME}", "hint")

    def _draw_row(self, step: int, unrolled: Unrolled) -> None:
        canvas, row, graph = self.canvas, self.rows.first_row + step, unrolled.graph
        status = canvas.at(row, self.status_col)
        before, after = [*unrolled.steps, unrolled.last][step : step + 2]
        grids = {name: before.tensors[value].value for name, value in (*graph.named, ("loss", graph.loss))}
        values = {name: grid.box for name, grid in grids.items() if not isinstance(grid, Unplaced)}
        self.rows.draw_row(step, self.rows.cells(step, values | self._held_out(step)), status)
        length = length_of_step(before, after, graph.of_kind("parameter"))
        stopped = step_table.draw_length(canvas, canvas.at(row, self.move_col), length, step)
        rates = [bounded(group.rate) for group in self.groups]
        canvas.across(row, self.rate_col, [IF(stopped, 0, rate) if step else rate for rate in rates], "rate")
        divisors = [unbias(canvas.at(row, step_table.STEP_COL)) for unbias in self._unbias.values()]
        canvas.across(row, self.rate_col + len(self.groups), divisors, "rate")


def _refuse_odd(book: Book, training: Training) -> None:
    if training.steps < 1:
        raise ExportError(f"a training has at least one step, not {training.steps}")
    refuse_odd_rate(training.learning_rate)
    if isinstance(training.examples, Feed) and training.batch != 1:
        raise ExportError("a Feed says itself what a step takes: it goes without a batch")
    for setting in training.settings:
        formulas = ChosenRule(RULES, PREFIX)
        of_rules = map(formulas.name, ("rule", *formulas.derived, *formulas.numbers))
        if {setting.name.text, chosen(setting.name).text} & book.names.keys() or setting.name in of_rules:
            raise ExportError(f"the setting '{setting.label}' has the name of something else: {setting.name.text}")


def _learning_rate(rate: float, formulas: ChosenRule) -> Setting:
    *others, last = (number(float(f"{rate * factor:.2g}")) for factor in (0.1, 0.5, 2, 10, 100))
    words = dict.fromkeys(rule.rates_to_try for rule in formulas.rules)
    to_try = "".join(f"; {each}" for each in words if each)
    return Setting("Learning rate", TRAINING_RATE, rate, f"try {', '.join(others)} and {last}{to_try}")


def _loss_columns(recent: int, other: HeldOut | None) -> list[Column]:
    key = held_out.KEY
    held = [Column(key, "held-out loss", lambda step: step.value(key), "loss", fades=True, width=13)] if other else []
    width = 26 if recent == 1 and not other else 13
    loss = Column("loss", "loss", lambda step: step.value("loss"), "loss", fades=True, width=width)
    # Of a single step, the mean is the loss itself.
    means = [loss.mean("loss_mean", f"its mean, last {recent}", width=13)] if recent > 1 else []
    return [loss, *means, *held]


def _loss_curves(columns: Sequence[Column], losses: Sequence[float]) -> list[Curves]:
    lowest, highest = axis(losses)
    *single, last = (column for column in columns if column.key != held_out.KEY)
    lines = [*(Curve(column.key, FORWARD_LIGHT, thin=True) for column in single), Curve(last.key, FORWARD)]
    alt = "The loss at each step" + (", and its mean over the last steps" if single else "")
    if len(columns) > len(lines):
        lines.append(Curve(held_out.KEY, BACKWARD))
        alt += ", and the loss of the held-out examples"
    return [Curves("The loss at each step", "loss", f"{alt}.", lines, highest, lowest)]


SHEET = SheetSpec(
    NAME,
    "many training steps: change the learning rate, and they run again",
    draw,
    order=600,
    also=("Examples", examples.HELD_OUT, training_steps.NAME, held_out.NAME),
)
