"""Names for people: given by the module, or derived from how a tensor is computed."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from excel_export import export, read_tensors
from excel_export.compiler.trace.tracer import trace
from excel_export.graph.subgraphs import part
from excel_export.shared.errors import ExportError
from excel_export.sheets.explain import explain_tables
from tests.support.sheets import load_sheet


class Function(nn.Module):
    """Some layers, and a function that uses them."""

    def __init__(self, function, **layers):
        super().__init__()
        self.function = function
        for name, layer in layers.items():
            self.add_module(name, layer)

    def forward(self, x):
        return self.function(self, x)


def called(function, x=None, **layers):
    """Names for people by recorded name."""
    graph = trace(Function(function, **layers), (torch.randn(1, 4) if x is None else x,))
    names = {value.name: value.called for value in graph.values}
    assert len(set(names.values())) == len(names)
    return names


@pytest.mark.parametrize(
    ("function", "name"),
    [
        (lambda m, x: x + 2, "x + 2"),
        (lambda m, x: x - 33.3285, "x − 33.3285"),
        (lambda m, x: 1 - x, "1 − x"),
        (lambda m, x: (x + 1) * x, "(x + 1) · x"),
        (lambda m, x: x / -3, "x / −3"),
        (lambda m, x: F.relu(x + 1), "ReLU of (x + 1)"),
        (lambda m, x: F.relu(x) * x, "(ReLU of x) · x"),
        (lambda m, x: torch.tanh(F.relu(x)), "tanh of ReLU of x"),
        (lambda m, x: x.T, "xᵀ"),
        (lambda m, x: x @ x.T, "x · xᵀ"),
        (lambda m, x: x[..., -1:], "x[…, -1:]"),
        (lambda m, x: torch.cat((x, F.relu(x))), "x and ReLU of x"),
        (lambda m, x: torch.stack((x, x + 1)) / 10, "(x and (x + 1)) / 10"),
        (lambda m, x: F.relu(x).flatten(), "ReLU of x as a vector"),
        (lambda m, x: x.chunk(2, 1)[1], "part 2 of x"),
        (lambda m, x: torch.where(x > 0, x, 0.5), "x or 0.5"),
        (lambda m, x: x.long() * x, "(x as an integer) · x"),
        (lambda m, x: x + torch.tensor(0.25), "x + 0.25"),
        (lambda m, x: torch.square(x - 1), "(x − 1)²"),
        (lambda m, x: torch.square(x) * 2, "x² · 2"),
        (lambda m, x: torch.square(torch.square(x)), "(x²)²"),
        (lambda m, x: torch.square(-x), "(−x)²"),
        (lambda m, x: torch.square(x).T, "(x²)ᵀ"),
        (lambda m, x: (x**3) ** 2, "(x^3)^2"),
    ],
)
def test_what_has_no_name_is_called_by_how_it_is_computed(function, name):
    assert list(called(lambda m, x: function(m, x).sum()).values())[-2] == name


def test_layers_keep_their_names_and_parameters_theirs():
    def net(m, x):
        return m.rest(m.first(x)).sum()

    names = called(net, first=nn.Linear(4, 3), rest=nn.Sequential(nn.ReLU(), nn.Linear(3, 2)))
    assert names["first"] == "first"
    assert names["rest_1"] == "rest.1"
    assert names["rest_0"] == "ReLU of first"
    assert names["rest.1.weight"] == "rest.1.weight"


def test_a_layer_that_is_only_a_number_says_that_it_is_a_layer():
    graph = trace(nn.Sequential(nn.Linear(4, 3), nn.Sigmoid(), nn.Linear(3, 1), nn.Flatten(0)), (torch.ones(1, 4),))
    assert [call.outputs[0].called for call in graph.calls] == ["layer 0", "sigmoid of layer 0", "layer 2", "loss"]


def test_an_input_is_called_like_its_argument():
    class Net(nn.Module):
        def forward(self, next_word):
            return next_word.sum()

    (value, loss) = trace(Net(), (torch.ones(2),)).values
    assert value.called == "next word"
    assert loss.called == "loss"


def test_long_names_are_cut_down_to_the_layer_they_come_after():
    def net(m, x):
        y = m.attention(x)
        return torch.softmax(torch.tanh(torch.exp(y) + y), -1).sum()

    names = called(net, attention=nn.Linear(4, 4))
    assert names["softmax"] == "softmax after attention"
    assert max(map(len, names.values())) <= 28


def test_equal_names_are_told_apart():
    names = called(lambda m, x: (F.relu(x) * F.relu(x)).sum())
    assert (names["relu"], names["relu_1"]) == ("ReLU of x", "ReLU of x 2")


class Named(nn.Module):
    """A module that says what some of its tensors are called."""

    def __init__(self, names):
        super().__init__()
        self.register_buffer("mean", torch.tensor(0.5))
        self.layer = nn.Linear(4, 2)
        self.tensor_names = names

    def forward(self, x):
        return self.layer(x - self.mean).sum()


NAMES = {"sub": "centred image", "mean": "the mean", "sum_1": "total loss", "x": "image"}
X = torch.tensor([[0.5, 1.0, -1.0, 2.0]])


def test_a_module_may_say_what_its_tensors_are_called(tmp_path):
    path = tmp_path / "named.xlsx"
    export(Named(NAMES), (X,), path)
    cells = [cell for row in load_sheet(path, "Network").iter_rows() for cell in row]
    titles = {cell.value for cell in cells if isinstance(cell.value, str)}
    assert {"image  1×4", "the mean  scalar", "centred image  1×4", "∂L/∂(centred image)", "layer  1×2"} <= titles
    tables = load_sheet(path, explain_tables.NAME)
    steps = " ".join(str(cell.value) for row in tables.iter_rows() for cell in row)
    assert "centred image  →" in steps
    assert "←  total loss" in steps
    assert "sum_1" not in steps
    # For programs, nothing changes.
    assert {"x", "sub", "sum_1", "grad.sub"} <= set(read_tensors(path))


def test_a_derived_name_makes_way_for_a_given_one():
    graph = trace(Named({"sub": "loss"}), (X,))
    assert [call.outputs[0].called for call in graph.calls] == ["loss", "layer", "loss 2"]


@pytest.mark.parametrize(
    ("given", "square", "product"),
    [
        ("target − out o", "(target − out o)²", "(target − out o)² · 0.5"),
        ("w·x", "(w·x)²", "(w·x)² · 0.5"),
        ("x³", "(x³)²", "(x³)² · 0.5"),
        ("(t − a)", "(t − a)²", "(t − a)² · 0.5"),
        ("|t − a|", "|t − a|²", "|t − a|² · 0.5"),
        ("the error", "the error²", "the error² · 0.5"),
        ("out-of-bag", "out-of-bag²", "out-of-bag² · 0.5"),
    ],
)
def test_a_given_name_that_is_a_formula_stands_in_brackets_within_others(given, square, product):
    class Squared(nn.Module):
        def __init__(self):
            super().__init__()
            self.tensor_names = {"sub": given}

        def forward(self, x):
            return (torch.square(x - 1) * 0.5).sum()

    names = {value.name: value.called for value in trace(Squared(), (X,)).values}
    assert (names["square"], names["mul"]) == (square, product)


def test_a_part_of_a_network_keeps_the_names_of_the_whole():
    graph = part(trace(Named(NAMES), (X,)), start="layer")
    assert [value.called for value in graph.of_kind("input")] == ["centred image"]


@pytest.mark.parametrize(
    ("names", "complaint"),
    [
        ({"sbu": "typo"}, "tensor_names: there is no tensor 'sbu'; there are: .*sub"),
        ({"sub": ""}, "tensor_names: the name of 'sub' must have 1 to 60 characters"),
        ({"sub": "x" * 61}, "tensor_names: the name of 'sub' must have 1 to 60 characters"),
        ({"sub": 5}, "tensor_names must be a dict from recorded names to names for people"),
        (["sub"], "tensor_names must be a dict from recorded names to names for people"),
    ],
)
def test_names_that_cannot_be_meant_are_refused(names, complaint):
    with pytest.raises(ExportError, match=complaint):
        trace(Named(names), (X,))
