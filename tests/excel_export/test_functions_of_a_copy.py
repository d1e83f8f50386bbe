"""Functions that a module holds: they use its layers, and in the copy that is traced, those of the copy."""

import copy
from functools import partial

import pytest
import torch
from torch import nn

from excel_export import export
from excel_export.compiler.confirm.confirmation import confirmed_trace
from excel_export.compiler.reference.eager import run_eagerly
from excel_export.compiler.reference.float64_copy import float64_copy
from tests.support.edited import differing, edited

X = torch.linspace(-1, 2, 12).reshape(3, 4).double().sin()


class Block(nn.Module):
    """As in minGPT: a lambda over a dict of layers."""

    def __init__(self):
        super().__init__()
        self.mlp = nn.ModuleDict({"c_fc": nn.Linear(4, 6), "act": nn.GELU(), "c_proj": nn.Linear(6, 4)})
        m = self.mlp
        self.mlpf = lambda x: m.c_proj(m.act(m.c_fc(x)))

    def forward(self, x):
        return self.mlpf(x).square().mean()


class OfItself(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(4, 4)
        self.f = lambda x: self.layer(x).tanh()
        self.steps = [self.f, lambda x: self.f(x) + self.layer(x), nn.ReLU()]
        self.named = {"g": partial(lambda factor, x: factor * self.f(x), 2)}
        self.pair = (lambda x, layer=self.layer: layer(x), "a text")
        self.by_key = lambda x, *, layer=self.layer: layer(x)

    def forward(self, x):
        for step in self.steps:
            x = step(x)
        return (self.named["g"](x) + self.pair[0](x) + self.by_key(x)).square().sum()


class Recursive(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(4, 4)

        def deeper(x, depth):
            return deeper(self.layer(x).tanh(), depth - 1) if depth else x

        self.deeper = deeper

    def forward(self, x):
        return self.deeper(x, 2).square().sum()


class Hooked(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer, self.gate = nn.Linear(4, 4), nn.Linear(4, 4)
        self.layer.register_forward_hook(lambda module, args, result: result * self.gate(args[0]).sigmoid())

    def forward(self, x):
        return self.layer(x).square().sum()


class Patched(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(4, 4)
        before = self.layer.forward
        self.layer.forward = lambda x: before(x) + x

    def forward(self, x):
        return self.layer(x).square().sum()


class OfSeveral(nn.Module):
    """A function over a list of layers that only it holds."""

    def __init__(self):
        super().__init__()
        self.first, self.second = nn.Linear(4, 4), nn.Linear(4, 4)
        layers = [self.first, self.second]
        self.f = lambda x: sum(layer(x) for layer in layers)

    def forward(self, x):
        return self.f(x).square().sum()


KINDS = (OfSeveral, Block, OfItself, Recursive, Hooked, Patched)


def made(kind):
    torch.manual_seed(0)
    return kind().double()


@pytest.mark.parametrize("kind", KINDS)
def test_it_is_what_pytorch_computes(kind):
    net = made(kind)
    graph, _ = confirmed_trace(net, (X,))
    net(X).backward()
    assert graph.loss.data == pytest.approx(net(X).item(), rel=1e-12)
    for name, parameter in net.named_parameters():
        assert graph.tensors[f"grad.{name}"] == pytest.approx(parameter.grad.numpy(), rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("kind", KINDS)
def test_the_copy_has_its_own_and_the_callers_stays(kind):
    net = made(kind)
    before = net(X).item()
    other = float64_copy(net)
    with torch.no_grad():
        for parameter in other.parameters():
            parameter.mul_(0.5)
    assert other(X).item() != pytest.approx(before, rel=1e-3)
    assert net(X).item() == before
    assert all(parameter.grad is None for parameter in net.parameters())
    run_eagerly(net, (X,))
    assert all(parameter.grad is None for parameter in net.parameters())


def test_after_an_edit(tmp_path):
    net = made(Block)
    export(net, (X,), tmp_path / "net.xlsx")
    other = made(Block)
    with torch.no_grad():
        other.mlp.c_fc.weight.copy_(torch.linspace(-1, 1, 24).reshape(6, 4))
    path = edited(tmp_path / "net.xlsx", other, (X,), tmp_path / "edited.xlsx")
    assert not differing(path, "ironcalc", other, (X,), tmp_path)


def test_functions_that_share_a_variable_go_on_sharing_it():
    class Counting(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer, count = nn.Linear(4, 4), 0

            def more(x):
                nonlocal count
                count += 1
                return self.layer(x)

            self.more, self.count = more, lambda: (count, self)

        def forward(self, x):
            return self.more(x).sum()

    net = Counting().double()
    other = float64_copy(net)
    other(X), other(X)
    assert (net.count()[0], other.count()[0]) == (0, 2)
    assert other.count()[1] is other


def test_a_function_without_a_module_stays_the_same():
    net = made(Block)
    net.plain = torch.tanh
    net.own = plain = lambda x: 2 * x
    other = float64_copy(net)
    assert (other.plain, other.own) == (torch.tanh, plain)
    assert copy.deepcopy(net).own is plain
