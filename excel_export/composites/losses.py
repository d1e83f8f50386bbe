"""Losses that are made of others; the CTC loss adds up all ways to write a text, by one row for each step."""

import math
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F

from excel_export.composites._composite import composite


def reduced(losses: Any, reduction: str | int) -> Any:
    """The mean of the losses for 'mean' or 1, their sum for 'sum' or 2, the losses themselves for 'none' or 0."""
    if reduction in ("mean", 1):
        return losses.mean()
    return losses.sum() if reduction in ("sum", 2) else losses


def at_least(x: torch.Tensor, least: float) -> torch.Tensor:
    """max(x, least), but with a slope of 1 everywhere, as in PyTorch: 2.0 for 1.0 and 2.0."""
    return x + (x.clamp_min(least) - x).detach()


@composite(torch.poisson_nll_loss)
def poisson_nll_loss(
    input: Any,
    target: Any,
    log_input: bool = True,
    full: bool = False,
    eps: float = 1e-8,
    reduction: str | int = "mean",
) -> Any:
    """exp(x) − t · x, or x − t · ln(x + eps) without `log_input`; `full` adds about ln(t!) (Stirling) where t > 1."""
    loss = input.exp() - target * input if log_input else input - target * (input + eps).log()
    if full:
        counted = torch.where(target > 1, target, 2)
        stirling = counted * counted.log() - counted + 0.5 * (2 * math.pi * counted).log()
        loss = loss + torch.where(target > 1, stirling, 0.0)
    return reduced(loss, reduction)


@composite(F.gaussian_nll_loss)
def gaussian_nll_loss(
    input: Any, target: Any, var: Any, full: bool = False, eps: float = 1e-6, reduction: str = "mean"
) -> Any:
    """(ln v + (x − t)² / v) / 2 with v = max(var, eps), also one for each row; `full` adds ln(2π) / 2."""
    if not isinstance(var, torch.Tensor):
        var = torch.full_like(input, var)
    if var.shape != input.shape and var.shape == input.shape[:-1]:
        var = var.unsqueeze(-1)
    var = at_least(var, eps)
    loss = 0.5 * (var.log() + (input - target) ** 2 / var)
    return reduced(loss + 0.5 * math.log(2 * math.pi) if full else loss, reduction)


@composite(torch._C._nn.multi_margin_loss)
def multi_margin_loss(
    input: Any, target: Any, p: int = 1, margin: float = 1.0, weight: Any = None, reduction: str | int = "mean"
) -> Any:
    """Σ max(0, margin − x(right) + x(k))^p · weight(right) / C over the wrong classes k, for scores (N, C)."""
    input = input if input.dim() else input.reshape(1)
    classes = input.shape[-1]
    right = F.one_hot(target.reshape(input.shape[:-1]), classes)
    lacking = F.relu(margin - (input * right).sum(-1, keepdim=True) + input) ** p * (1 - right)
    if weight is not None:
        lacking = lacking * (weight * right).sum(-1, keepdim=True)
    return reduced((lacking.sum(-1) / classes).reshape(target.shape), reduction)


@composite(torch._C._nn.multilabel_margin_loss)
def multilabel_margin_loss(input: Any, target: Any, reduction: str | int = "mean") -> Any:
    """Σ max(0, 1 − x(right) + x(wrong)) / C over all pairs of a right and a wrong class, for scores (N, C).

    A row of `target` lists the right classes, up to the first −1: [2, 0, -1, 1] for classes 2 and 0.
    """
    input, target = (x if x.dim() else x.reshape(1) for x in (input, target))
    classes = input.shape[-1]
    counts = [target[..., 0] >= 0]
    for k in range(1, classes):
        counts.append(torch.logical_and(counts[-1], target[..., k] >= 0))
    listed = torch.stack(counts, -1)
    named = (target.unsqueeze(-1) == torch.arange(classes)) * listed.unsqueeze(-1)
    # A class that there is none of gives 0 / 0.
    how_often = torch.where(listed, named.sum(-1), 1)
    of_right = (named * input.unsqueeze(-2)).sum(-1) / how_often
    is_wrong = named.sum(-2) == 0
    lacking = F.relu(1 - of_right.unsqueeze(-1) + input.unsqueeze(-2)) * is_wrong.unsqueeze(-2) * listed.unsqueeze(-1)
    return reduced(lacking.sum((-1, -2)) / classes, reduction)


