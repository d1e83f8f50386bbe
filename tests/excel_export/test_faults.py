"""A wrong number is never called right, wherever it arises: in the trace, in a formula, in the engine, in the file."""

import sys

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from torch import nn

from excel_export import ExportError, export, read_tensors, report, verify
from excel_export.authoring import SheetSpec, Story
from excel_export.compiler.confirm.confirmation import confirmed_trace
from excel_export.compiler.trace.tracer import trace
from excel_export.formulas import Reference
from excel_export.ops import find_operator
from excel_export.workbook.read import GRADIENT, VALUE, read_index
from tests.support.long_proofs import often, only_quick
from tests.support.spoiled import put, spoiled_by, store
from tests.support.tiny import Tiny, X, doubled_unseen

relu, tanh = (find_operator(function, "") for function in (torch.relu, torch.tanh))
GRAPH = trace(Tiny(), (X,))
GIVEN = ("x", "layer.weight", "layer.bias")
"""What is given: these, their gradients, and the loss are held against the module before anything is written."""
KEYS = sorted(GRAPH.tensors)
MANY = settings(
    max_examples=25,
    phases=[Phase.generate],  # every example writes a workbook, and a fault is small already
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)
FEW = settings(MANY, max_examples=4)


@pytest.fixture
def one_engine(monkeypatch):
    """Without the second engine, which is asked where the first one differs, and takes seconds to load."""
    monkeypatch.setitem(sys.modules, "formulon", None)


def faults():
    """A tensor's key, an element's place among its elements, and an error relative to the tensor's largest element."""
    sizes = st.floats(-8.9, 3).map(lambda power: 10**power)
    return st.tuples(st.sampled_from(KEYS), st.integers(0, 9), sizes, st.sampled_from([1, -1]))


def spoil(array, place, size, sign):
    spoiled = np.array(array, dtype=np.float64)
    spoiled.flat[place % spoiled.size] += sign * size * max(1, np.abs(array).max())
    return spoiled


def spoiled_trace(key, *fault):
    """Return a tracer that has one wrong number."""

    def wrong(module, inputs, *rest):
        graph = trace(module, inputs, *rest)
        for value in graph.values:
            if value.name == key or (key == "loss" and value is graph.loss):
                value.data = spoil(value.data, *fault)
            if f"grad.{value.name}" == key:
                value.gradient = spoil(value.gradient, *fault)
        return graph

    return wrong


def cell_of(entries, key, place):
    """The cell of an element of a tensor, by its number in reading order, and all keys of the tensor."""
    grids = {entry.key: entry.grid for entry in entries if entry.what in (VALUE, GRADIENT)}
    cells = {name: [Reference(grid.sheet, *at) for at in zip(grid.rows.flat, grid.cols.flat, strict=True)]
             for name, grid in grids.items()}  # fmt: skip
    target = cells[key][place % len(cells[key])]
    return target, {name for name, others in cells.items() if target in others}


def spoiled_file(key, *fault):
    """Return a story with one wrong number in the workbook."""

    def change(book):
        number = spoil(GRAPH.tensors[key], *fault).flat[fault[0] % GRAPH.tensors[key].size]
        put(book, cell_of(book.entries, key, fault[0])[0], number)

    return spoiled_by(change)


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    path = tmp_path_factory.mktemp("tiny") / "tiny.xlsx"
    export(Tiny(), (X,), path)
    return path


def a_wrong_number_of_the_trace_is_found(tiny, fault):
    key = fault[0]
    if key in {"loss", "mse_loss", *GIVEN, *(f"grad.{name}" for name in GIVEN)}:
        with pytest.raises(ExportError, match=f"'{key.replace('mse_loss', 'loss')}' is off by"):
            confirmed_trace(Tiny(), (X,), record=spoiled_trace(*fault))
    else:
        graph, _ = confirmed_trace(Tiny(), (X,), record=spoiled_trace(*fault))
        assert not report.compare(tiny, read_tensors(tiny), graph.tensors).ok


test_wrong_traces, test_many_wrong_traces = often(given(faults()), a_wrong_number_of_the_trace_is_found, FEW, MANY)


