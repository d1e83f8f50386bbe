"""Other numbers for everyone: inputs and parameters drawn anew, the same again for the same text.

They are of the size of those that were there, and have few digits, so that one can compute with them by hand. Cases of
a training, such as the four of exclusive or, come in another order: none is missing, and none comes twice.
"""

from __future__ import annotations

import math
import random
from collections.abc import Mapping

import numpy as np

from excel_classroom.practice.key import keyed_hash
from excel_export.graph.graph import Graph
from excel_export.sheets.inputs.whole_numbers import Limits, whole_numbers

DIGITS = 2
"""Of the decimals, where numbers are not small."""
WIDTH = math.sqrt(3)
"""A number from −WIDTH to WIDTH, any as likely as another, has the size 1 in the mean of squares."""
SMALL, WHOLE_FROM, ZERO_BECOMES = 0.05, 10, 0.3
"""Below what size numbers have more decimals, from where on whole ones stay whole, and of what size zeros become."""


def hash_random(secret: str, purpose: str, variant: str) -> random.Random:
    """Return a source of random numbers for a variant; of it, only `random()` is used, which every Python keeps."""
    return random.Random(int.from_bytes(keyed_hash(secret, purpose, variant), "big"))


class Drawing:
    """Draws the numbers of one variant, tensor by tensor."""

    def __init__(self, source: random.Random, graph: Graph) -> None:
        """Take where the numbers come from, and the network with its own ones."""
        self._source = source
        self._allowed: Mapping[str, Limits] = {
            value.name: limits for value, limits in whole_numbers(graph).items() if value.kind == "input"
        }
        self._orders: dict[int, list[int]] = {}

    def input(self, name: str, old: np.ndarray) -> np.ndarray:
        """Draw cases in another order, a class among the classes, a whole number among those that were there."""
        limits = self._allowed.get(name)
        if old.ndim and len(old) > 1 and (old.dtype.kind in "iu" or limits or _is_truth(old)):
            # What belongs together, such as cases and their classes, has as many rows, and comes in the same order.
            if len(old) not in self._orders:
                self._orders[len(old)] = sorted(range(len(old)), key=lambda _: self._source.random())
            return old[self._orders[len(old)]]
        if old.dtype.kind == "f" and limits is None:
            return self.like(old)
        if old.dtype.kind == "b" or not old.size:
            return old
        kept = (old.min(), old.max())
        own = (limits.lowest, limits.highest) if limits else kept
        # By an element without limits nothing is found: it stays among the numbers that were there.
        ends = (np.where(np.isfinite(each), each, end) for each, end in zip(own, kept, strict=True))
        lowest, highest = (np.broadcast_to(each, old.shape).astype(int) for each in ends)
        # What stands outside means something of its own, such as a label that does not count.
        inside = (old >= lowest) & (old <= highest)
        spans = zip(lowest.ravel().tolist(), highest.ravel().tolist(), strict=True)
        numbers = [low + int(self._source.random() * (high - low + 1)) for low, high in spans]
        return np.where(inside, np.reshape(np.asarray(numbers, dtype=old.dtype), old.shape), old)

    def like(self, old: np.ndarray) -> np.ndarray:
        """Draw numbers of the size of the old ones: truth values stay such, signs and sums of 1 are kept."""
        finite = old[np.isfinite(old)]
        if not finite.size:
            return old
        size, most = float(np.sqrt((finite**2).mean())), float(np.abs(finite).max())
        if not most:  # a bias that begins at zero would teach nothing
            return self._spread(old.shape, ZERO_BECOMES)
        if old.ndim and old.shape[-1] > 1 and (old >= 0).all() and (np.abs(old.sum(axis=-1) - 1) < 1e-6).all():
            # The shares of each line in another order.
            order = np.asarray([self._source.random() for _ in range(old.size)]).reshape(old.shape).argsort(axis=-1)
            return np.take_along_axis(old, order, axis=-1)
        if _is_truth(old):
            drawn = np.reshape([float(self._source.random() < 0.5) for _ in range(old.size)], old.shape)
        elif (finite >= 0).all() or (finite <= 0).all():
            drawn = np.sign(finite.sum()) * np.abs(self._spread(old.shape, min(size, most / WIDTH)))
        else:
            drawn = self._spread(old.shape, size)
        if most >= WHOLE_FROM and (finite == np.round(finite)).all():
            drawn = np.round(drawn)
        return np.where(np.isfinite(old), drawn, old)

    def _spread(self, shape: tuple[int, ...], size: float) -> np.ndarray:
        """Numbers of a size, none of them 0, with two decimals, or more where they are small."""
        decimals = DIGITS + max(0, math.ceil(math.log10(SMALL / size)))
        numbers = []
        for _ in range(math.prod(shape)):
            drawn = size * WIDTH * (2 * self._source.random() - 1)
            numbers.append(round(drawn, decimals) or math.copysign(10.0**-decimals, drawn))
        return np.asarray(numbers, dtype=np.float64).reshape(shape)


def _is_truth(numbers: np.ndarray) -> bool:
    return numbers.dtype.kind == "f" and {*numbers.ravel().tolist()} == {0, 1}
