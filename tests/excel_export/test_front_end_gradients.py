"""Gradients that are off, of custom functions, and hooks: each of these is right, or refused in one clear line."""

import pytest
import torch
from torch.autograd.function import once_differentiable
from torch.utils.checkpoint import checkpoint

from excel_export import ExportError
from excel_export.compiler.confirm.confirmation import confirmed_trace
from tests.support.edited import differing, edited
from tests.support.passes import each_writer
from tests.support.traps import Layers, Square, Traps, X

traps = Traps()


def custom(name, forward, backward):
    """A custom autograd function; its backward takes the gradients, and then what its forward took."""

    def call(ctx, *args):
        ctx.args = args
        return forward(*args)

    def back(ctx, *grads):
        return backward(*grads, *ctx.args)

    return type(name, (torch.autograd.Function,), {"forward": staticmethod(call), "backward": staticmethod(back)})


Half = custom("Half", lambda x: x * x, lambda grad, x: grad * x)
"""With half of its gradient."""
Sign = custom("Sign", lambda x: (x > 0).to(x.dtype) - (x < 0).to(x.dtype), lambda grad, x: grad)
"""A straight-through estimator."""
NearlyPlain = custom("NearlyPlain", lambda x: x * 1, lambda grad, x: grad * (x.abs() < 3))
"""Whose backward is that of its forward for small numbers only."""
Reversed = custom("Reversed", lambda x, strength: x.view_as(x), lambda grad, x, strength: (-strength * grad, None))
"""Gradients turned round, as in domain adaptation."""
Product = custom("Product", lambda x, y: x * y, lambda grad, x, y: (grad * y, 2 * grad * x))
"""Of two, the second with twice its gradient."""
Mixed = custom("Mixed", lambda x: x * x, lambda grad, x: grad.flip(1))
"""Whose backward mixes the elements."""
Two = custom("Two", lambda x: (x * 2, x * 3), lambda one, other, x: one + other)
"""With two results, and gradients of its own."""
Clipped = custom("Clipped", lambda x: x * x, lambda grad, x: 2 * grad.clamp(-10, 10) * x)
"""Whose backward is right for small gradients only."""
Saturated = custom("Saturated", lambda x: x.clamp(-128, 127), lambda grad, x: grad)
"""A straight-through estimator that saturates, as in quantisation."""
Window = custom("Window", lambda x: x * 1.0, lambda grad, x: grad * (x.abs() <= 50))
"""One that saturates in its backward only."""
ClippedAbove = custom("ClippedAbove", lambda x: x.clone(), lambda grad, x: grad.clamp(max=5))
"""The same number, with a gradient that is clipped."""
Stable = custom("Stable", lambda x: (1 + x.exp()).log(), lambda grad, x: grad * torch.sigmoid(x))
"""A softplus that overflows where its backward does not."""


class Binary(torch.autograd.Function):
    """One that lets gradients pass near zero only."""

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return (x >= 0).double()

    @staticmethod
    @once_differentiable
    def backward(ctx, grad):
        (x,) = ctx.saved_tensors
        passed = grad.clone()
        passed[x.abs() > 1] = 0
        return passed


class Spike(torch.autograd.Function):
    """A step with the slope of a smooth one, in PyTorch's newer way, and with a setting."""

    @staticmethod
    def forward(x, steepness):
        return (x > 0).double()

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.x, ctx.steepness = inputs

    @staticmethod
    def backward(ctx, grad):
        return grad / (1 + ctx.steepness * ctx.x.abs()) ** 2, None


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


@traps.right
def no_grad(self, x):
    with torch.no_grad():
        t = self.l(x)
        t = t * 2
        t += 1
    return (self.l(x) * t).sum() + t.sum()


@torch.no_grad()
def fixed(self, x):
    return self.l(x)


@traps.right
def set_grad_enabled(self, x):
    torch.set_grad_enabled(False)
    t = self.l(x)
    torch.set_grad_enabled(True)
    return (self.l(x) * t).sum()


@traps.right
def inference_mode(self, x):
    with torch.inference_mode():
        t = self.l(x)
    return (self.m(x)[:, :2] * t.clone()).sum()


@traps.right
def detached(self, x):
    h = self.l(x)
    return (h.detach() * h + self.l(x).data).sum()


@traps.refused("no gradient leaves the loss")
def no_gradient_at_all(self, x):
    with torch.no_grad():
        return self.l(x).sum()


@traps.right
def custom_function(self, x):
    scaled, doubled = Scaled.apply(self.l(x), 3.0)
    return (Square.apply(scaled) * doubled).sum()


@traps.right
def custom_backward(self, x):
    return (Half.apply(self.l(x)) * self.l(x)).sum()


@traps.right
def straight_through(self, x):
    return (Sign.apply(self.l(x)) * self.m(x)[:, :2]).sum() + Sign.apply(self.l.weight).square().sum()


