"""Max pools undone: each number goes back to the place that it was taken from, and 0 stands elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import torch
import torch.nn.functional as F

from excel_export.composites._composite import ExampleTable, composite
from excel_export.composites._step_labels import StepLabel, named
from excel_export.ops._numbers import TIES, randn
from excel_export.ops._windows import Setting, per_axis

_WORDS = (
    "Each number goes back to the place that it was taken from: its number in reading order says where. "
    "0 stands elsewhere."
)


def _unpooled(
    rank: int, input: torch.Tensor, indices: torch.Tensor, kernel_size: Setting, stride: Setting | None = None,
    padding: Setting = 0, output_size: Sequence[int] | None = None,
) -> torch.Tensor:  # fmt: skip
    kernel, steps, pads = (per_axis(setting, rank) for setting in (kernel_size, stride or kernel_size, padding))
    sizes = tuple(
        (n - 1) * step - 2 * pad + size
        for n, size, step, pad in zip(input.shape[-rank:], kernel, steps, pads, strict=True)
    )
    sizes = sizes if output_size is None else tuple(output_size)[-rank:]
    lead = input.shape[:-rank]
    flat, places = input.reshape(*lead, -1), indices.reshape(*lead, -1)
    empty = torch.zeros(*lead, torch.Size(sizes).numel(), dtype=torch.float64)
    return named(empty.scatter(-1, places, flat), StepLabel("sent_back", "sent back", _WORDS)).reshape(*lead, *sizes)


max_unpool1d = composite(F.max_unpool1d)(lambda *args, **settings: _unpooled(1, *args, **settings))
max_unpool2d = composite(F.max_unpool2d)(lambda *args, **settings: _unpooled(2, *args, **settings))
max_unpool3d = composite(F.max_unpool3d)(lambda *args, **settings: _unpooled(3, *args, **settings))


def _there_and_back(
    pool: Callable[..., Any], unpool: Callable[..., Any], *settings: Any, **size: Any
) -> Callable[[torch.Tensor], torch.Tensor]:
    def function(x: torch.Tensor) -> torch.Tensor:
        result: torch.Tensor = unpool(*pool(x, *settings, return_indices=True), *settings, **size)
        return result

    return function


_OF_IMAGES = partial(_there_and_back, F.max_pool2d, F.max_unpool2d)


def examples() -> ExampleTable:
    """The calls that these composites are tested with."""
    yield max_unpool1d.example("", _there_and_back(F.max_pool1d, F.max_unpool1d, 2), randn(2, 2, 4))
    yield max_unpool2d.example("", _OF_IMAGES(2), randn(1, 2, 4, 4))
    yield max_unpool2d.example("ties, overlapping", _OF_IMAGES(2, 1), TIES)
    yield max_unpool2d.example("a size, unbatched", _OF_IMAGES(2, output_size=(5, 5)), randn(2, 5, 5))
    yield max_unpool3d.example("", _there_and_back(F.max_pool3d, F.max_unpool3d, 2), randn(1, 1, 2, 4, 2))
