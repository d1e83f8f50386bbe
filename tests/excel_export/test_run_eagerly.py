"""Running a module eagerly: what comes out, and that nothing of the caller's changes."""

import random

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from excel_export import ExportError
from excel_export.compiler.reference.eager import run_eagerly
from tests.support.tiny import Fails, Tiny, X


class Busy(nn.Module):
    """Changes all that it can reach: its buffers, its parameters, its inputs, random numbers, and what is global."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.norm = nn.BatchNorm1d(3)
        self.drop = nn.Dropout(0.5)
        self.count = torch.zeros(1)
        self.calls = []

    def forward(self, x, labels, notes):
        notes.append("was here")
        with torch.no_grad():
            self.norm.weight.clamp_(0.1, 0.2)
        self.count += 1
        self.calls.append(random.random() + np.random.rand())
        torch.set_default_dtype(torch.float64)
        x += 1
        labels[0] = 0
        loss = F.cross_entropy(self.drop(self.norm(x)), labels)
        torch.set_grad_enabled(False)
        return loss


def everything(module, inputs):
    """All that the run could change, as text."""
    held = [module.state_dict(), [parameter.grad for parameter in module.parameters()], module.__dict__]
    switches = torch.get_default_dtype(), torch.is_grad_enabled(), torch.is_inference_mode_enabled()
    return repr((held, inputs, inputs[0].grad, switches, torch.get_rng_state().tolist(),
                 random.getstate(), np.random.get_state()))  # fmt: skip


@pytest.mark.parametrize("surroundings", [torch.enable_grad, torch.no_grad, torch.inference_mode])
def test_nothing_of_the_callers_changes(surroundings):
    module = Busy()
    inputs = (torch.randn(4, 3), torch.tensor([2, 1, 0, 1]), [])
    F.cross_entropy(module.norm(inputs[0]), inputs[1]).backward()
    with surroundings():
        before = everything(module, inputs)
        reference = run_eagerly(module, inputs)
        assert everything(module, inputs) == before
    assert reference.parameters[0].data.tolist() == [1, 1, 1]
    assert reference.parameters[1].grad.any()


def test_a_parameter_outside_of_the_module_keeps_its_gradient():
    outside = nn.Linear(2, 1).double()
    outside.weight.grad = torch.ones(1, 2).double()

    reference = run_eagerly(Fails(lambda x: outside(x).sum()), (torch.ones(1, 2),))
    assert outside.weight.grad.tolist() == [[1, 1]]
    assert outside.bias.grad is None
    assert (reference.inputs[0].grad == outside.weight.detach().numpy()).all()


def test_gradients_of_earlier_runs_do_not_count():
    module = Tiny()
    fresh = run_eagerly(module, (X,))
    module(X).backward()
    again = run_eagerly(module, (X,))
    assert (fresh.parameters[0].grad == again.parameters[0].grad).all()


SCALE = torch.tensor(3.0)


class Kinds(nn.Module):
    """Parameters and inputs of every kind."""

    def __init__(self):
        super().__init__()
        self.used = nn.Parameter(torch.tensor([2.0]))
        self.unused = nn.Parameter(torch.ones(3))
        self.frozen = nn.Parameter(torch.ones(1), requires_grad=False)
        self.cut = nn.Parameter(torch.ones(1))
        self.tied = self.used

    def forward(self, input, labels, scale=SCALE, flag=None, *, unread=None, **more):
        return (input * self.used * self.frozen * scale + self.cut.detach()).sum() + labels.sum() + more["extra"].sum()


def test_what_each_leaf_gets():
    given = {"input": torch.tensor([1.0, 5.0]), "labels": torch.tensor([1]), "unread": torch.ones(2, dtype=torch.half)}
    reference = run_eagerly(Kinds(), given | {"extra": torch.ones(2)})
    assert reference.loss == 2 * 3 * 6 + 2 + 1 + 2
    parameters = {names: leaf for leaf in reference.parameters for names in [leaf.names]}
    assert list(parameters) == [("used", "tied"), ("unused",), ("frozen",), ("cut",)]
    assert parameters["used", "tied"].grad.tolist() == [18]
    assert parameters["used", "tied"].is_reached
    assert parameters["unused",].grad.tolist() == [0, 0, 0]
    assert not parameters["unused",].is_reached
    assert parameters["frozen",].grad is None
    assert parameters["cut",].grad.tolist() == [0]
    inputs = {leaf.names[0]: leaf for leaf in reference.inputs}
    assert list(inputs) == ["input", "labels", "scale", "unread", "extra"]
    assert inputs["input"].grad.tolist() == [6, 6]
    assert inputs["labels"].grad is None
    assert inputs["labels"].data.tolist() == [1]
    assert inputs["scale"].grad == 12
    assert inputs["unread"].grad.tolist() == [0, 0]
    for leaf in (*reference.parameters, *reference.inputs):
        assert leaf.data.dtype == np.float64


def test_attributes_that_are_plain_tensors_are_float64_too():
    class Attribute(nn.Module):
        def __init__(self):
            super().__init__()
            self.table = torch.tensor([[0.1, 0.2]])
            self.places = torch.tensor([1, 0])

        def forward(self, x):
            return F.linear(x, self.table * self.table)[..., 0].sum() * self.table[0, self.places[1]]

    module = Attribute()
    table = module.table.double()
    assert run_eagerly(module, (torch.ones(1, 2),)).loss == (table * table).sum() * table[0, 0]
    assert module.table.dtype == torch.float32


@pytest.mark.parametrize("hook", ["register_forward_hook", "register_forward_pre_hook"])
def test_hooks_run(hook):
    module = Tiny()
    getattr(module, hook)(lambda module, args, *result: result[0] * 3 if result else (args[0] * 3,))
    scaled = Tiny().double()
    expected = scaled(3 * X.double()) if "pre" in hook else 3 * scaled(X.double())
    assert run_eagerly(module, (X,)).loss == expected.item()


@pytest.mark.parametrize(
    ("inputs", "args", "names"),
    [((X,), 1, []), ((X, 2.0), 2, []), ({"x": X}, 0, ["x"]), ({"scale": 2.0, "x": X}, 0, ["x", "scale"])],
)
def test_a_module_is_called_as_the_caller_calls_it(inputs, args, names):
    class Scaled(nn.Module):
        def forward(self, x, scale=1.0):
            return x.sum() * scale

    seen = []
    module = Scaled()
    module.register_forward_pre_hook(
        lambda module, args, names: seen.append((len(args), list(names))), with_kwargs=True
    )
    run_eagerly(module, inputs)
    assert seen == [(args, names)]


def test_hooks_of_parameters_run():
    module = Tiny()
    module.layer.bias.register_hook(lambda grad: -grad)
    changed, same = run_eagerly(module, (X,)), run_eagerly(Tiny(), (X,))
    assert (changed.parameters[1].grad == -same.parameters[1].grad).all()
    assert (changed.parameters[0].grad == same.parameters[0].grad).all()


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (lambda x: x * 2, "Fails must return a scalar loss"),
        (lambda x: {}["none"], "PyTorch itself cannot run Fails in float64, forward and backward: 'none'"),
    ],
)
def test_refusals(function, words):
    with pytest.raises(ExportError, match=f"^{words}") as refusal:
        run_eagerly(Fails(function), (X,))
    assert "\n" not in str(refusal.value)


def test_what_is_changed_since_it_was_read():
    """PyTorch refuses it where a parameter learns by it; by an input, the gradient is that of what was read."""

    def sigmoid_in_place(x):
        y = torch.sigmoid(x)
        y += 1
        return y.sum()

    learning = nn.Sequential(nn.Linear(X.shape[-1], 2), Fails(sigmoid_in_place))
    with pytest.raises(ExportError, match="modified by an inplace operation"):
        run_eagerly(learning, (X,))
    (x,) = run_eagerly(Fails(sigmoid_in_place), (X,)).inputs
    y = torch.sigmoid(X.double())
    np.testing.assert_allclose(x.grad, y * (1 - y))


def test_a_loss_that_depends_on_nothing_has_no_gradients():
    leaf = run_eagerly(Fails(lambda x: torch.ones(())), (X,)).inputs[0]
    assert leaf.grad.tolist() == [[0, 0, 0]]
    assert not leaf.is_reached


def test_inputs_made_in_inference_mode():
    with torch.inference_mode():
        inputs = (X.double() * 1,)
    assert run_eagerly(Tiny(), inputs).inputs[0].grad.any()


def test_sparse_gradients_are_full():
    torch.manual_seed(0)
    table = nn.Embedding(4, 2, sparse=True)
    module = nn.Sequential(table, nn.Flatten(0), nn.Linear(4, 1))
    (weight, *_) = run_eagerly(module, (torch.tensor([[1, 3]]),)).parameters
    assert weight.grad.any(axis=1).tolist() == [False, True, False, True]