@traps.right
def straight_through_by_detach(self, x):
    h = self.l(x)
    return ((h + ((h > 0).double() - h).detach()) * self.m(x)[:, :2]).sum()


@traps.right
def overflows(self, x):
    return Stable.apply(self.m(x)).sum()


SPIKE, STABLE = Spike.apply, Stable.apply
"""As many modules have it, beside them or in them."""


@traps.right
def of_two(self, x):
    return Product.apply(self.l(x), self.m(x)[:, 1:]).sum()


@traps.right
def checkpointed(self, x):
    once = checkpoint(self.m, x, use_reentrant=False)
    several = checkpoint(lambda h: (h.T @ h).diagonal() * 2, once, use_reentrant=False)
    return checkpoint(self.l, once + several, use_reentrant=True).square().sum()


@traps.refused("the custom autograd Function Mixed has a backward that is not the derivative of its forward, nor")
def backward_that_mixes(self, x):
    return Mixed.apply(self.l(x)).sum()


@traps.refused("the custom autograd Function Two has a backward")
def backward_of_two_results(self, x):
    one, other = Two.apply(self.l(x))
    return (one * other).sum()


@traps.refused("the custom autograd Function Clipped has a backward")
def custom_backward_that_clips(self, x):
    return Clipped.apply(self.l(x)).sum()


@traps.refused("the custom autograd Function ClippedAbove has a backward")
def custom_backward_that_clips_one_number(self, x):
    return ClippedAbove.apply(self.l(x).sum())


@traps.right
def hook_that_looks(self, x):
    h = self.l(x)
    h.register_hook(lambda grad: None)
    return h.sum()


@traps.refused("a hook changes a gradient", "h.register_hook(lambda grad: grad.clamp(-10, 10))")
def hook_that_clips(self, x):
    h = self.l(x)
    h.register_hook(lambda grad: grad.clamp(-10, 10))
    return h.sum()


@traps.refused("a hook changes a gradient", "grad.clamp(max=5)")
def hook_that_clips_one_number(self, x):
    h = self.l(x).sum()
    h.register_hook(lambda grad: grad.clamp(max=5))
    return h


@traps.refused("read by bool() in test_front_end_gradients.py, line", "h.sum() > 1e3")
def hook_that_asks_a_tensor(self, x):
    h = self.l(x)
    h.register_hook(lambda grad: grad * 2 if h.sum() > 1e3 else grad)
    return h.square().sum()


@traps.right
def hook_that_looks_at_a_tensor(self, x):
    h, seen = self.l(x), []
    h.register_hook(lambda grad: seen.append((h.norm().item(), bool(grad.norm() > h.norm()))))
    return h.square().sum()


@traps.refused("a hook fails when it is tried on gradients of all sizes (too large)", "remove it before the export")
def hook_that_fails_for_large_gradients(self, x):
    def limited(grad):
        if grad.abs().max() > 1e6:
            raise ValueError("too large")

    h = self.l(x)
    h.register_hook(limited)
    return h.square().sum()


@traps.refused("saved_tensors_hooks in test_front_end_gradients.py, line", "leave it out")
def hooks_of_what_is_saved(self, x):
    with torch.autograd.graph.saved_tensors_hooks(lambda t: t, lambda t: t * 2 if t.sum() > 1e3 else t):
        h = self.l(x)
    return h.square().sum()


@traps.right
def what_is_saved_elsewhere(self, x):
    with torch.autograd.graph.save_on_cpu():
        return self.l(x).square().sum()


class InABand(torch.autograd.Function):
    """The identity, with three times its gradient for some numbers."""

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x.clone()

    @staticmethod
    def backward(ctx, grad):
        (x,) = ctx.saved_tensors
        return torch.where((x > 2.5) & (x < 2.6), grad * 3, grad)


@traps.right
def custom_backward_in_a_band(self, x):
    return InABand.apply(self.l(x)).square().sum()


@traps.refused("a hook changes a gradient")
def hook_that_changes_in_place(self, x):
    h = self.l(x)
    h.register_hook(lambda grad: setattr(grad, "data", grad.clamp(-1e9, 1e9)))
    return h.sum()


@traps.refused("x.grad_fn.register_hook in test_front_end_gradients.py, line")
def hook_of_a_node(self, x):
    h = self.l(x)
    assert "Backward" in h.grad_fn.name()
    h.grad_fn.register_hook(lambda grads, _: (grads[0].clamp(max=5), *grads[1:]))
    return h.sum()


@traps.refused("a hook of register_post_accumulate_grad_hook may change a gradient")
def hook_after_accumulation(self, x):
    self.l.weight.register_post_accumulate_grad_hook(lambda parameter: parameter.grad.clamp_(-5, 5))
    return self.l(x).sum()


