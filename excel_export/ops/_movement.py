"""Operators that only move elements: some order of the input's elements, with gaps, repeats and constants.

Such an operator says one thing: how PyTorch moves a tensor. Its formulas follow by moving the elements'
numbers (0, 1, 2, …) in the same way: where a number lands, its element's value goes, and from there its
gradient comes back.
"""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
import torch

from excel_export.formulas import Expression, Gradients, OperandLike, Operator, Tensor, add_up, scattered, table, total
from excel_export.formulas.expression import as_expression, rearranged

CONSTANT = -1
"""The number in the result of `move` at a place to which no element of the input goes."""

Moved = torch.Tensor | Sequence[torch.Tensor]


class Movement(Operator):
    """An operator whose result consists of the input's elements, and constants, in some order: flip, reshape, pad.

    `pieces` fills in the braces of its texts.
    """

    input: Tensor
    passes_on: ClassVar[bool] = True
    """True: results are elements of the input, so limits of a result's integers are limits of the input's, too."""

    backward_words: ClassVar[str] = (
        "The numbers only moved, so each gradient goes back to the place that its number came from.{left_out}{repeated}"
    )
    backward_math: ClassVar[str] = "∂L/∂x = {moved_back}{unless}"

    def pieces(self, y: Tensor) -> dict[str, Any]:
        counts = self._counts()
        unused, repeated = (counts == 0).any(), (counts > 1).any()
        return {
            "left_out": " What was left out gets 0." if unused else "",
            "repeated": " What was used several times gets the sum." if repeated else "",
            "moved_back": "Σ g over the places that x went to" if repeated else "g, moved back",
            "unless": ", and 0 where x was left out" if unused else "",
        }

    @property
    def only_moves(self) -> bool:
        return True

    def _counts(self) -> np.ndarray:
        """Return the number of places to which each element of the input goes."""
        used = np.concatenate([order.ravel() for order in self._orders()])
        return np.bincount(used[used != CONSTANT], minlength=self.input.data.size)

    def move(self, elements: torch.Tensor) -> Moved:
        """Return `elements`, numbered 0, 1, 2, … in the input's shape, after this call: [1, 0] of [0, 1] for a flip.

        −1 stands for a constant, [-1, 0, 1] for a padding by one on the left. Several results are several tensors.
        """
        _, *settings = self.arguments.values()
        moved: Moved = self.functions[0](elements, *settings)
        return moved

    def constant(self) -> float:
        """Return the number that stands in the result where `move` gives −1: 0, or the value of a padding."""
        return 0

    def forward_all(self, results: tuple[Tensor, ...]) -> tuple[OperandLike, ...]:
        x, constant = self.input.cells, as_expression(self.constant())

        def move(order: np.ndarray) -> Expression:
            # An array of no dimension: a bare element would have lost its type.
            return rearranged((x, constant), lambda texts, one: np.asarray(np.append(texts, one)[order], texts.dtype))

        return tuple(map(move, self._orders()))

    def backward_all(self, results: tuple[Tensor, ...]) -> Gradients:
        moved = self._added(results) if self.moves_once() is None else self._moved_back(results)
        yield self.input, moved if self.input.is_float else 0 * moved

    def moves_once(self) -> np.ndarray | None:
        counts = self._counts()
        return None if (counts > 1).any() else counts.reshape(self.input.shape)

    def _moved_back(self, results: tuple[Tensor, ...]) -> Expression:
        """Return the input's gradient if every element goes to one place at most: the one that arrives there."""
        parts = zip((result.grad.cells for result in results), self._orders(), strict=True)
        return scattered(self.input.shape, parts)

    def _added(self, results: tuple[Tensor, ...]) -> Expression:
        """Return the input's gradient if elements go to several places: the sum of those that arrive there."""
        went: list[list[tuple[int, int]]] = [[] for _ in range(self.input.data.size)]
        for number, order in enumerate(self._orders()):
            for place, source in enumerate(order.ravel().tolist()):
                if source != CONSTANT:
                    went[source].append((number, place))

        def gained(*index: int) -> Expression:
            places: dict[int, list[int]] = defaultdict(list)
            for number, place in went[int(np.ravel_multi_index(index, self.input.shape)) if index else 0]:
                places[number].append(place)
            return total(add_up(results[number].grad, picks) for number, picks in places.items())

        return table(self.input.shape, gained)

    def origins(self) -> list[np.ndarray] | None:
        return self._orders()

    def _orders(self) -> list[np.ndarray]:
        numbers = torch.arange(self.input.data.size, dtype=torch.float64).reshape(self.input.shape)
        moved = self.move(numbers)
        parts = [moved] if isinstance(moved, torch.Tensor) else moved
        return [part.numpy().astype(np.int64) for part in parts]
