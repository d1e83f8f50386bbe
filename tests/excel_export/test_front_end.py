"""What a module may do in forward(): each of these is right, or refused in one clear line."""

import copy

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from excel_export import ExportError, export, read_tensors
from excel_export.compiler.confirm import confirmed_trace
from excel_export.compiler.eager import run_eagerly
from excel_export.compiler.trace import trace
from excel_export.compiler.widen import Widen
from tests.support.engines import edit, recalculate
from tests.support.kinds import Made

X = torch.tensor([[1.0, -2.0, 0.5]])
OUTSIDE = nn.Linear(2, 1).double()


class Layers(nn.Module):
    """A few layers, and a function of them and the input."""

    def __init__(self, function):
        super().__init__()
        torch.manual_seed(0)
        self.l, self.m = nn.Linear(3, 2), nn.Linear(3, 3)
        self.relu, self.table = nn.ReLU(inplace=True), nn.Embedding(5, 3)
        self.plain = torch.tensor([0.1, 0.2])
        self.register_buffer("places", torch.arange(5)[None])
        self.function = function

    def forward(self, x):
        return self.function(self, x)


class Square(torch.autograd.Function):
    """With a backward that is that of its forward."""

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x * x

    @staticmethod
    def backward(ctx, grad):
        return 2 * grad * ctx.saved_tensors[0]


class Half(Square):
    """With half of its gradient."""

    @staticmethod
    def backward(ctx, grad):
        return grad * ctx.saved_tensors[0]


class Clipped(Square):
    """Whose backward is right for small gradients only."""

    @staticmethod
    def backward(ctx, grad):
        return 2 * grad.clamp(-10, 10) * ctx.saved_tensors[0]


class Scaled(torch.autograd.Function):
    """In PyTorch's newer way, with a result that has no gradient."""

    @staticmethod
    def forward(x, factor):
        return x * factor, x * 2

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.factor = inputs[1]
        ctx.mark_non_differentiable(output[1])

    @staticmethod
    def backward(ctx, grad, _):
        return grad * ctx.factor, None


RIGHT, REFUSED = {}, {}


def right(function):
    RIGHT[function.__name__.replace("_", " ").strip()] = function
    return function


def refused(*words):
    def note(function):
        REFUSED[function.__name__.replace("_", " ").strip()] = function, words
        return function

    return note


# In place, and views


@right
def augmented(self, x):
    h = self.l(x)
    same = h
    h += 1
    h *= 2
    h -= x[:, :2]
    h /= 4
    h **= 2
    return (h * same).sum()


@right
def methods_in_place(self, x):
    h = self.l(x)
    h.add_(x[:, :2]).mul_(2).sigmoid_()
    return h.square().sum()


@right
def relu_in_place(self, x):
    h = self.l(x)
    return (F.relu(h, inplace=True) + h + torch.relu_(self.l(x))).sum()


@right
def relu_layer_in_place(self, x):
    h = self.l(x)
    r = self.relu(h)
    return (r + h).sum()


@right
def input_in_place(self, x):
    x += 1
    x[:, 0] = 2
    return self.l(x).sum()


@right
def written_parts(self, x):
    h = self.m(x) * 1
    h[:, 1:] = x[:, :2] * self.l(x)
    h[0, 0] = 3
    h[..., 1] += h[..., 2]
    return h.square().sum()


@right
def written_into_zeros(self, x):
    kept = torch.zeros(4, 2)
    for step in range(3):
        kept[step] = self.l(x * step)[0]
    kept[3, 1] = 7.0
    return kept.square().sum()


@right
def written_whole(self, x):
    kept, other = torch.empty_like(x), torch.zeros(1, 3)
    kept[:] = self.m(x)
    other.copy_(kept)
    kept.zero_()
    kept += self.m(x).tanh()
    return (kept * other * (self.l(x) * 1).fill_(3).sum()).sum()


