"""The arrays of a page: one for each tensor of a graph, element after element."""

import math
from collections.abc import Sequence

from excel_export.compiler.place.gradient_accumulation import CONTRIBUTIONS, contributions_of
from excel_export.compiler.place.placement import Placement
from excel_export.formulas import Grid, PlacedTensor
from excel_export.formulas.javascript.array_places import Array
from excel_export.graph.graph import Graph, Value


class Memory:
    """Creates arrays of a page, 'a0', 'a1', …; for formulas, an array is a sheet with a column for each last index."""

    def __init__(self) -> None:
        self.sizes: dict[str, int] = {}
        """The number of elements of each array, by name."""

    def take(self, shape: Sequence[int]) -> Grid:
        """Create an array for a tensor of a shape, and return it as a grid on a sheet of the array's name.

        Example:
            >>> memory = Memory()
            >>> memory.take((2, 3)).area, memory.take(()).sheet, memory.sizes
            ('A1:C2', 'a1', {'a0': 6, 'a1': 1})
        """
        array = Array(f"a{len(self.sizes)}", shape[-1] if shape else 1)
        self.sizes[array] = math.prod(shape)
        down = [math.prod(shape[axis + 1 : -1]) for axis in range(len(shape) - 1)]
        last = [1] * bool(shape)
        return Grid(array, 1, 1, tuple(shape), (*down, *[0] * len(last)), (*[0] * len(down), *last))


def place(graph: Graph, memory: Memory) -> Placement:
    """Return a placement with an array for each tensor, gradient and helper: placement.tensors[x].value.sheet: 'a1'."""
    tensors: dict[Value, PlacedTensor] = {}
    contributions = contributions_of(graph)
    makers = {call.outputs[0]: call for call in graph.calls}
    for value in graph.values:
        grad = memory.take(value.shape) if value.has_grad else None
        tensor = tensors[value] = PlacedTensor(value.name, value.data, memory.take(value.shape), grad)
        tensor.know(value)
        if value in makers:
            tensor.helpers.update({name: memory.take(each.shape) for name, each in makers[value].helpers.items()})
        if value in contributions:
            tensor.helpers[CONTRIBUTIONS] = memory.take((contributions[value], *value.shape))
        if value in graph.seeds and value is not graph.loss:
            tensor.seed = memory.take(value.shape)
    return Placement([], tensors, ())
