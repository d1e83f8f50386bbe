"""A wrong number is never called right, wherever it arises: in the trace, in a formula, in the engine, in the file."""

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from torch import nn

from excel_export import ExportError, export, exporter, read_tensors, report, verify
from excel_export.cli import main
from excel_export.compiler.confirm import confirmation
from excel_export.compiler.trace.tracer import trace
from excel_export.ops import find_operator
from excel_export.workbook import second_engine
from tests.support.long_proofs import often, only_quick
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
    monkeypatch.setattr(second_engine, "missing", lambda: "formulon")


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


def spoiled_file(key, *fault):
    """Return a reader of files that finds one wrong number."""
    return lambda path: (found := read_tensors(path)) | {key: spoil(found[key], *fault)}


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    path = tmp_path_factory.mktemp("tiny") / "tiny.xlsx"
    export(Tiny(), (X,), path)
    return path


def a_wrong_number_of_the_trace_is_refused(one_engine, tmp_path_factory, fault):
    folder = tmp_path_factory.mktemp("fault")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(confirmation, "trace", spoiled_trace(*fault))
        with pytest.raises(ExportError) as refusal:
            export(Tiny(), (X,), folder / "out.xlsx")
    assert not list(folder.iterdir())
    held = {"loss", "mse_loss", *GIVEN, *(f"grad.{name}" for name in GIVEN)}
    if fault[0] in held:
        assert f"'{fault[0].replace('mse_loss', 'loss')}' is off by" in str(refusal.value)


test_wrong_traces, test_many_wrong_traces = often(given(faults()), a_wrong_number_of_the_trace_is_refused, FEW, MANY)


def a_wrong_number_of_the_file_is_refused_and_found(one_engine, tiny, tmp_path_factory, fault):
    folder = tmp_path_factory.mktemp("fault")
    key, _, size, _ = fault
    path = folder / "out.xlsx"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(exporter, "read_written", spoiled_file(*fault))
        with pytest.raises(ExportError, match=rf"out\.xlsx: '{key}' differs .* no file was written"):
            export(Tiny(), (X,), path)
        assert not list(folder.iterdir())
        patch.undo()
        patch.setattr(report, "read_tensors", spoiled_file(*fault))
        found = verify(tiny, Tiny(), (X,))
    assert not found.ok
    assert {row.key for row in found.table if row.error > 1e-12} == {key}
    assert found.max_error == pytest.approx(size, rel=0.01)
    assert len(found.table) == len(KEYS)


test_wrong_files, test_many_wrong_files = often(
    given(faults()), a_wrong_number_of_the_file_is_refused_and_found, FEW, MANY
)


def test_a_difference_in_the_last_digits_is_none(tmp_path, monkeypatch):
    monkeypatch.setattr(exporter, "read_written", spoiled_file("grad.layer.weight", 0, 9e-10, -1))
    assert export(Tiny(), (X,), tmp_path / "out.xlsx").ok


@pytest.mark.parametrize("key", only_quick(KEYS, "loss", "relu", "grad.layer.weight"))
def test_a_missing_tensor_is_refused(key, one_engine, tmp_path, monkeypatch):
    def without(path):
        found = read_tensors(path)
        del found[key]
        return found

    monkeypatch.setattr(exporter, "read_written", without)
    with pytest.raises(ExportError, match=rf"'{key}' differs from PyTorch's by inf"):
        export(Tiny(), (X,), tmp_path / "out.xlsx")
    assert not list(tmp_path.iterdir())


def test_a_wrong_gradient_formula_is_refused(one_engine, tmp_path, monkeypatch):
    right = relu.backward

    def wrong(self, y):
        for tensor, formulas in right(self, y):
            yield tensor, 2 * formulas

    monkeypatch.setattr(relu, "backward", wrong)
    words = r": 'grad\.layer' is the first of \d tensors that differ from PyTorch's, by .*, so no file was written"
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


def test_a_file_that_differs_is_kept_on_request(one_engine, tmp_path, monkeypatch):
    path = tmp_path / "out.xlsx"
    path.write_text("old")
    monkeypatch.setattr(exporter, "read_written", spoiled_file("relu", 0, 1e-6, 1))
    with pytest.raises(ExportError):
        export(Tiny(), (X,), path)
    assert path.read_text() == "old"
    assert not export(Tiny(), (X,), path, keep_differing=True).ok
    monkeypatch.setattr(exporter, "read_written", read_tensors)
    assert verify(path, Tiny(), (X,)).ok


@pytest.mark.parametrize("options", [[], ["--keep-differing"]])
def test_the_command_exits_with_1_and_one_line(options, one_engine, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(exporter, "read_written", spoiled_file("relu", 0, 1e-6, 1))
    path = tmp_path / "out.xlsx"
    (tmp_path / "net.py").write_text("from tests.support.tiny import Tiny, X\ndef net(): return Tiny(), (X,)\n")
    assert main([f"{tmp_path}/net.py:net", "-o", str(path), *options]) == 1
    error = capsys.readouterr().err
    assert error.startswith(f"Error: {path}: 'relu' differs from PyTorch's by 1.0e-06")
    assert error.count("\n") == 1
    assert path.exists() == bool(options)


def test_the_command_tells_what_was_computed_otherwise(tmp_path, capsys):
    (tmp_path / "net.py").write_text(
        "import torch\n"
        "class Net(torch.nn.Module):\n"
        "    def forward(self, x): return (x / 3).float().sum()\n"
        "def net(): return Net(), (torch.ones(2),)\n"
    )
    assert main([f"{tmp_path}/net.py:net", "-o", f"{tmp_path}/out.xlsx"]) == 0
    assert "computed in float64 where the module casts" in capsys.readouterr().out
