"""The names of a tensor's indices: 'map', 'row', 'column'."""

import re

from excel_export.graph.graph import Graph, Value
from excel_export.ops.matmul import matmul

_STATE = re.compile(r"\.hidden_state(?:_l\d+)?(?:_reverse)?\.(\d+)$")
"""The recorded name of a recurrent layer's state after a time step: 'rnn.hidden_state.3'."""


class IndexNames:
    """The names of tensors' indices: of(y) is ('map', 'row', 'column'), from y's operator or else its rank."""

    def __init__(self, graph: Graph) -> None:
        self._makers = {value: call for call in graph.calls for value in call.outputs}
        self._has_sequences = computes_with_sequences(graph)
        self._time_steps = time_steps(graph)

    def of(self, value: Value) -> tuple[str, ...]:
        """Return the names of a value's indices, one for each dimension: ('filter', 'map', 'row', 'column')."""
        call = self._makers.get(value)
        named = call.operator.index_names(value) if call else ()
        is_parameter = value.kind == "parameter"
        if not named and self._time_steps and len(value.shape) == 3 and not is_parameter:
            of_time = [k for k in (0, 1) if value.shape[k] == self._time_steps]
            if of_time:
                return ("time step", "sample", "number") if of_time[0] == 0 else ("sample", "time step", "number")
        return named or self.by_rank(len(value.shape), is_parameter)

    def by_rank(self, rank: int, is_parameter: bool = False) -> tuple[str, ...]:
        """Return the names of the indices of a tensor with `rank` dimensions: ('sample', 'number') for 2; () for 0.

        With `is_parameter` ('output', 'input') for 2. They are those of `index_names`, for a graph with or without
        sequences.
        """
        return index_names(rank, is_parameter, self._has_sequences)


def computes_with_sequences(graph: Graph) -> bool:
    """Return whether a network has an operator for sequences, as attention, or a matmul of two results of calls."""
    return any(
        call.operator.of_sequences
        or (isinstance(call.operator, matmul) and all(value.kind == "intermediate" for value in call.inputs))
        for call in graph.calls
    )


def time_steps(graph: Graph) -> int:
    """Return the number of time steps of a network's recurrent layers, 3 for an nn.RNN over 3 tokens; 0 without one."""
    return max((int(found[1]) for value in graph.values if (found := _STATE.search(value.name))), default=0)


def index_names(rank: int, is_parameter: bool, sequences: bool = False) -> tuple[str, ...]:
    """Return the names of the indices of a tensor by its rank; ('index 1', …, 'index 5') for ranks not named here.

        result        1 number; 2 sample, number; 3 map, row, column; 4 sample, map, row, column
        of sequences  1 number; 2 token, number; 3 sample, token, number
        parameter     1 output; 2 output, input; 4 filter, map, row, column

    `sequences` is what `computes_with_sequences` returns for the network; parameters have the same names either way.

    Example:
        >>> index_names(4, is_parameter=True), index_names(2, is_parameter=False), index_names(2, False, True)
        (('filter', 'map', 'row', 'column'), ('sample', 'number'), ('token', 'number'))
    """
    if is_parameter:
        known = {1: ("output",), 2: ("output", "input"), 4: ("filter", "map", "row", "column")}
    elif sequences:
        known = {1: ("number",), 2: ("token", "number"), 3: ("sample", "token", "number")}
    else:
        known = {1: ("number",), 2: ("sample", "number"), 3: ("map", "row", "column"),
                 4: ("sample", "map", "row", "column")}  # fmt: skip
    return known.get(rank, tuple(f"index {k + 1}" for k in range(rank)))
