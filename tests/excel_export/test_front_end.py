"""What running a module under the recorder leaves behind, what it calls things, and which modules it refuses."""

import pytest
import torch
from torch import nn

from excel_export import ExportError
from excel_export.compiler.trace.tracer import trace
from tests.support.traps import Layers, Square, X


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


def test_torchscript_is_refused():
    module = nn.Sequential(torch.jit.trace(nn.Linear(3, 1), X), nn.Flatten(0))
    with pytest.raises(ExportError, match="the module '0' is TorchScript"):
        trace(module, (X,))


layer_of_all = nn.Linear(3, 1).double()


def test_a_parameter_of_a_global_layer_is_refused():
    class Global(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = layer_of_all
            self.function = lambda x: x @ layer_of_all.weight.T

        def forward(self, x):
            return self.function(x).sum()

    with pytest.raises(ExportError, match=r"a function holds the parameter 'layer\.weight' itself"):
        trace(Global(), (X,))
