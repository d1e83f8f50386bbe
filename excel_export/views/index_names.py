"""The names of a tensor's indices: 'map', 'row', 'column'."""

import re

from excel_export.graph.graph import Graph, Value

STATE = re.compile(r"\.(hidden_state|cell_state|forget_gate|update_gate)((?:_l\d+)?)(?:\.(\d+))?$")
"""The end of the recorded name of a recurrent layer's state or gate: '.hidden_state_l1.3' after the third time step."""


class IndexNames:
    """The names of tensors' indices: of(y) is ('map', 'row', 'column'), from y's operator or else its rank."""

    def __init__(self, graph: Graph) -> None:
        self._makers = {value: call for call in graph.calls for value in call.outputs}
        self._has_sequences = any(call.mixes_sequences for call in graph.calls)
        self._time_steps = time_steps(graph)

    def of(self, value: Value) -> tuple[str, ...]:
        """Return the names of a value's indices, one for each dimension: ('filter', 'map', 'row', 'column')."""
        call = self._makers.get(value)
        named = call.index_names(value) if call else ()
        return named or self._in_time(value) or self.by_rank(len(value.shape), value.kind == "parameter")

    def _in_time(self, value: Value) -> tuple[str, ...]:
        if value.kind == "parameter" or len(value.shape) != 3 or self._time_steps not in value.shape[:2]:
            return ()
        is_first = value.shape[0] == self._time_steps
        return ("time step", "sample", "number") if is_first else ("sample", "time step", "number")

    def by_rank(self, rank: int, is_parameter: bool = False) -> tuple[str, ...]:
        """Return the names of the indices of a tensor with `rank` dimensions: ('sample', 'number') for 2; () for 0.

        With `is_parameter` ('output', 'input') for 2. They are those of `index_names`, for a graph with or without
        sequences.
        """
        return index_names(rank, is_parameter, self._has_sequences)


def time_steps(graph: Graph) -> int:
    """Return the number of time steps of a network's recurrent layers, 3 for an nn.RNN over 3 tokens; 0 without one."""
    states = [found for value in graph.values if (found := STATE.search(value.name)) and found[3]]
    return max((int(found[3]) for found in states), default=0)


def index_names(rank: int, is_parameter: bool, sequences: bool = False) -> tuple[str, ...]:
    """Return the names of the indices of a tensor by its rank; ('index 1', …, 'index 5') for ranks not named here.

        result        1 number; 2 sample, number; 3 map, row, column; 4 sample, map, row, column
        of sequences  1 number; 2 token, number; 3 sample, token, number
        parameter     1 output; 2 output, input; 4 filter, map, row, column

    `sequences` is true if a call of the network mixes sequences; parameters have the same names either way.

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
