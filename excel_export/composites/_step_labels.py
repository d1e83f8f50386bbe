"""Names and words for the steps of a composite, which would else have those of the operators that it is made of."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch.overrides import handle_torch_function, has_torch_function_unary


@dataclass(frozen=True)
class StepLabel:
    """What a composite says of one of its results."""

    key: str
    """Its recorded name, within the layer or function: 'forget_gate.3'; '' where the operator's is kept."""
    name: str
    """What people call it: 'forget gate 3'."""
    words: str = ""
    """What the call does that it comes from; '' where the operator's own words do."""
    step: str = ""
    """The step that it is a part of, such as 'gates 3'; '' where it is a step by itself."""


def part_of(tensor: torch.Tensor, step: str) -> torch.Tensor:
    """Let a result be a part of a step, by the name and words of its operator."""
    return named(tensor, StepLabel("", "", step=step))


def named(tensor: torch.Tensor, said: StepLabel) -> torch.Tensor:
    """Give a result its name and words; the recorder, where one is active, writes them down."""
    if has_torch_function_unary(tensor):
        result: torch.Tensor = handle_torch_function(named, (tensor,), tensor, said)
        return result
    return tensor
