"""Spans: every ATen call, forward and backward, finds the call in the user's code to which it belongs.

And, each by itself, what is assumed of PyTorch's internals.
"""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from excel_export.recorder.spans import edge_of
from tests.excel_export.recorder.test_recorder import MODULES
from tests.support.shadow import recorded


@pytest.fixture(scope="module", params=MODULES)
def run(request):
    """A module recorded with its spans."""
    kind, inputs = MODULES[request.param]
    torch.manual_seed(0)
    return recorded(kind(), inputs)


def test_every_recorded_call_has_a_span(run):
    homeless = {call.name for call in run.recording.calls if call.span is None}
    assert homeless <= {"add", "clone", "detach"}, "but what autograd adds up where several gradients meet"


def test_a_span_lies_in_the_users_code(run):
    assert run.recording.spans
    for span in run.recording.spans:
        file, line = span.place
        assert file.endswith(".py"), span.name
        assert line > 0
        assert span.module in dict(run.module.named_modules())


@pytest.mark.parametrize(
    "run", sorted(MODULES.keys() - {"vmap of jacrev"}), indirect=True
)  # its nodes are within a transform
def test_what_spans_pass_on_adds_up_to_each_gradient(run):
    """The terms of a leaf's gradient, each by the span that adds it: PyTorch's gradient is their sum."""
    values, found = run.recording.ids.values, {}
    for span in run.recording.spans:
        for (node, number), ids in span.passed_on:
            key = id(node), number
            found[key] = found.get(key, 0) + values[ids]
    checked = 0
    for name, leaf in run.leaves.items():
        node, number = edge_of(leaf) if leaf.requires_grad else (None, 0)
        if leaf.grad is not None and (id(node), number) in found:
            total = np.asarray(found[id(node), number]).reshape(leaf.shape)
            assert np.allclose(total, leaf.grad.to_dense().numpy(), rtol=1e-12, atol=1e-12), name
            checked += 1
    assert checked


def test_the_spans_of_a_convolution_are_what_the_user_wrote():
    kind, inputs = MODULES["convolution"]
    torch.manual_seed(0)
    spans = recorded(kind(), inputs).recording.spans
    told = [(span.name, span.module) for span in spans if span.forward]
    assert told[:3] == [("conv2d", "first"), ("relu", ""), ("max_pool2d", "")]
    assert told[-2:] == [("linear", "out"), ("cross_entropy", "")]
    by_name = {span.name: span for span in spans}
    assert {call.name for call in by_name["linear"].backward} == {"mm", "sum"}
    assert [call.name for call in by_name["relu"].backward] == ["threshold_backward"]


def test_autograds_nodes_are_numbered_upwards_as_they_are_made():
    x = torch.ones(2, requires_grad=True)
    before = torch.autograd._get_sequence_nr()
    y = x * 2
    between = torch.autograd._get_sequence_nr()
    z = y.exp()
    assert before <= y.grad_fn._sequence_nr() < between <= z.grad_fn._sequence_nr() < torch.autograd._get_sequence_nr()


def test_the_node_that_runs_backward_is_the_current_one():
    seen = []

    class Asks(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x * 1

        @staticmethod
        def backward(ctx, grad):
            seen.append(torch._C._current_autograd_node())
            return grad

    y = Asks.apply(torch.ones(2, requires_grad=True))
    assert torch._C._current_autograd_node() is None
    y.sum().backward()
    assert seen == [y.grad_fn]


def test_a_nodes_hook_gets_what_the_node_passes_on():
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    y, got = (x * 3) * x, []
    y.grad_fn.register_hook(lambda given, arrived: got.append(given))
    y.sum().backward()
    [(of_left, of_right)] = got
    assert of_left.tolist() == [1.0, 2.0]
    assert of_right.tolist() == [3.0, 6.0]


@pytest.mark.parametrize(
    "name",
    ["gelu_backward", "native_layer_norm_backward", "_log_softmax_backward_data", "nll_loss_forward", "mse_loss"],
)
def test_pytorch_knows_the_simpler_calls_of(name):
    assert getattr(torch.ops.aten, name).default in torch._decomp.decomposition_table


def test_a_function_mode_sees_what_the_users_code_calls():
    class Sees(torch.overrides.TorchFunctionMode):
        def __init__(self):
            super().__init__()
            self.seen = []

        def __torch_function__(self, function, types, args=(), kwargs=None):
            self.seen.append(getattr(function, "__name__", ""))
            return function(*args, **(kwargs or {}))

    x, label = torch.randn(1, 3, requires_grad=True), torch.tensor([1])
    with Sees() as mode:
        F.cross_entropy(x.relu() * 2, label)
    assert mode.seen[:3] == ["relu", "mul", "cross_entropy"] or mode.seen[:3] == ["relu", "__mul__", "cross_entropy"]