@right
def written_where_a_mask_is(self, x):
    h = self.m(x) * 1
    h[h < 0] = 0.25
    return h.square().sum()


@right
def swapped(self, x):
    h = self.m(x) * 1
    first = h[:, 0].clone()
    h[:, 0] = h[:, 1]
    h[:, 1] = first
    return (h * torch.arange(3)).sum()


@right
def through_a_view(self, x):
    h = self.m(x) * 1
    part = h[:, 1:]
    part += 1
    line = h.view(-1)
    line[0] = x.sum()
    return h.square().sum() + part.sum() * line[1]


@right
def a_view_follows(self, x):
    h = self.m(x) * 1
    turned, frozen = h.t(), h.detach()
    h.mul_(2)
    return (turned @ turned.t()).square().sum() + (h * frozen).sum()


@right
def shape_in_place(self, x):
    h = self.l(x) * 1
    h.unsqueeze_(0)
    return (h * 2 if h.shape == (1, 1, 2) else h).square().sum()


@refused("the parameter 'l.weight' is changed in place")
def a_parameter_in_place(self, x):
    with torch.no_grad():
        self.l.weight.mul_(2)
    return self.l(x).sum()


@refused("changed in place while gradients are off")
def in_place_without_gradients(self, x):
    h = self.l(x)
    with torch.no_grad():
        h.mul_(2)
    return h.square().sum()


@refused("x.data, is changed in place")
def data_in_place(self, x):
    h = self.l(x)
    h.data.mul_(2)
    return h.square().sum()


@refused("x.data is set in test_front_end.py, line")
def data_set(self, x):
    h = self.l(x)
    h.data = x
    return h.square().sum()


@refused("a part of a constant tensor that was taken before")
def part_of_a_constant_written(self, x):
    kept = torch.zeros(2, 3)
    row = kept[0]
    row[:] = x[0]
    return kept.square().sum()


@refused("take it afterwards")
def part_of_a_constant_read(self, x):
    kept = torch.zeros(2, 3)
    row = kept[0]
    kept[:] = x[0]
    return (kept + row).square().sum()


@refused("places that are written depend on the inputs")
def written_where_the_inputs_say(self, x):
    h = self.m(x) * 1
    h[0, x.argmax()] = 3
    return h.sum()


@refused("operator 'cumsum' (node 'cumsum')", "excel_export/ops/cumsum.py")
def unknown_in_place(self, x):
    h = self.m(x)
    return h.cumsum_(0).sum()


# Gradients that are off


@right
def no_grad(self, x):
    with torch.no_grad():
        t = self.l(x)
        t = t * 2
        t += 1
    return (self.l(x) * t).sum() + t.sum()


@torch.no_grad()
def fixed(self, x):
    return self.l(x)


@right
def no_grad_decorator(self, x):
    return (fixed(self, x) * self.l(x)).sum()


@right
def set_grad_enabled(self, x):
    torch.set_grad_enabled(False)
    t = self.l(x)
    torch.set_grad_enabled(True)
    return (self.l(x) * t).sum()


@right
def inference_mode(self, x):
    with torch.inference_mode():
        t = self.l(x)
    return (self.m(x)[:, :2] * t.clone()).sum()


@right
def detached(self, x):
    h = self.l(x)
    return (h.detach() * h + self.l(x).data).sum()


@right
def detached_parameters(self, x):
    return self.l(x).sum() + sum(p.detach().pow(2).sum() for p in self.l.parameters())


@right
def no_gradient_at_all(self, x):
    with torch.no_grad():
        return self.l(x).sum()


# Custom functions and hooks


@right
def custom_function(self, x):
    scaled, doubled = Scaled.apply(self.l(x), 3.0)
    return (Square.apply(scaled) * doubled).sum()


@refused("the custom autograd Function Half has a backward that is not the derivative of its forward")
def custom_backward(self, x):
    return Half.apply(self.l(x)).sum()


