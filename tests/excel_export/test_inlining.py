"""Formulas inside others: fewer cells, and every number is still PyTorch's."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from excel_export.authoring import Canvas
from excel_export.compiler.confirm.confirmation import confirmed_trace
from excel_export.compiler.place import inlining
from excel_export.compiler.place.emit import emit
from excel_export.compiler.place.inlining import inlinable
from excel_export.compiler.place.network_picture import place
from excel_export.formulas import Expression
from excel_export.formulas.grid import Unplaced
from excel_export.graph.graph import Graph
from excel_export.workbook.write import write
from tests.support.engines import recalculate
from tests.support.tiny import Fails
from tests.support.trainings import CASES, CNN, pictures


def traced(module: nn.Module, inputs) -> Graph:
    return confirmed_trace(module, inputs)[0]


def found_in(graph: Graph, keep=()) -> set[tuple[str, str]]:
    wanted = [graph.loss, *(value for name, value in graph.named if name in keep)]
    return {(value.name, what) for value, what in inlinable(graph, place(graph), wanted)}


def test_a_relu_holds_its_convolution_and_the_way_back_leads_through_both():
    found = found_in(traced(CNN(), next(iter(pictures().values()))))
    assert {("conv", "value"), ("relu", "grad")} <= found
    assert not {("relu", "value"), ("conv", "grad"), ("max_pool2d", "value")} & found, "windows of cells read these"
    assert {("conv.weight", "grad"), ("out.bias", "grad")} <= found, "no operator reads a parameter's gradient"


def test_what_somebody_reads_keeps_its_cells():
    graph = traced(CNN(), next(iter(pictures().values())))
    assert ("conv", "value") not in found_in(graph, keep=("conv",))
    assert (graph.loss.name, "value") not in found_in(graph)


def twice(x):
    y = x.exp()
    return (y * y).sum()


def spread(x):
    return (x.mean(1, keepdim=True) + torch.zeros(2, 3)).square().sum()


@pytest.mark.parametrize(("function", "name"), [(twice, "exp"), (spread, "mean")])
def test_what_is_read_more_than_once_keeps_its_cells(function, name):
    graph = traced(Fails(function), (torch.tensor([[0.1, 0.2, 0.3], [1.0, 2.0, 3.0]]),))
    assert any(name == value.name for value in graph.values)
    assert (name, "value") not in found_in(graph)


def test_formulas_do_not_grow_without_end():
    class Deep(nn.Module):
        def forward(self, x):
            for _ in range(40):
                x = torch.relu(x) - 0.01
            return x.sum()

    graph = traced(Deep(), (torch.ones(3),))
    placement = place(graph, inline=lambda whole: [graph.loss])
    texts = [
        text
        for grid, formulas in emit(graph, placement).items()
        if isinstance(formulas, Expression)
        for text in formulas.texts(grid.sheet).ravel()
    ]
    assert max(map(len, texts)) <= inlining.LONGEST
    assert 3 < max(text.count("(") for text in texts) <= 2 * inlining.DEEPEST + 2


@pytest.mark.parametrize("name", CASES)
def test_every_number_that_has_cells_is_pytorchs(name, tmp_path):
    case = CASES[name]
    graph = traced(case.module, case.given[1])
    whole = place(graph)
    inlined = inlinable(graph, whole, [graph.loss])
    placement = place(graph, inline=lambda _: [graph.loss])
    canvas = Canvas("Network", "336699")
    for grid, item in emit(graph, placement).items():
        canvas.fill(grid, item, "value")
    write([canvas], {}, tmp_path / "made.xlsx", "Network")
    found = recalculate(tmp_path / "made.xlsx", "ironcalc", tmp_path)
    compared = 0
    for value in graph.values:
        tensor = placement.tensors[value]
        pairs = [(tensor.value, value.data)] + ([(tensor.grad, value.gradient)] if value.has_grad else [])
        for grid, expected in pairs:
            if not isinstance(grid, Unplaced):
                values = [found.value("Network", grid.at(*index).area) for index in np.ndindex(grid.shape)]
                np.testing.assert_allclose(values, np.ravel(expected).astype(float), rtol=1e-12, atol=1e-12)
                compared += 1
    assert compared >= 4
    assert inlined
    assert len(list(emit(graph, whole))) - len(inlined) == len(list(emit(graph, placement)))


def test_the_gradient_of_a_mean_is_not_written_into_every_cell():
    """It is one number, which many cells read."""

    truth = torch.rand(1, 2)
    module = Fails(lambda x: F.mse_loss(F.adaptive_avg_pool2d(x.square(), 1).flatten(1), truth))
    graph = traced(module, (torch.rand(1, 2, 4, 4),))
    name = next(value.name for value in graph.values if "pool" in value.name)
    assert (name, "grad") not in found_in(graph)
