"""Other answers to reads of tensors: truth values are negated, numbers are replaced."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import combinations
from random import Random

import numpy as np
import torch

from excel_export.compiler.reference.answers import Changes, Noted
from excel_export.compiler.reference.magnitudes import MAGNITUDES
from excel_export.shared.trees import Change
from excel_export.shared.users_code import Place

_PAIRED, _DRAWN = 8, 16
"""Up to 8 truth values are negated in pairs; of more, 16 random subsets are."""
_MOST_RUNS, _MOST_CALLS = len(MAGNITUDES), 20_000
"""The most numbers that replace a read, and the most calls for all of them together."""
_BITS, _FIRST, _SIZES = 2, 9, (0.1, 1.0, 3.5, 30.0, 1e6)
"""For numbers that are read together: the patterns of large and very negative ones, and their sizes."""


def number_places(noted: Noted) -> list[Place]:
    """Return the lines of the user's code that read anything but truth values out of tensors, such as x.item().

    [('net.py', 12)] for `noted` {('net.py', 12): [0.5], ('net.py', 14): [True]}, the values that each line read.
    """
    return [place for place, answers in noted.items() if not all(isinstance(each, bool) for each in answers)]


def few_changes(noted: Noted) -> Iterator[Changes]:
    """Yield changes to try of what Python reads out of tensors: of one line after another, then of several together.

    For `noted` {a: [True], b: [False]}, the values that each line read, as a = ('net.py', 12), they are {a: f}, {b: f}
    and {a: f, b: f}: all lines, then each pair, or, of more than 8, random sets. f(0) is a function that negates the
    tensor of a line's first read, f(1) that of its second; None if that read is not changed. A float x becomes
    −x − 1, x + 1, 2x + 1000, x / 2, 0, ±0.1, ±1, ±3.5, ±30 or ±1,000,000.
    """
    truths, numbers = _truth_places(noted), number_places(noted)
    for place in truths:
        for way in _ways(len(noted[place])):
            yield {place: way(_turned)}
    together = [dict.fromkeys(places, always(_turned)) for places in _together(truths)]
    yield from together
    for place in numbers:
        for change in (*_NEAR, *(_ALONE if len(numbers) > 1 else ())):
            for way in _ways(len(noted[place])):
                yield {place: way(change)}
    for turned in [[place] for place in truths[:_PAIRED]] + [truths] if numbers else ():
        for change in _ALONE:
            yield {place: always(partial(_both, place in turned, change)) for place in {*turned, *numbers}}


def many_numbers(calls: int) -> Iterator[Change]:
    """Yield functions to be called with each tensor that Python reads in a run, which return one to be read instead.

    The first return tensors full of one number from MAGNITUDES, 0, −1, 1, −2, …; others give each read, or element,
    another number. `calls`, at least 1, is the number of recorded calls: 569 functions for 10, 44 for 1,000 and more.
    """
    most = max(24, min(_MOST_RUNS, _MOST_CALLS // calls))
    step = len(MAGNITUDES) // most | 1  # an odd one: a number and its negative stand side by side
    yield from (partial(_all, number) for number in MAGNITUDES[::step])
    yield from (_apart(1), _apart(-3))
    yield from (_of_both_signs(number, partial(_in_turn, bit)) for bit in range(_BITS) for number in _SIZES)
    yield from (_of_both_signs(_SIZES[-1], partial(torch.ge, other=first)) for first in range(1, _FIRST))


def always(change: Change) -> Callable[[int], Change | None]:
    """Return a function from the number of a read, 0, 1, …, to `change`, whatever the number."""
    return lambda count: change


def _truth_places(noted: Noted) -> list[Place]:
    kinds = (bool, str, np.ndarray)
    return [place for place, answers in noted.items() if any(isinstance(each, kinds) for each in answers)]


def _together(places: Sequence[Place]) -> Iterator[tuple[Place, ...]]:
    if len(places) > 1:
        yield tuple(places)
    if len(places) <= _PAIRED:
        yield from combinations(places, 2)
        return
    drawn = Random(0)
    for _ in range(_DRAWN):
        yield tuple(drawn.sample(places, drawn.randint(2, len(places) - 1)))


def _ways(count: int) -> list[Callable[[Change], Callable[[int], Change | None]]]:
    if count < 2:
        return [always]
    return [always, *(partial(_only, at) for at in (0, count - 1))]


def _only(at: int, change: Change) -> Callable[[int], Change | None]:
    return lambda count: change if count == at else None


def _is_truth(tensor: torch.Tensor) -> bool:
    return tensor.dtype == torch.bool and tensor.dim() == 0


def _turned(tensor: torch.Tensor) -> torch.Tensor:
    return ~tensor if tensor.dtype == torch.bool else tensor


def _both(turns: bool, change: Change, tensor: torch.Tensor) -> torch.Tensor:
    return ~tensor if turns and _is_truth(tensor) else change(tensor)


def _all(number: float, tensor: torch.Tensor) -> torch.Tensor:
    if _is_truth(tensor):
        return tensor
    return torch.full_like(tensor, number != 0 if tensor.dtype == torch.bool else number)


def _apart(by: int) -> Change:
    reads = 0

    def moved(tensor: torch.Tensor) -> torch.Tensor:
        nonlocal reads
        reads += 1
        steps = (by * reads * torch.arange(1, tensor.numel() + 1)).reshape(tensor.shape)
        return tensor ^ (steps % 2 == 1) if tensor.dtype == torch.bool else tensor + steps.to(tensor.dtype)

    return moved


def _in_turn(bit: int, places: torch.Tensor) -> torch.Tensor:
    return (places >> bit) % 2 == 0


def _of_both_signs(number: float, is_below: Change) -> Change:
    reads = 0

    def changed(tensor: torch.Tensor) -> torch.Tensor:
        nonlocal reads
        if _is_truth(tensor):
            return tensor
        below = is_below(reads + torch.arange(tensor.numel())).reshape(tensor.shape)
        reads += 1
        return below if tensor.dtype == torch.bool else torch.where(below, -number, number).to(tensor.dtype)

    return changed


def _moved(factor: float, by: float, tensor: torch.Tensor) -> torch.Tensor:
    if tensor.dtype == torch.bool:
        return tensor if _is_truth(tensor) else ~tensor
    return factor * tensor + by if tensor.is_floating_point() else tensor + int(by)


_NEAR: tuple[Change, ...] = tuple(partial(_moved, factor, by) for factor, by in ((-1, -1), (1, 1), (2, 1000), (0.5, 0)))
"""Small changes and a large one, tried line by line."""
_ALONE: tuple[Change, ...] = (
    partial(_all, 0.0),
    *(partial(_all, sign * number) for number in _SIZES for sign in (1, -1)),
)
"""The replacements that are tried in one line while another stays or is negated."""
