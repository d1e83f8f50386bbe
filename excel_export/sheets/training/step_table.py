"""A table with one row a step: its number, its choices, and the columns computed from them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from torch import nn

from excel_export.book import input_cell
from excel_export.compiler.confirm.confirmation import confirmed_trace
from excel_export.compiler.reference.arguments import Inputs, bind
from excel_export.compiler.reference.state import kept_state
from excel_export.compiler.unroll.unrolled import FURTHEST
from excel_export.formulas import Expression, Operand, OperandLike, Reference, as_expression, equal, listed, total
from excel_export.formulas.functions import AVERAGE, IF, OR, SUM
from excel_export.graph.graph import Graph, Value
from excel_export.graph.subgraphs import without_input_gradients
from excel_export.shared.errors import ExportError
from excel_export.workbook.canvas import Canvas


@dataclass(frozen=True)
class Cells:
    """The cells of one step of a training, from which formulas are made.

    `lambda step: step.column("loss") * 2` is a column with twice the loss: D20*2 in row 20.
    """

    columns: Mapping[str, Reference]
    """The cell in each column of the step's row, by the column's key: {'loss': Reference('Training', 20, 4)}."""
    latest: Mapping[str, Reference] = field(default_factory=dict)
    """The cells of each column in the last steps, this one included, by the column's key: {'loss': D18:D20}."""
    values: Mapping[str, Reference] = field(default_factory=dict)
    """The cells of the step's tensors: {'loss': P20}; empty if a row stands for several networks."""
    read: set[str] = field(default_factory=set)
    """The names of the tensors that formulas have read so far."""

    def column(self, key: str) -> Reference:
        """Return the row's cell in a column, by its key: step.column('loss') is D20.

        Raises:
            ExportError: there is no such column.
        """
        return _cells_of(self.columns, key, "column")

    def recent(self, key: str) -> Reference:
        """Return the cells of a column in the steps of the last pass over the data, this one included: D18:D20.

        Raises:
            ExportError: there is no such column.
        """
        return _cells_of(self.latest, key, "column")

    def value(self, name: str) -> Reference:
        """Return the cells of a tensor in this step's network, by its recorded name: step.value('loss') is P20.

        Raises:
            ExportError: there is no such tensor.
        """
        self.read.add(name)
        return _cells_of(self.values, name, "tensor")


Formula = Callable[[Cells], OperandLike]


@dataclass(frozen=True)
class Choice:
    """A column that a learner sets: Choice('example', 'example', ['cat', 'dog'], cells_of_the_list)."""

    key: str
    """The name by which formulas find the column: 'example'."""
    head: str
    """The text above the column."""
    values: Sequence[float | str]
    """The contents at first; if there are fewer than steps, they begin again."""
    allowed: Operand | Sequence[object] | None = None
    """The list to choose from: a range, or a few words; None allows any number."""
    width: float = 9
    """The width in characters."""


@dataclass(frozen=True)
class Column:
    """A column of formulas: Column('loss', 'loss', lambda step: step.value('loss'), 'loss')."""

    key: str
    """The name by which formulas find the column."""
    head: str
    """The text above the column."""
    formula: Formula
    """A function from the `Cells` of a step to its formula: `lambda step: step.column("loss") * 2`."""
    style: str
    """The name of its cells' style: 'loss', 'whole', 'percent', 'tick', or another one of `workbook/styles.py`."""
    fades: bool = False
    """True if the column shows 'diverged' once the training has diverged."""
    width: float = 9
    """The width in characters."""

    def mean(self, key: str, head: str, style: str = "", width: float = 9) -> Column:
        """Return a column with the mean of this one over the steps of the last pass over the data, AVERAGE(D18:D20).

        `key`, `head` and `width` are the new column's; '' as `style` takes this one's.
        """
        return Column(key, head, lambda cells: AVERAGE(cells.recent(self.key)), style or self.style, self.fades, width)


