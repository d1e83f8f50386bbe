"""A spreadsheet as a PyTorch module whose parameters are cells."""

from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path

import torch
from torch import nn
from torch.overrides import _len_torch_function_stack

from excel_export.shared.a1_notation import Place
from excel_export.shared.cells import name_of
from excel_export.shared.errors import ExportError
from spreadsheet_autograd.functions.values import CellError, Scalar, Unknown, recorded
from spreadsheet_autograd.graph.defined_names import cells_of
from spreadsheet_autograd.graph.graph import SpreadsheetGraph
from spreadsheet_autograd.graph.read_cells import read_contents
from spreadsheet_autograd.language.syntax import address


class SpreadsheetModule(nn.Module):
    """The formulas of a workbook as a function of some cells; `module()` returns the loss, a tensor of shape ().

    Each area of cells is a float64 parameter of its shape, named by its address: `C7_J7`, of shape (1, 8). `areas` has
    its cells by name, {'C7_D7': [[('S', 7, 3), ('S', 7, 4)]]}, whatever the sheet. If an earlier area has the same
    address, `load_spreadsheet` adds the number of earlier areas: `C7_D7_1`.
    """

    def __init__(self, graph: SpreadsheetGraph, loss: Place, areas: dict[str, list[list[Place]]]) -> None:
        super().__init__()
        self._graph, self._loss, self._areas = graph, loss, areas
        numbers = graph.numbers
        for name, rows in areas.items():
            values = [[_number(at, numbers.get(at)) for at in row] for row in rows]
            self.register_parameter(name, nn.Parameter(torch.tensor(values, dtype=torch.float64)))
        cut = {at for rows in areas.values() for row in rows for at in row}
        self._constants = {
            at: numbers.get(at)
            for at in graph.ancestors(loss, cut)
            if at[1] > 0 and at not in graph.formulas and at not in cut
        }

    def cells(self) -> dict[Place, torch.Tensor]:
        """Return the values of the parameters' cells, and of all cells that lead from these to the loss, the loss too.

        {('Sheet1', 3, 2): tensor(0.5), …}: float64 tensors of shape () with gradients, at the parameters as they are.
        """
        values: dict[Place, Scalar] = dict(self._constants)
        for name, rows in self._areas.items():
            parameter = self.get_parameter(name)
            for i, row in enumerate(rows):
                values.update({at: parameter[i, j] for j, at in enumerate(row)})
        self._graph.compute([self._loss], values)
        return {at: value for at, value in values.items() if isinstance(value, torch.Tensor)}

    def forward(self) -> torch.Tensor:
        """Return the loss, a tensor of shape ().

        Raises:
            ExportError: at these parameters the loss is no number.
        """
        # While an export records the computation, no number may be read out of a tensor.
        with recorded() if _len_torch_function_stack() else nullcontext():
            found = self.cells().get(self._loss)
        if found is None:
            raise ExportError(f"{address(self._loss)} is no number that depends on the parameters")
        return found


def load_spreadsheet(path: str | Path, loss: str, parameters: str | Sequence[str]) -> SpreadsheetModule:
    """Load a sheet as a module that can be trained with PyTorch.

    Args:
        path: an .xlsx file, from any program.
        loss: the cell of the loss, such as 'M7' or "'Step 2'!M7"; without a sheet, on the first one. Or a defined name.
        parameters: the cells of the parameters, such as 'C7:J7', or several of these.

    Returns:
        A module: `module()` returns the loss, and each area of parameters is a float64 parameter of its shape.

    Raises:
        ExportError: the file can't be read; a cell isn't there or holds no number; the loss doesn't depend on the
            parameters, or depends on a cell that can't be computed.
    """
    contents = read_contents(Path(path))
    graph = SpreadsheetGraph(contents)
    at = cells_of(contents, loss)[0]
    if at not in graph.formulas:
        why = graph.left_out.get(at, "it holds no formula")
        raise ExportError(f"{path}: {address(at)} can't be the loss: {why}")
    areas: dict[str, list[list[Place]]] = {}
    for area in [parameters] if isinstance(parameters, str) else parameters:
        cells = cells_of(contents, area)
        rows = sorted({cell[1] for cell in cells})
        grid = [[cell for cell in cells if cell[1] == row] for row in rows]
        first, last = cells[0], cells[-1]
        name = name_of(*first[1:]) if len(cells) == 1 else f"{name_of(*first[1:])}_{name_of(*last[1:])}"
        areas[name if name not in areas else f"{name}_{len(areas)}"] = grid
    cut = {cell for grid in areas.values() for row in grid for cell in row}
    graph.keep([at, *cut])
    ancestors = graph.ancestors(at, cut)
    if not cut & ancestors:
        raise ExportError(f"{path}: {address(at)} doesn't depend on the parameters")
    for cell in ancestors - cut:
        if graph.reads_left_out(cell) or isinstance(graph.numbers.get(cell), Unknown):
            raise ExportError(f"{path}: {address(cell)}: {graph.left_out.get(cell, 'depends on what is not known')}")
    return SpreadsheetModule(graph, at, areas)


def _number(at: Place, value: Scalar) -> float:
    if isinstance(value, CellError) or not isinstance(value, float):
        raise ExportError(f"{address(at)} holds no number, so it can't be a parameter")
    return value