@refused("the custom autograd Function Clipped has a backward")
def custom_backward_that_clips(self, x):
    return Clipped.apply(self.l(x)).sum()


@right
def hook_that_looks(self, x):
    h = self.l(x)
    h.register_hook(lambda grad: None)
    return h.sum()


@refused("a hook changes a gradient", "h.register_hook(lambda grad: grad.clamp(-10, 10))")
def hook_that_clips(self, x):
    h = self.l(x)
    h.register_hook(lambda grad: grad.clamp(-10, 10))
    return h.sum()


# Python


@right
def branches_on_types_and_shapes(self, x):
    y = self.l(x)
    if isinstance(x.size(0), int) and torch.is_tensor(x) and x.dtype.is_floating_point and len(y) == x.shape[0]:
        y = y * 2
    if y.requires_grad and not y.detach().requires_grad and y.ndim == 2:
        y = y * 3
    return y.sum()


@right
def numbers_like_a_parameter(self, x):
    return (self.l(x) * self.l.weight.new_tensor([0.1, 0.2])).sum()


@right
def all_parameters(self, x):
    return self.l(x).sum() + 0.1 * sum(p.pow(2).sum() for p in self.parameters())


@right
def parameters_of_another_module(self, x):
    return OUTSIDE(self.l(x) * self.plain).sum()


@right
def a_layer_made_in_forward(self, x):
    return nn.ReLU()(self.l(x)).sum()


@right
def rows(self, x):
    a, b, c = self.m(x)[0]
    return a * b + c + sum(k * row.square().sum() for k, row in enumerate(self.m.weight))


@right
def constants_are_folded(self, x):
    return (self.table(self.places[:, :3])[0] * x * (self.plain.cumsum(0).exp()[1] % 2)).sum()


@right
def printed(self, x):
    h = self.l(x)
    assert f"{h.sum():.3f} {h}"
    return h.sum()


@right
def functions_without_a_file(self, x):
    return F.tanhshrink(self.l(x)).sum() + F.softmin(self.l(x), dim=1)[0, 0]


@right
def whole_numbers_divided(self, x):
    return (self.l(x) * (x.argmin(1) / 3)).sum()


@right
def narrow_constants(self, x):
    return F.linear(x, torch.ones(2, 3) * 0.1).square().sum()


@right
def seeded_numbers(self, x):
    torch.manual_seed(3)
    return (self.l(x) * torch.rand(2)).sum()


@refused("read by bool() in test_front_end.py, line", ": if h.sum() > 0:", "torch.where")
def branch_on_a_number(self, x):
    h = self.l(x)
    if h.sum() > 0:
        h = -h
    return h.sum()


@refused("read by item() in test_front_end.py, line")
def number_of_a_parameter(self, x):
    return self.l(x).sum() * self.l.weight[0, 0].item()


@refused("read by numpy() in test_front_end.py, line")
def numpy(self, x):
    return self.l(x).sum() * float(x.detach().numpy().sum())


@refused("'getitem'", "index must not depend on the inputs")
def live_slice(self, x):
    return self.m(x)[0, x.argmax() :].sum()


@refused("random numbers")
def random_numbers(self, x):
    return (self.l(x) * torch.rand(2)).sum()


@refused("operator 'grad'")
def gradient_in_forward(self, x):
    (grad,) = torch.autograd.grad(self.l(x).square().sum(), x, create_graph=True)
    return grad.sum()


@refused("the loss is a constant")
def constant_loss(self, x):
    return torch.ones(())


def eager(module):
    """PyTorch's own run; in float64 throughout, where PyTorch refuses to mix types."""
    try:
        return run_eagerly(module, (X,))
    except ExportError:
        return run_eagerly(module, (X,), Widen())


