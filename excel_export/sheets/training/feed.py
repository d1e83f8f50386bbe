"""What the steps of a training read, and what is said of each of them: the columns of a table with one row a step."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from torch import nn

from excel_export.compiler.confirm.confirmation import confirmed_trace
from excel_export.compiler.reference.arguments import Inputs, bind
from excel_export.compiler.reference.state import kept_state
from excel_export.formulas import AVERAGE, Expression, Operand, OperandLike, Reference, as_expression, listed
from excel_export.graph.graph import Graph, Value
from excel_export.graph.parts import without_input_gradients
from excel_export.shared.errors import ExportError


@dataclass(frozen=True)
class Cells:
    """The cells of one step, of which formulas are made."""

    columns: Mapping[str, Reference]
    """The cells of its row, by the key of their column."""
    latest: Mapping[str, Reference] = field(default_factory=dict)
    """For each key the cells of that column in the last steps, this one included."""
    values: Mapping[str, Reference] = field(default_factory=dict)
    """The tensors of its network, by their recorded names; none where a row stands for several networks."""

    def column(self, key: str) -> Reference:
        """The row's cell in a column; an ExportError where there is no such column."""
        return _found(self.columns, key, "column")

    def recent(self, key: str) -> Reference:
        """The cells of a column in the last steps, this one included; an ExportError where there is none."""
        return _found(self.latest, key, "column")

    def value(self, name: str) -> Reference:
        """The cells of a tensor in this step's network, by its recorded name; an ExportError where there is none."""
        return _found(self.values, name, "tensor")


Formula = Callable[[Cells], OperandLike]


@dataclass(frozen=True)
class Choice:
    """A column that a learner sets."""

    key: str
    head: str
    values: Sequence[float | str]
    """What stands there at first; the steps take them by turns."""
    allowed: Operand | Sequence[object] | None = None
    """The list to choose from: a range, or a few words; None lets any number in."""
    width: float = 9


@dataclass(frozen=True)
class Column:
    """A column of formulas."""

    key: str
    head: str
    formula: Formula
    style: str
    """How its cells look: 'loss', 'whole', 'percent', 'tick', or another name in `xlsx/styles.py`."""
    fades: bool = False
    """Whether it has no meaning once the training has diverged."""
    width: float = 9

    def mean(self, key: str, head: str, style: str = "", width: float = 9) -> Column:
        """The column beside it that holds its mean over the last steps."""
        return Column(key, head, lambda cells: AVERAGE(cells.recent(self.key)), style or self.style, self.fades, width)


@dataclass(frozen=True)
class Feed:
    """Where the inputs of every step come from, and what a learner may change about it."""

    examples: Sequence[Inputs]
    """Inputs of steps, as the module takes them: one for the shapes; all that there are, where a chart is to be as
    high as their losses."""
    choices: Sequence[Choice]
    """The columns that a learner sets; one pass over the data is as many steps as the first has values."""
    inputs: Callable[[Cells], Mapping[str, OperandLike]]
    """Formulas for the inputs of a step, by the names of `forward`'s arguments, made of its row's cells."""
    columns: Sequence[Column] = ()
    """What follows from the choices."""

    @property
    def steps_a_pass(self) -> int:
        """How many steps make a pass over the data."""
        return len(self.choices[0].values) if self.choices else 1

    def graph(self, module: nn.Module, steps: int) -> Graph:
        """Trace one step of a module: the loss, and the gradients of the parameters.

        Args:
            module: a step is one call of it.
            steps: how many there will be.

        Raises:
            ExportError: the module cannot be traced on the example, or a step depends on those before it by more than
                the parameters.
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
        state = dict.fromkeys([*graph.state, *kept_state(module, self.examples, steps)])
        if state:
            names = listed([f"'{name}'" for name in state])
            raise ExportError(
                f"forward() changes {names}, on which the next steps of a training "
                "depend, and the steps of a workbook hand on parameters only: give it to forward() as an input of each "
                "example, or leave out the training"
            )
        return without_input_gradients(graph)

    def values(self, module: nn.Module, graph: Graph) -> dict[str, Value]:
        """Return the inputs of a graph that was traced from the module, by the names of `forward`'s arguments."""
        # Some have another name in the graph: see `name_apart`.
        return dict(zip(bind(module, self.examples[0]).leaves, graph.of_kind("input"), strict=True))

    def reader(self, module: nn.Module, graph: Graph) -> Callable[[Cells], dict[Value, Expression]]:
        """Return what gives the formulas of the inputs of a graph, which was traced from the module."""
        values = self.values(module, graph)

        def read(cells: Cells) -> dict[Value, Expression]:
            formulas = self.inputs(cells)
            unknown = formulas.keys() - values.keys()
            if unknown:
                raise ExportError(f"{type(module).__name__}.forward takes no tensor '{min(unknown)}'")
            return {
                values[name]: as_expression(formula).reshape(*values[name].shape) for name, formula in formulas.items()
            }

        return read


def _found(cells: Mapping[str, Reference], key: str, what: str) -> Reference:
    if key not in cells:
        raise ExportError(f"a step has no {what} '{key}'; there are: {', '.join(cells)}")
    return cells[key]