@traps.right
def a_gradient_that_is_known_to_be_zero(self, x):
    return self.l(x).sum() + torch.sgn(x).sum()  # PyTorch's tensor of nothing but zeros has no memory


traps.all_right(
    no_grad_decorator=lambda self, x: (fixed(self, x) * self.l(x)).sum(),
    detached_parameters=lambda self, x: self.l(x).sum() + sum(p.detach().pow(2).sum() for p in self.l.parameters()),
    straight_through_near_zero=lambda self, x: (Binary.apply(self.l(x) * 2) * self.m(x)[:, :2]).sum(),
    right_for_small_numbers_only=lambda self, x: NearlyPlain.apply(self.m(x) * 3).sum(),
    surrogate=lambda self, x: (Spike.apply(self.l(x), 2.0) * self.l(x)).sum(),
    functions_held_as_variables=lambda self, x: (SPIKE(self.l(x), 2.0) * self.l(x)).sum() + STABLE(self.m(x)).sum(),
    turned_round=lambda self, x: Reversed.apply(self.l(x), 0.5).square().sum() + self.l(x).sum(),
)
test_right, test_workbook, test_refused = traps.tests()


def test_a_band_of_numbers_that_the_code_names_is_found():
    graph, _ = confirmed_trace(Layers(custom_backward_in_a_band), (X,))
    assert "where" in [call.kind for call in graph.calls]


def clip(grads):
    return tuple(grad.clamp(-5, 5) for grad in grads)


HOOKS = {
    "of a parameter": (
        lambda module: module.l.weight.register_hook(lambda grad: grad.clamp(-5, 5)),
        "a hook changes a gradient, or gives another one back, which no formula shows: the parameter 'l.weight', "
        "test_front_end_gradients.py, line ",
    ),
    "after accumulation": (
        lambda module: module.l.weight.register_post_accumulate_grad_hook(lambda p: p.grad.clamp_(-5, 5)),
        "a hook of register_post_accumulate_grad_hook may change a gradient, or the parameter itself, which no formula "
        "shows: the parameter 'l.weight'",
    ),
    "of a layer": (
        lambda module: module.l.register_full_backward_hook(lambda layer, grads, _: clip(grads)),
        "which no formula shows: a Linear, test_front_end_gradients.py, line ",
    ),
    "before a layer": (
        lambda module: module.l.register_full_backward_pre_hook(lambda layer, grads: clip(grads)),
        "which no formula shows: a Linear, test_front_end_gradients.py, line ",
    ),
    "of the old kind": (
        lambda module: module.l.register_backward_hook(lambda layer, grads, _: clip(grads)),
        "x.grad_fn.register_hook in ",
    ),
    "by what a layer holds": (
        lambda module: module.l.register_full_backward_hook(
            lambda layer, grads, _: clip(grads) if layer.weight.norm() > 1e3 else None
        ),
        "is read by bool() in test_front_end_gradients.py, line ",
    ),
    "by the parameter": (
        lambda module: module.l.weight.register_hook(lambda grad: grad * 5 if module.l.weight.norm() > 1e3 else None),
        "a function holds the parameter 'l.weight' itself",
    ),
    "by what it reads": (
        lambda module: module.l.weight.register_hook(lambda grad: grad * 5 if grad.norm() > 1e5 else None),
        "a hook changes a gradient",
    ),
}


@pytest.mark.parametrize("case", HOOKS)
def test_hooks_that_change_what_is_large_are_refused(case):
    hook, words = HOOKS[case]
    module = Layers(lambda self, x: self.l(x).square().sum())
    hook(module)
    with pytest.raises(ExportError) as refusal:
        confirmed_trace(module, (X,))
    assert words in str(refusal.value)


def test_hooks_that_look_are_not():
    module, seen = Layers(lambda self, x: self.l(x).square().sum()), []
    module.l.weight.register_hook(lambda grad: seen.append(grad.norm().item()))
    module.l.bias.register_hook(lambda grad: grad)
    module.l.register_full_backward_hook(lambda layer, grads, _: grads)
    module.l.register_full_backward_pre_hook(lambda layer, grads: seen.append(grads[0].abs().max().item()))
    confirmed_trace(module, (X,))
    assert seen


@pytest.mark.parametrize("given", [X, torch.zeros(1, 3)], ids=["numbers", "zeros"])
@pytest.mark.parametrize("function", [Saturated, Window])
@each_writer
def test_what_saturates_does_so_after_an_edit(function, given, write, tmp_path):
    module = Layers(lambda self, x: function.apply(x).sum())
    path = tmp_path / "out.xlsx"
    write(module, (given,), path)
    typed = given.double()
    typed[0, 1] = 200.0
    changed = edited(path, module, (typed,), tmp_path / "edited.xlsx")
    assert not differing(changed, "ironcalc", module.double(), (typed,), tmp_path)
