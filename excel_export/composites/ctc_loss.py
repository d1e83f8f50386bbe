"""The CTC loss: all ways to write a text over the steps of a sequence, added up by one row for each step."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F

from excel_export.composites._composite import ExampleTable, composite
from excel_export.ops._numbers import randn

_NEVER = -1e30
"""The logarithm of the chance of a place that cannot be reached yet."""


@composite(F.ctc_loss)
def ctc_loss(
    log_probs: Any, targets: Any, input_lengths: Any, target_lengths: Any, blank: int = 0, reduction: str = "mean",
    zero_infinity: bool = False,
) -> Any:  # fmt: skip
    """Minus the logarithm of the chance of each text: the letters may last, with or without blanks between them."""
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


def examples() -> ExampleTable:
    """The calls that these composites are tested with."""
    ctc: Any = F.ctc_loss
    logits, letters = randn(5, 2, 4), torch.tensor([[1, 2, 2], [3, 1, 0]])
    yield ctc_loss.example("", lambda x, y: ctc(x.log_softmax(-1), y, (5, 4), (3, 2)), logits, letters)
    yield ctc_loss.example("of each",
          lambda x: ctc(x.log_softmax(-1), letters, torch.tensor([5, 5]), torch.tensor([3, 2]), reduction="none"),
          logits)  # fmt: skip
    yield ctc_loss.example("one behind the other",
          lambda x, y: ctc(x.log_softmax(-1), y, [5, 3], [2, 1], blank=3, reduction="sum"), logits,
          torch.tensor([0, 2, 1]))  # fmt: skip
    yield ctc_loss.example("one", lambda x, y: ctc(x.log_softmax(-1), y, torch.tensor(4), torch.tensor(2)), randn(4, 3),
          torch.tensor([1, 1]))  # fmt: skip
    yield ctc_loss.example(
        "no letter", lambda x, y: ctc(x.log_softmax(-1), y, (3, 3), (0, 1)), randn(3, 2, 3), torch.tensor([[1], [2]])
    )
    yield ctc_loss.example("too long", lambda x, y: ctc(x.log_softmax(-1), y, (3, 2), (2, 2), zero_infinity=True),
          randn(3, 2, 3), torch.tensor([[1, 2], [1, 1]]))  # fmt: skip