@dataclass(frozen=True)
class Feed:
    """The source of every step's inputs, and the learner's choices.

    Feed([(x, y)], (), lambda step: {'x': cells}) has no choices, and the inputs x in some cells.
    """

    examples: Sequence[Inputs]
    """Inputs of steps, as the module takes them: one for the shapes; all of them if a chart is to be as high as their
    losses."""
    choices: Sequence[Choice]
    """The columns that a learner sets; one pass over the data has as many steps as the first one has values."""
    inputs: Callable[[Cells], Mapping[str, OperandLike]]
    """A function from the `Cells` of a step to formulas for its inputs, by `forward`'s arguments: {'x': B5:E5}."""
    columns: Sequence[Column] = ()
    """Columns computed from the choices."""

    def graph(self, module: nn.Module, steps: int) -> Graph:
        """Return the graph of a single step of a module: the loss, and the gradients of the parameters.

        The module runs for `steps` steps, to find numbers that it keeps from one to the next.

        Raises:
            ExportError: the module cannot be traced on the first example, draws random numbers, gets examples of
                different sizes, or keeps numbers that its next loss depends on, such as a hidden state.
        """
        try:
            graph, _ = confirmed_trace(module, self.examples[0])
        except ExportError as error:
            raise ExportError(f"on the examples of the training: {error}") from error
        drawn = [value.name for value in graph.values if value.drawn]
        if drawn:
            raise ExportError(
                f"the module draws random numbers, '{drawn[0]}' among them, anew in each step of a training, and a "
                "workbook draws them once: call .eval() on the module, or leave out the training"
            )
        self._refuse_other_sizes(module, graph)
        state = dict.fromkeys([*graph.state, *kept_state(module, self.examples, steps)])
        if state:
            names = listed([f"'{name}'" for name in state])
            raise ExportError(
                f"forward() changes {names}, on which the next steps of a training "
                "depend, and the steps of a workbook hand on parameters only: give it to forward() as an input of each "
                "example, or leave out the training"
            )
        return without_input_gradients(graph)

    def _refuse_other_sizes(self, module: nn.Module, graph: Graph) -> None:
        for name, value in self.values(module, graph).items():
            if value in graph.size_inputs and any(
                not np.array_equal(bind(module, each).leaves[name].detach().numpy(), value.data)
                for each in self.examples
            ):
                raise ExportError(
                    f"on the examples of the training: '{name}' says how large something is, as the length of a "
                    "sequence, and differs between them; the steps of a workbook are alike: take examples of one size"
                )

    def values(self, module: nn.Module, graph: Graph) -> dict[str, Value]:
        """Return the input values of a graph of the module, by the names of `forward`'s arguments: {'x': value}."""
        # Some have another name in the graph: see `name_apart`.
        return dict(zip(bind(module, self.examples[0]).leaves, graph.of_kind("input"), strict=True))

    def reader(self, module: nn.Module, graph: Graph) -> Callable[[Cells], dict[Value, Expression]]:
        """Return a function from a step's `Cells` to formulas for the inputs of a graph that was traced from the
        module.

        Raises:
            ExportError: when the function is called, if `inputs` names no argument of `forward`.
        """
        values = self.values(module, graph)

        def formulas_of(cells: Cells) -> dict[Value, Expression]:
            formulas = self.inputs(cells)
            unknown = formulas.keys() - values.keys()
            if unknown:
                raise ExportError(f"{type(module).__name__}.forward takes no tensor '{min(unknown)}'")
            return {
                values[name]: as_expression(formula).reshape(*values[name].shape) for name, formula in formulas.items()
            }

        return formulas_of


def _cells_of(cells: Mapping[str, Reference], key: str, what: str) -> Reference:
    if key not in cells:
        raise ExportError(f"a step has no {what} '{key}'; there are: {', '.join(cells)}")
    return cells[key]


DIVERGED = "diverged"
"""The word that replaces numbers once a training's numbers have grown beyond a limit."""
STEP_COL, FIRST_COL = 2, 3
LINKS_ROW = 2
"""The row of links below the title of Training."""
FAR = 200
"""The columns between the table and the hidden columns in which choices are checked."""
HELPERS = 2
"""The hidden columns for each column of choices."""


def recent_steps(feed: Feed, steps: int) -> int:
    """Return the number of steps in a mean: as many as the first choice has values, 1 without it; at most `steps`."""
    return min(len(feed.choices[0].values) if feed.choices else 1, steps)


def draw_length(canvas: Canvas, move: Reference, length: Expression, step: int) -> Expression:
    """Write the length of a step, from 0 on, and beside it 'learning', or 'diverged' once a step was 1,000 or longer.

    Args:
        canvas: the sheet.
        move: the cell of the length.
        length: its formula.
        step: the step's number.

    Returns:
        A condition: true if the training had diverged before this step, E19="diverged" for the row 20, false at step 0.
    """
    canvas.put(move.row, move.col, length, "move")
    status = canvas.at(move.row, move.col + 1)
    stopped = equal(status.at(-1), DIVERGED)
    too_far: Expression = move >= FURTHEST
    canvas.put(status.row, status.col, IF(OR(stopped, too_far) if step else too_far, DIVERGED, "learning"), "status")
    return stopped