@pytest.mark.parametrize("case", RIGHT)
def test_what_is_recorded_is_what_pytorch_computes(case):
    module = Layers(RIGHT[case])
    graph, _ = confirmed_trace(module, (X,))
    plain = eager(module)
    np.testing.assert_allclose(graph.tensors["loss"], plain.loss, rtol=1e-6)
    for leaf in (*plain.parameters, *plain.inputs):
        if leaf.is_reached:
            np.testing.assert_allclose(graph.tensors[f"grad.{leaf.names[0]}"], leaf.grad, rtol=1e-6, atol=1e-12)


class Several(nn.Module):
    """The sum of several cases, each with layers of its own."""

    def __init__(self, functions):
        super().__init__()
        self.cases = nn.ModuleList(map(Layers, functions))
        self.double()

    def forward(self, x):
        return sum((1 + k / 8) * case(x * 1).sum() for k, case in enumerate(self.cases))


GROUPS = [[*RIGHT][first : first + 8] for first in range(0, len(RIGHT), 8)]


@pytest.mark.parametrize("group", GROUPS, ids=lambda group: group[0])
def test_workbooks_are_right_also_after_an_edit(group, tmp_path):
    # They switch gradients off, or set the type of numbers, for all that follows.
    module, path = Several([RIGHT[name] for name in group]), tmp_path / "out.xlsx"
    export(module, (X,), path)
    changed = copy.deepcopy(module)
    made, typed = Made("", path, module, (X,)), {}
    for k, case in enumerate(changed.cases):
        for name, index in (("l.weight", (1, 2)), ("m.weight", (2, 0))):
            if f"cases.{k}.{name}" in made._index:
                case.get_parameter(name).data[index] += 0.25
                typed[made.place(f"cases.{k}.{name}", *index)] = case.get_parameter(name)[index].item()
    edited = edit(path, typed, tmp_path / "edited.xlsx")
    found, plain = read_tensors(recalculate(edited, "ironcalc", tmp_path).path), eager(changed)
    np.testing.assert_allclose(found["loss"], plain.loss, rtol=1e-7)
    for leaf in (*plain.parameters, *plain.inputs):
        if leaf.is_reached:
            np.testing.assert_allclose(found[f"grad.{leaf.names[0]}"], leaf.grad, rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize("case", REFUSED)
def test_refusals_say_why_in_one_line(case):
    function, words = REFUSED[case]
    with pytest.raises(ExportError) as refusal:
        confirmed_trace(Layers(function), (X,))
    message = str(refusal.value)
    assert "\n" not in message
    for word in words:
        assert word in message


def test_what_is_global_stays():
    before = torch.get_default_dtype(), torch.is_grad_enabled(), torch.autograd.Function.__dict__["apply"]
    state = torch.get_rng_state()
    for function in (set_grad_enabled, custom_function, branch_on_a_number, seeded_numbers):
        try:
            trace(Layers(function), (X,))
        except ExportError:
            assert function is branch_on_a_number
    assert (torch.get_default_dtype(), torch.is_grad_enabled(), torch.autograd.Function.__dict__["apply"]) == before
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


def test_lists_of_tensors_as_arguments_are_refused():
    class Listed(nn.Module):
        def forward(self, xs):
            return sum(xs).sum()

    with pytest.raises(ExportError, match="'xs' is a list of tensors: give each tensor an argument of its own"):
        trace(Listed(), ([X, X],))


def test_torchscript_is_refused():
    module = nn.Sequential(torch.jit.trace(nn.Linear(3, 1), X), nn.Flatten(0))
    with pytest.raises(ExportError, match="the module '0' is TorchScript"):
        trace(module, (X,))


def test_a_parameter_in_a_closure_is_refused():
    layer = nn.Linear(3, 1).double()

    class Closure(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = layer
            self.function = lambda x: x @ layer.weight.T

        def forward(self, x):
            return self.function(x).sum()

    with pytest.raises(ExportError, match=r"a function holds the parameter 'layer\.weight' itself"):
        trace(Closure(), (X,))
