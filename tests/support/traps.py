"""Traps: small functions that a front end could misread. Each is right, or refused in one clear line."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from excel_export import ExportError, read_tensors
from excel_export.compiler.confirm.confirmation import confirmed_trace
from excel_export.compiler.reference.eager import EagerRun, run_eagerly
from excel_export.compiler.reference.widen import Widen
from tests.support.engines import edit, recalculate
from tests.support.kinds import Made
from tests.support.long_proofs import only_quick
from tests.support.passes import each_writer

X = torch.tensor([[1.0, -2.0, 0.5]])
Writer = Callable[..., object]
Trap = Callable[[Any, torch.Tensor], torch.Tensor]


class Square(torch.autograd.Function):
    """A square, with a backward that is that of its forward."""

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x * x

    @staticmethod
    def backward(ctx, grad):
        return 2 * grad * ctx.saved_tensors[0]


class Layers(nn.Module):
    """A few layers, and a function of them and the input."""

    def __init__(self, function: Trap) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.l, self.m = nn.Linear(3, 2), nn.Linear(3, 3)
        self.relu, self.table = nn.ReLU(inplace=True), nn.Embedding(5, 3)
        self.plain = torch.tensor([0.1, 0.2])
        self.register_buffer("places", torch.arange(5)[None])
        self.register_buffer("mean", torch.ones(3))
        self.teacher = nn.Linear(3, 3).requires_grad_(False)
        self.function = function

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.function(self, x)


class Several(nn.Module):
    """The sum of several traps, each with layers of its own."""

    def __init__(self, functions: list[Trap]) -> None:
        super().__init__()
        self.cases = nn.ModuleList(map(Layers, functions))
        self.double()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return sum((1 + k / 8) * case(x * 1).sum() for k, case in enumerate(self.cases))


def eager(module: nn.Module) -> EagerRun:
    """PyTorch's own run; in float64 throughout, where PyTorch refuses to mix types."""
    try:
        return run_eagerly(module, (X,))
    except ExportError:
        return run_eagerly(module, (X,), Widen())


@dataclass
class Traps:
    """Those of one theme."""

    functions: dict[str, Trap] = field(default_factory=dict)
    refusals: dict[str, tuple[Trap, tuple[str, ...]]] = field(default_factory=dict)

    def right(self, function: Trap) -> Trap:
        """Note a trap that is recorded as PyTorch computes it."""
        self.functions[_title(function)] = function
        return function

    def all_right(self, **functions: Trap) -> None:
        """Note traps of one line each, by their names."""
        self.functions |= {name.replace("_", " "): function for name, function in functions.items()}

    def all_refused(self, *words: str, **functions: Trap) -> None:
        """Note traps of one line each that are refused in the same words."""
        self.refusals |= {name.replace("_", " "): (function, words) for name, function in functions.items()}

    def refused(self, *words: str) -> Callable[[Trap], Trap]:
        """Note a trap that is refused in these words."""

        def note(function: Trap) -> Trap:
            self.refusals[_title(function)] = function, words
            return function

        return note

    def tests(self) -> tuple[Callable[..., None], ...]:
        """The tests of all these: of what is recorded, of workbooks after an edit, and of refusals."""
        names = [*self.functions]
        groups = [names[first : first + 8] for first in range(0, len(names), 8)]

        @pytest.mark.parametrize("case", names)
        def recorded(case: str) -> None:
            _is_recorded_as_pytorch_computes_it(Layers(self.functions[case]))

        # Among the quick tests, the first group after an edit; of all others, what is recorded.
        @pytest.mark.parametrize("first", only_quick([group[0] for group in groups], names[0]))
        @each_writer
        def workbook(first: str, write: Writer, tmp_path: Path) -> None:
            (group,) = (group for group in groups if group[0] == first)
            # They switch gradients off, or set the type of numbers, for all that follows.
            _is_right_also_after_an_edit(Several([self.functions[name] for name in group]), write, tmp_path)

        @pytest.mark.parametrize("case", self.refusals)
        def refused(case: str) -> None:
            function, words = self.refusals[case]
            with pytest.raises(ExportError) as refusal:
                confirmed_trace(Layers(function), (X,))
            message = str(refusal.value)
            assert "\n" not in message
            for word in words:
                assert word in message

        return recorded, workbook, refused


def _title(function: Trap) -> str:
    return function.__name__.replace("_", " ").strip()


def _is_recorded_as_pytorch_computes_it(module: nn.Module) -> None:
    graph, _ = confirmed_trace(module, (X,))
    plain = eager(module)
    np.testing.assert_allclose(graph.tensors["loss"], plain.loss, rtol=1e-6)
    for leaf in (*plain.parameters, *plain.inputs):
        if leaf.is_reached:
            np.testing.assert_allclose(graph.tensors[f"grad.{leaf.names[0]}"], leaf.grad, rtol=1e-6, atol=1e-12)


def _is_right_also_after_an_edit(module: Several, write: Writer, folder: Path) -> None:
    path = folder / "out.xlsx"
    write(module, (X,), path)
    changed = copy.deepcopy(module)
    made, typed = Made("", path, module, (X,)), {}
    for k, case in enumerate(changed.cases):
        for name, index in (("l.weight", (1, 2)), ("m.weight", (2, 0))):
            if f"cases.{k}.{name}" in made._index:
                case.get_parameter(name).data[index] += 0.25
                typed[made.place(f"cases.{k}.{name}", *index)] = case.get_parameter(name)[index].item()
    edited = edit(path, typed, folder / "edited.xlsx")
    found, plain = read_tensors(recalculate(edited, "ironcalc", folder).path), eager(changed)
    np.testing.assert_allclose(found["loss"], plain.loss, rtol=1e-7)
    for leaf in (*plain.parameters, *plain.inputs):
        if leaf.is_reached:
            np.testing.assert_allclose(found[f"grad.{leaf.names[0]}"], leaf.grad, rtol=1e-7, atol=1e-9)
