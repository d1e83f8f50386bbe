"""What the tracer records, and what it refuses."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from excel_export.compiler.trace.tracer import trace
from excel_export.graph.subgraphs import without_unread
from excel_export.shared.errors import ExportError, UnsupportedOperator
from tests.support.tiny import Fails
from tests.support.traps import Layers, Square


class Small(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(3, 2), nn.ReLU(inplace=True))
        self.unused = nn.Linear(1, 1)

    def forward(self, x, target=None, scale=1.0):
        y = self.body(x) * scale
        return F.mse_loss(y, torch.ones(1, 2) if target is None else target)


X = torch.tensor([[1.0, -2.0, 0.5]])


def test_names_are_those_of_layers_and_functions():
    graph = trace(Small(), (X, torch.zeros(1, 2)))
    names = [value.name for value in graph.values if value.kind == "intermediate"]
    assert names == ["body_0", "body_1", "mul", "mse_loss"]
    assert [value.name for value in graph.of_kind("input")] == ["x", "target"]
    assert graph.calls[0].module_path == "body.0"


def test_inputs_by_name_defaults_and_settings():
    by_place = trace(Small(), (X,)).tensors
    assert by_place["loss"].shape == ()
    torch.manual_seed(0)
    module = Small()
    a = trace(module, {"x": X, "scale": 2.0}).tensors["loss"]
    b = trace(module, (X, None, 2.0)).tensors["loss"]
    assert a == b


def test_an_in_place_activation_leaves_its_input_as_it_was():
    torch.manual_seed(3)
    graph = trace(Small(), (X,))
    values = {value.name: value.data for value in graph.values}
    assert (values["body_0"] < 0).any()
    assert (values["body_1"] >= 0).all()


def test_a_parameter_that_nothing_reads_has_no_place_and_one_without_a_path_has_zero_gradient():
    module = Layers(lambda self, x: F.mse_loss((self.m.weight * x).argmax(1).float(), torch.zeros(3)))
    tensors = trace(module, (X,)).tensors
    assert not tensors["grad.m.weight"].any()
    assert "l.weight" not in tensors


@pytest.mark.parametrize(
    ("function", "error", "words"),
    [
        (lambda x: x.igamma(x).mul(2), UnsupportedOperator, ["igamma", "node 'igamma'", "excel_export/ops/igamma.py"]),
        (lambda x: x.i0().mul(2), UnsupportedOperator, ["i0", "node 'i0'", "excel_export/ops/i0.py"]),
        (
            lambda x: torch.linalg.svdvals(x),
            UnsupportedOperator,
            ["operator 'linalg_svdvals' (node 'linalg_svdvals')", "PyTorch makes it of", "linalg_svd"],
        ),
        (lambda x: F.relu(x), ExportError, ["scalar loss", "(1, 3)"]),
        (
            lambda x: F.linear(x, torch.ones(2, 5, dtype=torch.float64)),
            ExportError,
            ["cannot run", "node 'linear', test_trace"],
        ),
        (lambda x: x.imag.sum(), ExportError, ["cannot run", "imag"]),
        (lambda x: F.rrelu(x, training=True), UnsupportedOperator, ["rrelu in training", ".eval()"]),
        (lambda x: x.expand(70, 3).argmax(), UnsupportedOperator, ["argmax", "70 lines"]),
        (lambda x: F.mse_loss(x, x, size_average=True), UnsupportedOperator, ["mse_loss", "size_average"]),
        (lambda x: F.l1_loss(x, x.sum()), UnsupportedOperator, ["l1_loss", "same shape"]),
        (lambda x: F.nll_loss(x, torch.tensor([-100])), ExportError, ["nll_loss", "NaN"]),
        (lambda x: F.cross_entropy(x, x, ignore_index=0), ExportError, ["cannot run", "ignore_index"]),
        (
            lambda x: F.embedding(torch.tensor([0]), x.T, max_norm=1.0),
            UnsupportedOperator,
            ["embedding", "max_norm", "rows * (longest / rows.norm(dim=-1, keepdim=True)).clamp(max=1)"],
        ),
        (lambda x: F.softmax(x), UnsupportedOperator, ["softmax", "dim"]),
    ],
)
def test_refusals_name_the_culprit_in_one_line(function, error, words):
    with pytest.raises(error) as caught:
        trace(Fails(function), (X,))
    message = str(caught.value)
    assert "\n" not in message
    for word in words:
        assert word in message


def test_the_way_round_for_rows_that_are_too_long():
    table, places = 3 * X.T @ X, torch.tensor([0, 2])

    def shortened(x):
        rows = F.embedding(places, x)
        return (rows * (1.5 / rows.norm(dim=-1, keepdim=True)).clamp(max=1)).square().sum()

    expected = F.embedding(places, table.clone(), max_norm=1.5).square().sum()
    assert trace(Fails(shortened), (table,)).loss.data == pytest.approx(expected.item(), rel=1e-6)


@pytest.mark.parametrize("inputs", [(), (X, X, 1.0, 2), {"y": X}])
def test_inputs_that_do_not_fit(inputs):
    with pytest.raises(ExportError, match=r"Small.forward takes \(x, target, scale\)"):
        trace(Small(), inputs)


@pytest.mark.parametrize(
    "function",
    [
        lambda x: torch.zeros_like(x) + x,
        lambda x: x.new_ones(3) * x,
        lambda x: x.reshape(x.size(0), x.shape[1]) + torch.arange(3),
    ],
)
def test_what_depends_on_the_shape_alone_is_a_constant(function):
    assert trace(Fails(lambda x: function(x).sum()), (X,)).tensors["grad.x"].tolist() == [[1, 1, 1]]


def test_a_float32_constant_keeps_its_very_number():
    (constant,) = trace(Fails(lambda x: (x * torch.tensor([0.1, 0.2, 0.3])).sum()), (X,)).of_kind("constant")
    assert constant.data.dtype == np.float64
    assert constant.data[0] == np.float32(0.1)


def test_the_module_path_of_a_nested_refusal():
    with pytest.raises(UnsupportedOperator, match=r"node 'igamma' in module '1'"):
        trace(nn.Sequential(nn.ReLU(), Fails(lambda x: x.igamma(x))), (X,))


def test_a_frozen_parameter_has_a_value_and_no_gradient():
    module = Small()
    module.body[0].weight.requires_grad_(False)
    tensors = trace(module, (X,)).tensors
    assert "body.0.weight" in tensors
    assert "grad.body.0.weight" not in tensors
    assert "grad.body.0.bias" in tensors


def leaves_gradients_off(self, x):
    torch.set_grad_enabled(False)
    return self.l(x).sum()


def custom_function(self, x):
    return Square.apply(self.l(x)).sum()


def branch_on_a_number(self, x):
    return x.sum() if x.sum() > 0 else -x.sum()


def seeded_numbers(self, x):
    torch.manual_seed(3)
    return (self.l(x) * torch.rand(2)).sum()


def test_what_is_global_stays():
    functions = (leaves_gradients_off, custom_function, branch_on_a_number, seeded_numbers)
    modules = [Layers(function) for function in functions]
    patched = torch.autograd.function._SingleLevelFunction
    before = torch.get_default_dtype(), torch.is_grad_enabled(), dict(vars(patched))
    state = torch.get_rng_state()
    for module in modules:
        try:
            trace(module, (X,))
        except ExportError:
            assert module.function is branch_on_a_number
    assert (torch.get_default_dtype(), torch.is_grad_enabled(), dict(vars(patched))) == before
    assert torch.equal(torch.get_rng_state(), state)


def test_names():
    def function(self, x):
        y = x / 2
        y = (1 - y) + x.div(2) / self.l(x).sum() + 1 / y
        y = y.float() @ self.m.weight.T + self.m(y) + self.m(y)
        largest = y.max(1)
        a, b = y.split(2, 1)
        y = a.sum() * b + largest[0] + largest.values
        y[:, 0] = 1
        y += 1
        return y.sum()

    graph = trace(Layers(function), (X,))
    names = " ".join(value.name for value in graph.values if value.kind == "intermediate")
    assert names == (
        "truediv sub div l sum_1 truediv_1 add truediv_2 add_1 getattr_1 matmul m add_2 m_1 add_3 getitem_2 max_1.0.1 "
        "getitem getitem_1 sum_2 mul add_4 add_5 setitem add_6 sum_3"
    )
    assert list(graph.aliases) == ["float_1", "getattr_2"]


def test_what_is_left_out_takes_its_constants_along_but_no_parameter():
    class Unread(nn.Module):
        def __init__(self):
            super().__init__()
            self.scale = nn.Parameter(torch.ones(()))

        def forward(self, x):
            self.scale * torch.tensor([5.0, 6.0])
            return x.square().sum()

    graph = trace(Unread(), (torch.ones(1, 3),))
    [unread] = [call for call in graph.calls if call.kind == "mul"]
    assert len(graph.of_kind("constant")) == 1
    without_unread(graph, unread.outputs)
    assert unread not in graph.calls
    assert not graph.of_kind("constant")
    assert "scale" in {value.name for value in graph.of_kind("parameter")}
