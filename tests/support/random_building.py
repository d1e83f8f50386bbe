"""Growing a random network step by step: what a step is, and whether it fits and decides nothing by a hair."""

import copy
from dataclasses import dataclass, field

import numpy as np
import torch
from hypothesis import strategies as st
from torch import nn

LARGEST_TENSOR, LARGEST_NETWORK, LARGEST_NUMBER = 90, 240, 100
# A decision, such as which of two numbers is larger, must not hang on the last bits.
MARGIN = 1e-6


@dataclass
class Step:
    """One operator: a function or a module, and the earlier values it reads."""

    text: str
    function: object
    reads: tuple[int, ...]


class Network(nn.Module):
    """Steps one after another, then a loss."""

    def __init__(self, steps, loss):
        super().__init__()
        self.steps, self.loss = steps, loss
        functions = {id(step.function): step.function for step in steps}
        self.layers = nn.ModuleList(item for item in functions.values() if isinstance(item, nn.Module))

    def forward(self, x, target):
        values = [x]
        for step in self.steps:
            values.append(step.function(*(values[k] for k in step.reads)))
        return self.loss.function(values[-1], target)

    def __repr__(self):
        return "\n".join(f"{k}: {s.text} of {s.reads}" for k, s in enumerate([*self.steps, self.loss], 1))


def overwrites(network, inputs):
    """Whether a value is changed in place that something else needs.

    Then PyTorch refuses to go backward, or gives other numbers than the same network without in-place operations.
    """
    plain = copy.deepcopy(network)
    for module in plain.modules():
        if hasattr(module, "inplace"):
            module.inplace = False
    expected = _loss_and_gradients(plain, inputs)
    try:
        found = _loss_and_gradients(copy.deepcopy(network), inputs)
    except RuntimeError:
        return True
    return not all(
        torch.allclose(one, other, rtol=1e-9, atol=1e-12) for one, other in zip(found, expected, strict=True)
    )


def _loss_and_gradients(network, inputs):
    x, target = inputs
    leaf = x.clone().requires_grad_()
    loss = network(leaf.clone(), target)
    leaves = [leaf, *network.parameters()]
    return [loss, *torch.autograd.grad(loss, leaves, allow_unused=True, materialize_grads=True)]


@dataclass
class Builder:
    """Grows a network step by step, running each step to see whether it fits."""

    draw: object
    values: list
    steps: list = field(default_factory=list)

    def pick(self, *options):
        return self.draw(st.sampled_from(options))

    def number(self, low, high):
        return self.draw(st.integers(low, high))

    def add(self, text, function, reads, kinks=None):
        """Add the step if it runs, stays small and decides nothing by a hair; `kinks` are where it decides."""
        inputs = [self.values[k] for k in reads]
        if kinks is not None and not decided(*inputs, *kinks):
            return
        try:
            with torch.no_grad():
                result = function(*inputs)
        except (RuntimeError, IndexError):
            return
        sizes = [value.numel() for value in self.values]
        small = 0 < result.numel() <= LARGEST_TENSOR and sum(sizes) + result.numel() <= LARGEST_NETWORK
        if small and result.isfinite().all() and result.abs().max() < LARGEST_NUMBER:
            self.values.append(result)
            self.steps.append(Step(text, function, tuple(reads)))


def decided(*values):
    """Whether no two different numbers are so close that rounding could swap them."""
    numbers = np.unique(np.concatenate([np.asarray(value, dtype=np.float64).ravel() for value in values]))
    return bool((np.diff(numbers) > MARGIN).all())


def weighted(b, module):
    """Give the module's parameters random numbers."""
    generator = torch.Generator().manual_seed(b.number(0, 999))
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=generator) * 0.6)
    return module.double().eval(), None