@composite(torch.cosine_similarity)
def cosine_similarity(x1: Any, x2: Any, dim: int = 1, eps: float = 1e-8) -> Any:
    """x1 · x2 / (|x1| |x2|) along `dim`, each length at least `eps`: (3,) for two (3, 4) tensors."""
    shape = np.broadcast_shapes(x1.shape, x2.shape)
    x1, x2 = (x if x.shape == shape else x.expand(shape) for x in (x1, x2))
    one = x1 / at_least(torch.linalg.vector_norm(x1, 2, dim, True), eps)
    other = x2 / at_least(torch.linalg.vector_norm(x2, 2, dim, True), eps)
    return (one * other).sum(dim)


_NEVER = -1e30
"""The logarithm of the chance of a place that cannot be reached yet."""


@composite(F.ctc_loss)
def ctc_loss(
    log_probs: Any, targets: Any, input_lengths: Any, target_lengths: Any, blank: int = 0, reduction: str = "mean",
    zero_infinity: bool = False,
) -> Any:  # fmt: skip
    """−ln P(text), the sum over all alignments: at each step a letter goes on, or a blank or the next letter comes.

    `log_probs` are (T, N, C), `targets` (N, S) or one behind the other; 'mean' divides each loss by its text's length.
    """
    is_batch = log_probs.dim() == 3
    steps, lengths = _plain(input_lengths), _plain(target_lengths)
    losses, first = [], 0
    for number, (count, length) in enumerate(zip(steps, lengths, strict=True)):
        own = log_probs[:count, number] if is_batch else log_probs[:count]
        letters = targets[number, :length] if targets.dim() == 2 else targets[first : first + length]
        losses.append(_of_one(own, letters, blank))
        first += length
    found = torch.stack(losses) if is_batch else losses[0]
    if zero_infinity:
        found = torch.where(found < -_NEVER / 2, found, 0 * found)
    if reduction != "mean":
        return found.sum() if reduction == "sum" else found
    return (found / torch.tensor([max(1, n) for n in lengths]).reshape(found.shape)).mean()


def _plain(lengths: Any) -> list[int]:
    if isinstance(lengths, torch.Tensor):
        lengths = lengths.reshape(-1).tolist()
    return [lengths] if isinstance(lengths, int) else list(lengths)


def _of_one(log_probs: Any, letters: Any, blank: int) -> Any:
    """The loss of one text, of log_probs (T, C) and its letters (S)."""
    blanks = torch.full(letters.shape, blank)
    places = torch.cat([torch.stack([blanks, letters], 1).reshape(-1), torch.tensor([blank])])
    each = log_probs[:, places]
    reached = each[0, :2]
    if len(letters):
        reached = F.pad(reached, (0, len(places) - 2), value=_NEVER)
    if len(letters) > 1:
        # From a letter to the next one, unless it is the same, for which a blank must stand between.
        others = torch.stack([letters[1:] != letters[:-1], torch.zeros(len(letters) - 1, dtype=torch.bool)], 1)
        skips = torch.cat([torch.zeros(1, dtype=torch.bool), others.reshape(-1)])
    for step in range(1, len(log_probs)):
        ways = [reached, F.pad(reached[:-1], (1, 0), value=_NEVER)]
        if len(letters) > 1:
            ways.append(F.pad(torch.where(skips, reached[:-2], _NEVER), (2, 0), value=_NEVER))
        reached = torch.logsumexp(torch.stack(ways), 0) + each[step]
    # PyTorch takes for granted that the probabilities of a step add up to 1, and adds them to its gradient.
    together = log_probs.exp().sum()
    return -torch.logsumexp(reached[-2:], 0) + (together - together.detach())
