"""A module recorded below autograd, on a plain sheet, held against the module itself after edits of all its numbers."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from openpyxl import Workbook
from openpyxl.utils import get_column_letter
from torch import nn

from excel_export.recorder.recorder import Recorder, Recording
from tests.support.engines import recalculate
from tests.support.plain_sheet import SHEET, PlainSheet

ALLOWED = 1e-9
"""The largest difference, relative to a number above 1."""
Arrays = Mapping[str, np.ndarray]


@dataclass
class Shadow:
    """What was recorded of a module: the sheet, the ids of loss and gradients, and what PyTorch says after edits."""

    sheet: PlainSheet
    named: Arrays
    expected: Arrays
    edits: dict[int, float]


def moved(x: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """Other numbers: floats a little away, whole numbers, as of labels, the same."""
    if not x.is_floating_point():
        return x.detach().clone()
    return x.detach() + 0.3 * torch.randn(x.shape, generator=generator, dtype=x.dtype)


def gradients(module: nn.Module, inputs: Sequence[torch.Tensor]) -> dict[str, torch.Tensor]:
    """Run a module forward and backward; give the loss, and the gradients of inputs and parameters by name."""
    loss = module(*inputs)
    if loss.requires_grad:
        loss.backward()
    leaves = {f"input {n}": x for n, x in enumerate(inputs)} | dict(module.named_parameters())
    found = {f"grad.{name}": x.grad.to_dense() for name, x in leaves.items() if x.grad is not None}
    return {"loss": loss.detach()} | {name: x for name, x in found.items() if not x._is_zerotensor()}


@dataclass
class Run:
    """A module's run that was recorded: its tensors still have PyTorch's gradients."""

    recording: Recording
    module: nn.Module
    inputs: list[torch.Tensor]
    leaves: dict[str, torch.Tensor]
    made: dict[str, torch.Tensor]
    """The loss and the gradients, by name."""


def recorded(module: nn.Module, inputs: Sequence[torch.Tensor]) -> Run:
    """Record one forward and one backward pass of a copy of a module, in float64."""
    module = copy.deepcopy(module).double()
    given = [x.detach().double().requires_grad_() if x.is_floating_point() else x.clone() for x in inputs]
    recorder = Recorder()
    leaves = {f"input {n}": x for n, x in enumerate(given)} | dict(module.named_parameters())
    for name, leaf in leaves.items():
        recorder.leaf(leaf, "input" if name.startswith("input ") else "parameter", name)
    for name, buffer in module.named_buffers():
        recorder.leaf(buffer, "buffer", name)
    with torch.nn.attention.sdpa_kernel(torch.nn.attention.SDPBackend.MATH), torch.random.fork_rng():
        torch.manual_seed(0)
        with recorder.spans.naming(module), recorder.spans, recorder:
            made = gradients(module, given)
    return Run(recorder.recording, module, given, leaves, made)


def shadow(module: nn.Module, inputs: Sequence[torch.Tensor], *, edited: bool = True) -> Shadow:
    """Record a module, and run it eagerly with every number changed; the module itself is not changed."""
    twin, run = copy.deepcopy(module).double(), recorded(module, inputs)
    ids = run.recording.ids
    named = {name: ids.of(x).numpy().copy() for name, x in run.made.items()}
    sheet = PlainSheet(run.recording, named.values())
    generator, edits = torch.Generator().manual_seed(1), {}
    others = {name: moved(leaf, generator) if edited else leaf.detach().clone() for name, leaf in run.leaves.items()}
    for block in ids.blocks:
        if block.kind in ("input", "parameter"):
            numbers = others[block.name].reshape(-1).tolist()
            edits |= {k: new for k, new in enumerate(numbers, block.first) if sheet.at(k)[0]}
    with torch.no_grad():
        for name, parameter in twin.named_parameters():
            parameter.copy_(others[name])
    own = [others[f"input {n}"] for n in range(len(inputs))]
    with torch.random.fork_rng():
        torch.manual_seed(0)
        expected = gradients(twin, [x.requires_grad_() if x.is_floating_point() else x for x in own])
    return Shadow(sheet, named, {name: x.numpy() for name, x in expected.items()}, edits)


def differing(shadows: Mapping[str, Shadow], engine: str, folder: Path) -> list[str]:
    """Recalculate all in one workbook, each on a sheet of its own; give those whose numbers are not PyTorch's."""
    workbook, path = Workbook(), folder / "shadows.xlsx"
    workbook.remove(workbook.active)
    tabs = {name: f"of module {k}" for k, name in enumerate(shadows)}
    for name, each in shadows.items():
        sheet = workbook.create_sheet(tabs[name])
        typed = {each.sheet.at(k): new for k, new in each.edits.items()}
        for at, content in each.sheet.contents.items():
            new = typed.get(at, content)
            sheet.cell(*at, new.replace(f"'{SHEET}'!", "") if isinstance(new, str) else new)
    workbook.save(path)
    found = recalculate(path, engine, folder)

    def shown(name: str, k: int) -> object:
        row, col = shadows[name].sheet.at(k)
        values = shadows[name].sheet.recording.ids.values
        return found.value(tabs[name], f"{get_column_letter(col)}{row}") if row else float(values[k])

    wrong = []
    for name, each in shadows.items():
        for key, expected in each.expected.items():
            for k, right in zip(each.named[key].ravel(), expected.ravel(), strict=True):
                number = shown(name, int(k))
                if not isinstance(number, (int, float)) or not abs(number - right) <= ALLOWED * max(1, abs(right)):
                    wrong.append(f"{name}: {key} is {number!r} for {right!r}")
                    break
    return wrong
