"""Holding a trace against the module: what is compared with what."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.overrides import _get_current_function_mode

from excel_export import ExportError
from excel_export.compiler.confirm.confirmation import confirmed_trace
from excel_export.compiler.trace.recorder import Recorder
from excel_export.compiler.trace.tracer import trace
from tests.support.tiny import Tiny, X


class Tied(nn.Module):
    """One parameter under two names, a frozen one, and one that nothing reads."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.a = nn.Linear(3, 3)
        self.b = nn.Linear(3, 3)
        self.b.weight = self.a.weight
        self.b.bias.requires_grad_(False)
        self.unread = nn.Parameter(torch.ones(2))

    def forward(self, input, labels, scale):
        """Names that a tracer may have to change."""
        return F.cross_entropy(self.b(self.a(input)) * scale, labels)


INPUTS = {"input": X, "labels": torch.tensor([2]), "scale": torch.tensor([2.0])}


def changed(change):
    """Return a tracer whose graph is changed."""

    def wrong(module, inputs, settings):
        graph = trace(module, inputs, settings)
        change(graph)
        return graph

    return wrong


def value(graph, name):
    return next(value for value in graph.values if value.name.startswith(name))


def test_names_that_differ_are_one_tensor():
    graph, note = confirmed_trace(Tied(), INPUTS)
    assert note == ""
    module = Tied().double()
    module(X.double(), INPUTS["labels"], INPUTS["scale"].double()).backward()
    assert (graph.tensors["grad.a.weight"] == module.a.weight.grad.numpy()).all()
    assert "grad.b.bias" not in graph.tensors


def test_a_tied_parameter_may_go_by_its_second_name():
    def rename(graph):
        value(graph, "a.weight").name = "b.weight"

    assert "grad.b.weight" in confirmed_trace(Tied(), INPUTS, record=changed(rename))[0].tensors


def drop(name):
    return lambda graph: graph.values.remove(value(graph, name))


def without_gradient(name):
    return lambda graph: setattr(value(graph, name), "gradient", None)


def with_gradient(name):
    return lambda graph: setattr(value(graph, name), "gradient", np.zeros(value(graph, name).shape))


def more(value):
    another = value.fresh(gradient=value.gradient)
    another.name = "more"
    return another


def one_more(name):
    return lambda graph: graph.values.append(more(value(graph, name)))


@pytest.mark.parametrize(
    ("change", "key"),
    [
        (drop("a.weight"), "a.weight"),
        (drop("scale"), "scale"),
        (one_more("scale"), "more"),
        (one_more("a.bias"), "more"),
        (without_gradient("a.bias"), "grad.a.bias"),
        (without_gradient("scale"), "grad.scale"),
        (with_gradient("b.bias"), "grad.b.bias"),
        (with_gradient("labels"), "grad.labels"),
    ],
)
def test_what_only_one_of_them_has_is_refused(change, key):
    with pytest.raises(ExportError, match=f"'{key}' is missing, of another shape, or no number"):
        confirmed_trace(Tied(), INPUTS, record=changed(change))


@pytest.mark.parametrize("key", ["loss", "layer.weight", "grad.layer.weight", "x", "grad.x"])
@pytest.mark.parametrize("number", [np.nan, np.inf])
def test_what_is_no_number_is_refused(key, number):
    def spoil(graph):
        item = graph.loss if key == "loss" else value(graph, key.removeprefix("grad."))
        setattr(item, "gradient" if "grad" in key else "data", np.full(item.shape, number))

    with pytest.raises(ExportError, match=f"'{key}' is missing, of another shape, or no number"):
        confirmed_trace(Tiny(), (X,), record=changed(spoil))


