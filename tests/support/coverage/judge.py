"""What becomes of a case: every tensor is PyTorch's, or it is refused in one clear line, or something is wrong."""

from __future__ import annotations

import copy
import inspect
import tempfile
import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from excel_export import ExportError, export, read_tensors
from excel_export.compiler.confirm.confirmation import confirmed_trace
from excel_export.compiler.confirm.near_ties import what_to_do
from excel_export.compiler.place.limits import refuse_large_graph
from excel_export.report import compare
from excel_export.workbook.recalculate import RecalculationError, with_values
from tests.support import passes
from tests.support.coverage.case import Case, NotCounted

EQUAL, REFUSED, WRONG, TRACEBACK, TOO_SLOW, NOT_COUNTED = (
    "equal", "refused", "wrong", "traceback", "too slow", "not counted",
)  # fmt: skip
TOLERANCE, ROUNDING = 1e-9, 1e-6
OUR_FAULTS = ("please report this", "formulas have no value", "holds formulas in a form", "the engine can't compute")
"""Refusals that say that a formula is wrong: no file was written, but that is no merit."""


@dataclass(frozen=True)
class Outcome:
    """How a case ended, and the line that says why."""

    what: str
    status: str
    reason: str = ""
    seconds: float = 0.0


def judge(case: Case, quick: bool = False) -> tuple[str, str]:
    """Export a case and hold the workbook against PyTorch; return the status and the reason.

    A quick look traces the case and makes no workbook: it tells what is refused, but not whether formulas are right.
    """
    try:
        module, inputs = case.make()
    except NotCounted as error:
        return NOT_COUNTED, str(error)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "case.xlsx"
        try:
            if quick:
                confirmed_trace(module, inputs)
                return EQUAL, "traced only"
            found, note = (exported if case.whole else two_passes)(module, inputs, path)
        except (ExportError, RecalculationError) as error:
            return refusal(str(error).replace(f"{path}: ", ""))
        except Exception as error:
            where = traceback.extract_tb(error.__traceback__)[-1]
            return TRACEBACK, f"{type(error).__name__}: {str(error)[:300]} ({Path(where.filename).name}:{where.lineno})"
        return against_pytorch(found, note, module, inputs)


def refusal(reason: str) -> tuple[str, str]:
    if any(text in reason for text in OUR_FAULTS):
        return WRONG, reason
    if "\n" in reason or not reason:
        return TRACEBACK, f"a refusal that is not one line: {reason!r}"
    return REFUSED, reason


def exported(module: nn.Module, inputs: tuple[Any, ...], path: Path) -> tuple[dict[str, np.ndarray], str]:
    """Return the tensors of the whole workbook, which `export` has compared with PyTorch's, and what it notes."""
    report = export(module, inputs, path)
    return read_tensors(path), report.note


def two_passes(module: nn.Module, inputs: tuple[Any, ...], path: Path) -> tuple[dict[str, np.ndarray], str]:
    """Return the same of a workbook with the forward and the backward pass only."""
    graph, note = confirmed_trace(module, inputs)
    refuse_large_graph(graph)
    with path.open("wb") as file:
        with_values(passes.two_passes(graph), file)
    found = read_tensors(path)
    report = compare(path, found, graph.tensors)
    if not report.ok:
        raise ExportError(f"{report.complaint}; {what_to_do(module, inputs)}")
    return found, note


def against_pytorch(
    found: Mapping[str, np.ndarray], note: str, module: nn.Module, inputs: tuple[Any, ...]
) -> tuple[str, str]:
    """Compare with a run of the module that knows nothing of the exporter."""
    # A module may compute in float32 in between; the report says that the workbook does not.
    tolerance = ROUNDING if "narrower" in note else TOLERANCE
    expected, again = (plain_run(module, inputs, seed) for seed in (1, 2))
    if not all(np.array_equal(expected[key], again[key], equal_nan=True) for key in expected):
        return EQUAL, "random numbers: compared by export() alone"
    for key, numbers in expected.items():
        if key not in found:
            if key.startswith("grad.") and numbers.any():
                return WRONG, f"'{key}' is not in the workbook"
            continue
        if found[key].shape != numbers.shape:
            return WRONG, f"'{key}' has the shape {found[key].shape}, not {numbers.shape}"
        error = np.abs(found[key] - numbers).max(initial=0) / max(1.0, np.abs(numbers).max(initial=0))
        if not error <= tolerance:
            return WRONG, f"'{key}' differs from PyTorch's by {error:.1e}"
    return EQUAL, note


def plain_run(module: nn.Module, inputs: tuple[Any, ...], seed: int, *, copies: bool = True) -> dict[str, np.ndarray]:
    """Return PyTorch's numbers: the loss, the parameters, and all gradients of parameters and of inputs.

    Without copies, the module itself runs: one that holds functions of itself is not copied by Python.
    """
    module = copy.deepcopy(module) if copies else module
    module.zero_grad()
    try:
        return _run(module, inputs, seed, torch.float32)
    except RuntimeError as error:
        if "modified by an inplace operation" in str(error):  # what an input's gradient needs, and no parameter's
            module.zero_grad()
            with torch.autograd.graph.allow_mutation_on_saved_tensors():
                return _run(module, inputs, seed, torch.float32)
    try:  # as for a module that makes tensors of the default type and mixes them with others
        return _run(module, inputs, seed, torch.float64)
    except RuntimeError:  # such as one that asks for floats
        return _run(module, inputs, seed, torch.float32, torch.float32)


def _run(
    module: nn.Module, inputs: tuple[Any, ...], seed: int, default: torch.dtype, dtype: torch.dtype = torch.float64
) -> dict[str, np.ndarray]:
    _ = module.double() if dtype == torch.float64 else module.to(dtype)  # `to` leaves half of a complex buffer
    names = inspect.signature(module.forward).parameters
    leaves = {name: x.clone() for name, x in zip(names, inputs, strict=False) if isinstance(x, torch.Tensor)}
    for name, leaf in leaves.items():
        leaves[name] = leaf.to(dtype).requires_grad_() if leaf.is_floating_point() else leaf
    given = iter(leaves.values())
    args = [next(given) if isinstance(x, torch.Tensor) else copy.deepcopy(x) for x in inputs]
    parameters = {name: x for name, x in module.named_parameters() if x.requires_grad}
    before = {name: x.detach().clone().numpy() for name, x in parameters.items()}
    torch.manual_seed(seed)
    torch.set_default_dtype(default)
    try:
        # A module may change its input in place, which autograd forbids for a leaf.
        loss = module(*(x.clone() if isinstance(x, torch.Tensor) else x for x in args))
    finally:
        torch.set_default_dtype(torch.float32)
    torch.autograd.backward(loss)
    numbers = {"loss": loss.detach().numpy().reshape(()), **before}
    for name, leaf in {**parameters, **leaves}.items():
        if leaf.grad is not None:
            numbers[f"grad.{name}"] = leaf.grad.to_dense().numpy(force=True)
    return numbers
