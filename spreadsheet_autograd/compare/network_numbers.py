"""The numbers of a network at several choices of parameters and inputs, to find those that a cell holds."""

from collections.abc import Collection, Mapping, Sequence
from itertools import chain
from math import prod
from typing import Any

import numpy as np

from excel_export.shared.grouped import grouped
from spreadsheet_autograd.graph.tolerance import Closeness

LEAST = 1e-10
_nearly_equal = Closeness(1e-7, LEAST)
Column = Sequence[float | None]
"""The value of a cell at each of the first choices; None where it is no number."""


class NetworkNumbers:
    """The numbers of a network at several choices, which are sets of random numbers for parameters and inputs.

    An element is one number of the network, by its index from 0 on: first those of parameters and inputs, last the
    loss. `numbers[k, 5]` is element 5 at choice k; `find` returns the element that a cell's numbers are.
    """

    def __init__(self, network: Mapping[str, Any], kind: str) -> None:
        """Take the numbers from the result of `Network.sampled`, for one kind of choices, 'free' or 'kept'."""
        points = network["points"][kind]
        self.choices: list[list[float]] = [[*chain(*point["given"])] for point in points]
        rows = [[*chain(*point["given"], *point["computed"])] for point in points]
        tensors = (*network["given"], *network["computed"])
        self.tensors = [k for k, each in enumerate(tensors) for _ in range(prod(each["shape"]))]
        """For each element, the index of its tensor."""
        self.numbers = np.array(rows, dtype=float).reshape(len(rows), len(self.tensors))
        """The numbers, (choices, elements)."""
        self.names = [name for each in tensors for name in _names(each)]
        """The name of each element, such as 'fc1[0, 1]'."""
        self._of_layers = [tensors[k].get("is_layer", False) for k in self.tensors]
        self.count_given = sum(prod(each["shape"]) for each in network["given"])
        self.loss = len(self.tensors) - 1
        with np.errstate(invalid="ignore"):
            moves = np.ptp(self.numbers, axis=0) > LEAST if rows else np.zeros(len(self.tensors), dtype=bool)
        self._moves = moves & np.isfinite(self.numbers).all(axis=0)
        self._first = self._one_of_each()

    def find(self, column: Column) -> int | None:
        """Return the index of the element that has the numbers of a cell; None if no element has them.

        `column` has the cell's number at each of the first choices, [0.5, 1.25] at two of them; with a None in it, the
        result is None. Elements that are the same at all choices are never found. Of several equal ones, it is a
        parameter or input, else the loss, else a layer's result, else the first.
        """
        wanted = np.array(column, dtype=float)
        if not np.isfinite(wanted).all():
            return None
        for k in np.flatnonzero(self._moves & _nearly_equal.of_arrays(self.numbers[0], wanted[0])):
            if _nearly_equal.of_arrays(self.numbers[: len(wanted), k], wanted).all():
                return int(self._first[k])
        return None

    def is_loss(self, column: Column) -> bool:
        """Return whether the network's loss is `column` at the first choices of inputs and parameters, up to rounding.

        [0.5, 1.25] is compared with the losses at two choices.
        """
        wanted = np.array(column, dtype=float)
        return bool(_nearly_equal.of_arrays(self.numbers[: len(wanted), self.loss], wanted).all())

    @property
    def computed(self) -> list[int]:
        """The indices of results, [8, 9, 12], in rising order: of several equal ones that which `find` returns."""
        return [k for k in range(self.count_given, self.loss + 1) if self._moves[k] and self._first[k] == k]

    def whole(self, missing: Collection[int], size: int) -> list[list[int]]:
        """Return the indices of all elements of some tensors, [[8, 9, 10]] for `missing` [9] and `size` 3.

        They are the tensors of the elements in `missing`, without those that don't have exactly `size` elements.
        """
        tensors = dict.fromkeys(self.tensors[k] for k in missing)
        wholes = ([k for k, each in enumerate(self.tensors) if each == tensor] for tensor in tensors)
        return [elements for elements in wholes if len(elements) == size]

    def _one_of_each(self) -> np.ndarray:
        chosen = np.arange(len(self.tensors))
        texts = [tuple(f"{number:.9e}" for number in column) for column in self.numbers.T]
        for group in grouped(range(len(texts)), texts.__getitem__).values():
            named = [k for k in group if self._of_layers[k]]
            one = group[0] if group[0] < self.count_given else self.loss if self.loss in group else [*named, *group][0]
            chosen[group] = one
        return chosen


def _names(tensor: Mapping[str, Any]) -> list[str]:
    if not tensor["shape"]:
        return [tensor["name"]]
    return [f"{tensor['name']}[{', '.join(map(str, at))}]" for at in np.ndindex(*tensor["shape"])]