class StepTable:
    """A table with heads and, from `first_row` on, a row a step: its number, the learner's choices, then formulas."""

    def __init__(self, canvas: Canvas, first_row: int, steps: int, feed: Feed, columns: Sequence[Column] = ()) -> None:
        self.canvas, self.first_row, self.steps = canvas, first_row, steps
        self.choices, self.columns = feed.choices, (*feed.columns, *columns)
        self.recent = recent_steps(feed, steps)
        self._shown: list[Choice | Column] = [*self.choices, *self.columns]
        keys = [item.key for item in self._shown]
        self.col_of = {key: FIRST_COL + k for k, key in enumerate(keys)}
        if len(self.col_of) < len(keys):
            raise ExportError(f"two columns have the same key: {', '.join(keys)}")
        self.next_col = FIRST_COL + len(keys)
        # Out of sight: for each choice whether it is refused, and what is used; then room for others.
        self._flag_of = {choice.key: self.next_col + FAR + HELPERS * k for k, choice in enumerate(self.choices)}
        self.far_col = self.next_col + FAR + HELPERS * len(self.choices)

    @property
    def inputs(self) -> input_cell.InputColumns:
        """The columns, above the table, of settings for all steps: label, yellow cell, remark."""
        return input_cell.InputColumns(2, 4, 5, self.far_col, "hint", "chart_data", warns=False, height=22)

    @property
    def last_row(self) -> int:
        """The row of the last step, from 1 on: 49 for 30 steps from row 20 on."""
        return self.first_row + self.steps - 1

    def column(self, col: int) -> Reference:
        """Return the cells of a column, by its number from 1 on, from the first step to the last: D20:D49."""
        return self.canvas.at(self.first_row, col, height=self.steps)

    def cells(self, step: int, values: Mapping[str, Reference] | None = None) -> Cells:
        """Return the cells of a step, from 0 on, for formulas in its row; `values` are its tensors by name, or None."""
        row = self.first_row + step
        before = min(step, self.recent - 1)
        # Of a choice, what is used instead of what was typed.
        read = self.col_of | {key: col + 1 for key, col in self._flag_of.items()}
        return Cells(
            {key: self.canvas.at(row, col) for key, col in read.items()},
            {key: self.canvas.at(row - before, col, height=before + 1) for key, col in read.items()},
            values or {},
        )

    @property
    def refused(self) -> Expression:
        """The number of choices that are not allowed, as a formula: SUM of hidden cells that are 1 or 0."""
        return total(SUM(self.column(col)) for col in self._flag_of.values())

    def tensors_read(self, tensors: Mapping[str, Reference]) -> set[str]:
        """Return the names of tensors that the formulas read, {'loss'}; `tensors` are the cells of all, by name."""
        cells = self.cells(0, tensors)
        for column in self.columns:
            column.formula(cells)
        return cells.read

    def cells_from_afar(self, step: int) -> Cells:
        """Return the cells of a step, from 0 on, for formulas on other sheets: column('x') is $D$20; no tensors."""
        return Cells({key: cell.fixed for key, cell in self.cells(step).columns.items()})

    def draw_heads(self) -> None:
        """Write the heads of the columns, and restrict the choices to allowed contents."""
        row = self.first_row - 1
        self.canvas.across(row, STEP_COL, ("step", *(item.head for item in self._shown)), "head_wrapped")
        self.canvas.widths |= {self.col_of[item.key]: item.width for item in self._shown}
        for choice in self.choices:
            self._cell(choice, 0).guard(self.canvas, self.column(self.col_of[choice.key]))
            heads = ("refused", f"{choice.head}, as used")
            self.canvas.across(row, self._flag_of[choice.key], heads, "head_wrapped")

    def draw_row(self, step: int, cells: Cells, status: Operand | None = None) -> None:
        """Write the row of a step, from 0 on, by its `cells`.

        `status` is the cell that says 'diverged' once a step was too long: columns that fade then say so, too. None if
        no training can diverge.
        """
        row = self.first_row + step
        self.canvas.put(row, STEP_COL, step + 1, "step_number")
        for choice in self.choices:
            self._cell(choice, step).fill(self.canvas, "input", "chart_data")
        for column in self.columns:
            formula = as_expression(column.formula(cells))
            if column.fades and status is not None:
                formula = IF(equal(status, DIVERGED), DIVERGED, formula)
            self.canvas.put(row, self.col_of[column.key], formula, column.style)

    def _cell(self, choice: Choice, step: int) -> input_cell.InputCell:
        row, hidden = self.first_row + step, self._flag_of[choice.key]
        first, allowed = choice.values[step % len(choice.values)], choice.allowed
        if allowed is None:
            rule: input_cell.Allowed = replace(input_cell.any_number(*choice.values), nearest=False)
        else:
            rule = input_cell.ItemOf(allowed) if isinstance(allowed, Operand) else input_cell.OneOf(allowed)
        cell, flag, used = (self.canvas.at(row, col) for col in (self.col_of[choice.key], hidden, hidden + 1))
        return input_cell.InputCell(cell, rule, first, flag, used)