def a_wrong_number_of_the_file_is_refused_and_found(one_engine, tiny, tmp_path_factory, fault):
    folder = tmp_path_factory.mktemp("fault")
    key, place, size, _ = fault
    with pytest.raises(
        ExportError, match=r"out\.xlsx: '.*' differs .* no file was written|after an edit, with numbers"
    ):
        export(Tiny(), (X,), folder / "out.xlsx", story=spoiled_file(*fault), sheets=())
    assert not list(folder.iterdir())
    target, keys = cell_of(read_index(tiny), key, place)
    store(tiny, target, spoil(GRAPH.tensors[key], *fault[1:]).flat[place % GRAPH.tensors[key].size], folder / "in.xlsx")
    found = verify(folder / "in.xlsx", Tiny(), (X,))
    assert not found.ok
    assert {row.key for row in found.table if row.error > 1e-12} == keys
    assert found.max_error == pytest.approx(size, rel=0.01)
    assert len(found.table) == len(KEYS)


test_wrong_files, test_many_wrong_files = often(
    given(faults()), a_wrong_number_of_the_file_is_refused_and_found, FEW, MANY
)


def test_a_difference_in_the_last_digits_is_none(tiny, tmp_path):
    target, _ = cell_of(read_index(tiny), "grad.layer.weight", 0)
    gradient = GRAPH.tensors["grad.layer.weight"]
    store(tiny, target, spoil(gradient, 0, 9e-10, -1).flat[0], tmp_path / "near.xlsx")
    assert verify(tmp_path / "near.xlsx", Tiny(), (X,)).ok


@pytest.mark.parametrize("key", only_quick(KEYS, "loss", "relu", "grad.layer.weight"))
def test_a_missing_tensor_is_refused(key, one_engine, tmp_path):
    def change(book):
        book.drawn.entries[:] = [entry for entry in book.entries if entry.key != key]

    lost = Story("Lost", sheets=[SheetSpec("Loses", "", change)])
    with pytest.raises(ExportError, match=rf"'{key}' differs from PyTorch's by inf"):
        export(Tiny(), (X,), tmp_path / "out.xlsx", story=lost, sheets=())
    assert not list(tmp_path.iterdir())


def test_a_wrong_gradient_formula_is_refused(one_engine, tmp_path, monkeypatch):
    right = relu.backward

    def wrong(self, y):
        for tensor, formulas in right(self, y):
            yield tensor, 2 * formulas

    monkeypatch.setattr(relu, "backward", wrong)
    words = r": 'grad\.layer' differs from PyTorch's by .*, the first of \d tensors that do, so no file was written"
    with pytest.raises(ExportError, match=words):
        export(Tiny(), (X,), tmp_path / "out.xlsx")
    assert not list(tmp_path.iterdir())


def test_an_operator_that_is_wrong_in_the_trace_and_in_its_formulas_alike_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(relu, "evaluate", lambda function, x, **_: torch.tanh(x))
    monkeypatch.setattr(relu, "forward", lambda self, y: tanh(self.input).forward(y))
    monkeypatch.setattr(relu, "backward", lambda self, y: tanh(self.input).backward(y))
    with pytest.raises(ExportError, match="'loss' is off by"):
        export(Tiny(), (X,), tmp_path / "out.xlsx")
    assert not list(tmp_path.iterdir())


class Doubled(nn.Module):
    """Two layers; the gradient on its way into the first is twice what it is in the trace."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.first, self.last = nn.Linear(3, 3), nn.Linear(3, 1)

    def forward(self, x):
        return self.last(doubled_unseen(self.first(x))).sum()


def test_a_part_is_held_against_the_whole(tmp_path):
    with pytest.raises(ExportError, match=r"'grad\.first\.weight' is off by"):
        export(Doubled(), (X,), tmp_path / "out.xlsx", start="last")
    with pytest.raises(ExportError, match=r"'grad\.first\.weight' is off by"):
        verify(tmp_path / "out.xlsx", Doubled(), (X,), start="last")


def test_a_file_that_differs_is_kept_on_request(one_engine, tmp_path):
    path, wrong = tmp_path / "out.xlsx", spoiled_file("relu", 0, 1e-6, 1)
    path.write_text("old")
    with pytest.raises(ExportError):
        export(Tiny(), (X,), path, story=wrong)
    assert path.read_text() == "old"
    assert not export(Tiny(), (X,), path, story=wrong, keep_differing=True).ok
    assert not verify(path, Tiny(), (X,)).ok