@pytest.mark.parametrize(
    ("key", "causes"),
    [
        ("loss", ["an extension", "how a tensor is held in memory"]),
        ("grad.x", ["code that is not PyTorch's", "gives another gradient"]),
    ],
)
def test_the_refusal_names_possible_causes(key, causes):
    def spoil(graph):
        if key == "loss":
            graph.loss.data = graph.loss.data + 0.5
        else:
            value(graph, "x").gradient = value(graph, "x").gradient + 0.5

    with pytest.raises(ExportError) as refusal:
        confirmed_trace(Tiny(), (X,), record=changed(spoil))
    message = str(refusal.value)
    assert "\n" not in message
    assert f"'{key}' is off by 5.0e-01" in message
    for cause in causes:
        assert cause in message


def test_a_parameter_that_pytorch_reads_and_the_trace_does_not_is_refused():
    class Unseen(Tiny):
        def __init__(self):
            super().__init__()
            self.scale = nn.Parameter(torch.ones(()))

        def forward(self, x):
            is_traced = isinstance(_get_current_function_mode(), Recorder)
            return super().forward(x) * (1 if is_traced else self.scale)

    with pytest.raises(ExportError, match="'scale' is missing"):
        confirmed_trace(Unseen(), (X,))


def test_the_refusal_names_the_custom_functions():
    class Doubled(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x * 2

        @staticmethod
        def backward(ctx, grad):
            return grad * 2

    class Custom(Tiny):
        def forward(self, x):
            return super().forward(Doubled.apply(x))

    def spoil(graph):
        value(graph, "x").gradient = value(graph, "x").gradient + 0.5

    with pytest.raises(ExportError, match=r"'grad\.x' is off by .* a custom autograd Function: Doubled"):
        confirmed_trace(Custom(), (X,), record=changed(spoil))


class Plain(nn.Module):
    """Convolutions and a max pool, over a background on which all numbers are equal but for rounding."""

    def __init__(self, seed):
        super().__init__()
        torch.manual_seed(seed)
        self.layers = nn.Sequential(
            nn.Conv2d(1, 16, 3), nn.ReLU(), nn.Conv2d(16, 32, 3), nn.ReLU(), nn.Conv2d(32, 8, 3), nn.MaxPool2d(2),
            nn.Conv2d(8, 4, 3), nn.ReLU(),
        )  # fmt: skip

    def forward(self, image):
        return self.layers(image).square().sum()


@pytest.mark.parametrize("seed", range(4))
def test_equal_numbers_that_pytorch_rounds_apart_are_no_difference(seed):
    """A max pool on a plain background: PyTorch's winner is there by chance, the workbook's is the first."""
    graph, _ = confirmed_trace(Plain(seed), (torch.zeros(1, 1, 28, 28),))
    assert np.abs(graph.tensors["grad.image"]).max() > 0


def test_even_rounding_forgives_no_wrong_gradient():
    def spoiled(module, inputs, settings):
        graph = trace(module, inputs)
        image = next(value for value in graph.values if value.name == "image")
        image.gradient = image.gradient.copy()
        image.gradient[0, 0, 9, 9] += 1e-6
        return graph

    with pytest.raises(ExportError, match=r"'grad\.image' is off by"):
        confirmed_trace(Plain(0), (torch.zeros(1, 1, 28, 28),), record=spoiled)


class Cast(Tiny):
    """Rounds to float32 on its way."""

    def forward(self, x):
        return F.mse_loss(self.layer(x / 3).float(), torch.ones(1, 2))


@pytest.mark.parametrize("module", [Tiny(), Cast()], ids=["plain", "cast"])
def test_the_numbers_that_a_file_is_compared_with_are_pytorchs(module):
    def nudge(graph):
        graph.loss.data = graph.loss.data * (1 + 5e-10)
        for name in ("layer.weight", "x"):
            value(graph, name).gradient = value(graph, name).gradient * (1 + 5e-10)

    true = trace(module, (X,)).tensors
    graph, note = confirmed_trace(module, (X,), record=changed(nudge))
    assert bool(note) == isinstance(module, Cast)
    for key in ("loss", "grad.layer.weight", "grad.x"):
        np.testing.assert_allclose(graph.tensors[key], true[key], rtol=1e-14, err_msg=key)
