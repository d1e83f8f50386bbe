"""The reference is the module itself: what a recorder may misread is right, or refused, and never wrong."""

import copy

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from excel_export import ExportError, export, read_tensors, verify
from tests.support.engines import edit, recalculate
from tests.support.kinds import Made
from tests.support.passes import each_writer

X = torch.tensor([[1.0, -2.0, 0.5]])


class Layer(nn.Module):
    """A linear layer, and a function of it and the input."""

    def __init__(self, function):
        super().__init__()
        torch.manual_seed(0)
        self.l = nn.Linear(3, 2)
        self.relu = nn.ReLU(inplace=True)
        self.function = function

    def forward(self, x):
        return self.function(self, x)


class HalfBackward(torch.autograd.Function):
    """A square, with half of its gradient."""

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x * x

    @staticmethod
    def backward(ctx, grad):
        return grad * ctx.saved_tensors[0]


def under_no_grad(self, x):
    with torch.no_grad():
        t = self.l(x)
    return (self.l(x) * t).sum()


@torch.no_grad()
def decorated(self, x):
    return self.l(x)


def grad_switched_off(self, x):
    torch.set_grad_enabled(False)
    t = self.l(x)
    torch.set_grad_enabled(True)
    return (self.l(x) * t).sum()


def relu_in_place(self, x):
    h = self.l(x)
    r = nn.ReLU(inplace=True)(h)
    return (r + h).sum()


def relu_layer_in_place(self, x):
    h = self.l(x)
    r = self.relu(h)
    return (r + h).sum()


def another_name(self, x):
    h = self.l(x)
    y = h
    y += 1
    return (h * y).sum()


def plain(self, x):
    return F.softplus(self.l(x)).sum()


def hooked(hook, layer=None):
    module = Layer(plain)
    hook(module.l if layer else module)
    return module


MODULES = {
    "plain": Layer(plain),
    "no_grad": Layer(under_no_grad),
    "no_grad decorator": Layer(lambda self, x: (decorated(self, x) * self.l(x)).sum()),
    "set_grad_enabled": Layer(grad_switched_off),
    "autograd function": Layer(lambda self, x: HalfBackward.apply(self.l(x)).sum()),
    "relu in place": Layer(relu_in_place),
    "relu layer in place": Layer(relu_layer_in_place),
    "another name": Layer(another_name),
    "isinstance": Layer(lambda self, x: self.l(x).sum() * (2 if isinstance(x.size(0), int) else 3)),
    "is_tensor": Layer(lambda self, x: self.l(x).sum() * (2 if torch.is_tensor(x) else 3)),
    "hook": hooked(lambda m: m.register_forward_hook(lambda module, args, result: result * 2)),
    "pre-hook": hooked(lambda m: m.register_forward_pre_hook(lambda module, args: (args[0] * 2,))),
    "hook of a layer": hooked(lambda m: m.register_forward_hook(lambda module, args, result: result * 2), "l"),
    "pre-hook of a layer": hooked(lambda m: m.register_forward_pre_hook(lambda module, args: (args[0] * 2,)), "l"),
    "backward hook": hooked(lambda m: m.register_full_backward_hook(lambda module, grad, _: (grad[0] * 2,))),
    "backward hook of a layer": hooked(lambda m: m.register_full_backward_hook(lambda m, g, _: (g[0] * 2,)), "l"),
    "hook of a parameter": hooked(lambda m: m.weight.register_hook(lambda grad: grad * 2), "l"),
    "detached parameters": Layer(
        lambda self, x: self.l(x).sum() + sum(p.detach().pow(2).sum() for p in self.parameters())
    ),
    "all parameters": Layer(lambda self, x: self.l(x).sum() + sum(p.pow(2).sum() for p in self.parameters())),
    "number of a parameter": Layer(lambda self, x: self.l(x).sum() * next(self.parameters())[0, 0].item()),
    "narrow numbers": Layer(lambda self, x: self.l(x).half().sum()),
}  # fmt: skip
REFUSED = {
    "backward hook", "backward hook of a layer", "hook of a parameter", "number of a parameter", "narrow numbers",
}  # fmt: skip


def by_hand(module, *inputs):
    """The loss and the gradients, by PyTorch's usual words."""
    twin = copy.deepcopy(module).double()
    for name, parameter in module.named_parameters():
        for hook in (parameter._backward_hooks or {}).values():
            twin.get_parameter(name).register_hook(hook)
    inputs = [item.double().requires_grad_() for item in inputs]
    loss = twin(*inputs)
    loss.backward()
    tensors = {"loss": loss, "grad.x": inputs[0].grad}
    tensors |= {f"grad.{name}": parameter.grad for name, parameter in twin.named_parameters()}
    return {key: tensor.detach().numpy() for key, tensor in tensors.items()}


def assert_right(module, path, folder):
    """Hold a workbook against PyTorch, as it is and with a weight changed, recalculated by an engine."""
    changed = copy.deepcopy(module)
    changed.l.weight.data[1, 2] += 0.25
    place = Made("", path, module, (X,)).place("l.weight", 1, 2)
    edited = edit(path, {place: changed.l.weight[1, 2].item()}, folder / "edited.xlsx")
    for twin, file in ((module, path), (changed, edited)):
        found = read_tensors(recalculate(file, "ironcalc", folder).path)
        for key, expected in by_hand(twin, X).items():
            np.testing.assert_allclose(found[key], expected, rtol=1e-9, atol=1e-12, err_msg=key)


def refusal(function, *args):
    """What an ExportError says, or None."""
    try:
        function(*args)
    except ExportError as error:
        return str(error)
    return None


@pytest.mark.filterwarnings("error")  # a warning would be a second line
@pytest.mark.parametrize("case", sorted(REFUSED))
def test_what_no_formula_shows_is_refused(case, tmp_path):
    module, path = MODULES[case], tmp_path / "out.xlsx"
    refused = refusal(export, module, (X,), path)
    assert "\n" not in refused
    assert not list(tmp_path.iterdir())
    assert "no such file" not in refusal(verify, path, module, (X,))


@pytest.mark.parametrize("case", sorted(MODULES.keys() - REFUSED))
@each_writer
def test_all_else_is_right(case, write, tmp_path):
    write(MODULES[case], (X,), tmp_path / "out.xlsx")
    assert_right(MODULES[case], tmp_path / "out.xlsx", tmp_path)
