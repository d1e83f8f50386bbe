"""Gradients that are off, of custom functions, and hooks: each of these is right, or refused in one clear line."""

import torch

from tests.support.traps import Traps

traps = Traps()


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
def no_grad_decorator(self, x):
    return (fixed(self, x) * self.l(x)).sum()


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


@traps.right
def detached_parameters(self, x):
    return self.l(x).sum() + sum(p.detach().pow(2).sum() for p in self.l.parameters())


@traps.right
def no_gradient_at_all(self, x):
    with torch.no_grad():
        return self.l(x).sum()


@traps.right
def custom_function(self, x):
    scaled, doubled = Scaled.apply(self.l(x), 3.0)
    return (Square.apply(scaled) * doubled).sum()


@traps.refused("the custom autograd Function Half has a backward that is not the derivative of its forward")
def custom_backward(self, x):
    return Half.apply(self.l(x)).sum()


@traps.refused("the custom autograd Function Clipped has a backward")
def custom_backward_that_clips(self, x):
    return Clipped.apply(self.l(x)).sum()


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


@traps.right
def a_gradient_that_is_known_to_be_zero(self, x):
    return self.l(x).sum() + torch.sgn(x).sum()  # PyTorch's tensor of nothing but zeros has no memory


test_right, test_workbook, test_refused = traps.tests()
