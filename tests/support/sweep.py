"""Many calls of operators in one workbook, each held against PyTorch's own autograd.

swept = sweep({"relu": Case(F.relu, x), "tanh": Case(torch.tanh, x)}, tmp_path / "sweep.xlsx")
found = read_tensors(recalculate(swept.path, engine, tmp_path).path)
assert not swept.differing(found, to_nine_digits)
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import nn

from excel_export.compiler.trace.tracer import trace
from excel_export.composites._composite import Composite
from excel_export.formulas import Operator
from tests.support.cases._example import Example
from tests.support.passes import write_passes

SHARE = 1 / 4096
"""The share of a case in the loss, and so how large its gradients are."""
Tolerance = Callable[[str, np.ndarray], "np.ndarray | None"]
"""From a case and PyTorch's numbers to how far off each may be; None where the case does not count."""


def title_of(tried: type[Operator] | Composite) -> str:
    """What a test calls an operator, 'relu', or a composite, 'composite addbmm'."""
    return f"composite {tried.name}" if isinstance(tried, Composite) else tried.name


def name_of(tried: type[Operator] | Composite, example: Example) -> str:
    """What a test calls an example: 'relu at zero'."""
    return f"{title_of(tried)} {example.what}".strip()


class Case(nn.Module):
    """A weighted sum of a function of its parameters, so that every element gets a gradient of its own."""

    def __init__(self, function: Callable[..., torch.Tensor], *inputs: torch.Tensor) -> None:
        super().__init__()
        self.function = function
        self.inputs = nn.ParameterList(nn.Parameter(x.clone(), requires_grad=x.is_floating_point()) for x in inputs)
        self.double()
        shape = function(*(x.detach().clone() for x in self.inputs)).shape
        self.register_buffer("mix", torch.linspace(1, 3, shape.numel()).double().reshape(shape))

    def forward(self) -> torch.Tensor:
        return (self.function(*self.inputs) * self.mix).sum()


class Learns(nn.Module):
    """A loss with a further term that learns: an argmax or a comparison passes no gradient on."""

    def __init__(self, loss: nn.Module) -> None:
        super().__init__()
        self.loss, self.further = loss, nn.Parameter(torch.ones(()).double())

    def forward(self, *inputs: torch.Tensor) -> torch.Tensor:
        return self.loss(*inputs) + self.further


class Sweep(nn.Module):
    """Many cases in one network, each with a share of the loss so small that the sum cannot overflow."""

    def __init__(self, cases: list[Case]) -> None:
        super().__init__()
        self.cases = nn.ModuleList(cases)
        # The loss must stay below what stands for infinity.
        with torch.no_grad():
            self.shares = [1 / SHARE if case().abs() < 1e301 else 2.0**40 for case in cases]

    def forward(self, one: torch.Tensor) -> torch.Tensor:
        total = one * 1
        for case, share in zip(self.cases, self.shares, strict=True):
            total = total + case() / share
        return total


@dataclass(frozen=True)
class Swept:
    """A workbook of many cases, and PyTorch's numbers."""

    path: Path | None
    names: list[str]
    """The names of the cases."""
    recorded: dict[str, np.ndarray]
    """The numbers of what was recorded of them."""
    expected: dict[str, np.ndarray]
    case_of: dict[str, str]
    """The case that a tensor belongs to."""

    def differing(self, found: Mapping[str, np.ndarray], tolerance: Tolerance) -> list[str]:
        """The tensors that differ from PyTorch's, each with its case and the first difference."""
        wrong = []
        for key, name in self.case_of.items():
            expected = self.expected[key]
            allowed = tolerance(name, expected)
            if allowed is None:
                continue
            differs = ~(np.abs(found[key] - expected) <= allowed)
            if differs.any():
                shown, right = found[key][differs][0], expected[differs][0]
                wrong.append(f"{name}: {key} shows {shown} for {right}, and so {differs.sum()} of {differs.size}")
        return wrong


def to_nine_digits(name: str, expected: np.ndarray) -> np.ndarray:
    """Allow the ninth digit of the largest number of a tensor to differ."""
    return np.full(expected.shape, 1e-9 * max(SHARE, np.abs(expected).max(initial=0)))


def sweep(cases: Mapping[str, Case], path: Path | None = None) -> Swept:
    """Record the cases, and write a workbook of them, each on a sheet of its own, without any stored value."""
    module, one = Sweep(list(cases.values())), torch.ones((), dtype=torch.float64)
    graph = trace(module, (one,))
    if path:
        write_passes(graph, path, apart=True)
    names, case_of = list(cases), {}
    owners = {value.name: value.module_path or value.name for value in graph.values}
    for key in graph.tensors:
        where = re.search(r"cases\.(\d+)", owners.get(key.removeprefix("grad."), ""))
        if where:  # else it adds up the cases
            case_of[key] = names[int(where[1])]
    with torch.random.fork_rng():
        torch.manual_seed(0)  # as the exporter does, for what is drawn at random
        module(one).backward()
    # What the trace says of the intermediate values; of all others, what PyTorch says by itself.
    grads = {name: x.grad.to_dense() for name, x in module.named_parameters() if x.grad is not None}
    eager = {f"grad.{name}": grad.numpy(force=True) for name, grad in grads.items()}
    return Swept(path, names, graph.tensors, graph.tensors | eager, case_of)
