"""A learning rate that is too large: the first of some at which the loss grows visibly, by PyTorch."""

from __future__ import annotations

import math
from contextlib import suppress

import torch

from excel_export.book.book import Book
from excel_export.compiler.reference.eager import run_eagerly, silence
from excel_export.compiler.reference.float64_copy import float64_copy
from excel_export.optim import PLAIN
from excel_export.shared.errors import ExportError

TIMES = (30, 100, 300, 1_000, 3_000, 10_000)
"""The factors of the learning rate that are tried."""
VISIBLY = 1.5
"""The factor by which the loss must grow at least, if it does so with any of them."""


def too_large(book: Book) -> int | None:
    """Return the first of the factors 30, 100, 300, … 10,000 of the learning rate at which a step makes the loss grow
    by half; if none does, the first at which it grows at all.

    None if it never grows, if the rule is not plain gradient descent, or if the module cannot be run again by the names
    of its inputs, as with inputs in a list.
    """
    if book.module is None or book.rule is not PLAIN or not book.learning_rate > 0:
        return None
    inputs = {value.name: torch.as_tensor(value.data) for value in book.graph.of_kind("input")}
    with suppress(ExportError, RuntimeError, TypeError, ValueError, KeyError):
        before = float(book.graph.loss.data.item())
        found: int | None = None
        for times in TIMES:
            after = _loss_after(book, inputs, times * book.learning_rate)
            if not math.isfinite(after):
                return found
            if after > VISIBLY * before:
                return times
            if after > before:
                found = found or times
        return found
    return None


def _loss_after(book: Book, inputs: dict[str, torch.Tensor], rate: float) -> float:
    assert book.module is not None
    learner = float64_copy(book.module)
    gradients = {value.name: value.gradient for value in book.graph.of_kind("parameter")}
    with torch.no_grad():
        for name, parameter in learner.named_parameters():
            gradient = gradients.get(name)
            if gradient is not None:
                parameter.sub_(rate * torch.as_tensor(gradient))
    with silence():
        return float(run_eagerly(learner, inputs).loss.item())
