"""Networks with the same numbers every time."""

from __future__ import annotations

import copy

import torch

from tests.support.coverage.case import Made


def seeded(name: str, make) -> Made:
    """Make a network, the same every time, and see that PyTorch runs it: in float64, or else as it asks for."""
    try:
        return _run_once(name, make, torch.float64)
    except RuntimeError:
        return _run_once(name, make, torch.float32)


def _run_once(name: str, make, dtype: torch.dtype) -> Made:
    torch.manual_seed(sum(name.encode()))
    torch.set_default_dtype(dtype)
    try:
        module, inputs = make()
        leaves = [x.to(dtype).clone().requires_grad_() if x.is_floating_point() else x for x in inputs]
        # What it keeps of a run cannot be copied.
        copy.deepcopy(module).to(dtype)(*(x * 1 if x.requires_grad else x for x in leaves)).backward()
    finally:
        torch.set_default_dtype(torch.float32)
    return module.to(dtype), inputs
