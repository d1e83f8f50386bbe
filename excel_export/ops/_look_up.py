"""Operators that look elements up: their places are constant, or numbers on the sheet that a learner may change."""

from functools import partial

import numpy as np

from excel_export.formulas import Gradients, Grid, Helper, OperandLike, Tensor
from excel_export.ops._indexed import Indexed
from excel_export.ops._movement import Movement


class LookUp(Indexed, Movement):
    """A movement that the elements of index tensors decide; constant ones are settings."""

    def helpers(self, y: Tensor) -> dict[str, Helper]:
        if not self.indices:
            return {}
        found = {
            _name(axis): Helper(self.places.kept, "the places, from 0 on", partial(self.checked, axis))
            for axis, index in self.indices.items()
            if self.lowest or not index.is_given or index.shape != self.places.kept
        }
        if len(self.indices) > 1:
            found["place"] = Helper(self.places.kept, "the places, as one number each", lambda: (
                self.flat(lambda axis: self._grids(y)[axis].cells)
            ), "backward")  # fmt: skip
        return found

    def _grids(self, y: Tensor) -> dict[int, Grid]:
        return {axis: y.helpers.get(_name(axis), index.value) for axis, index in self.indices.items()}

    def forward_all(self, results: tuple[Tensor, ...]) -> tuple[OperandLike, ...]:
        if not self.indices:
            return super().forward_all(results)
        (y,) = results
        return (self.places.look_up(self.input.value, self._grids(y)),)

    def backward_all(self, results: tuple[Tensor, ...]) -> Gradients:
        if not self.indices:
            yield from super().backward_all(results)
            return
        (y,) = results
        place = y.helpers["place"] if len(self.indices) > 1 else next(iter(self._grids(y).values()))
        yield self.input, self.places.sent(place, y.grad)
        for index in self.indices.values():
            yield index, 0 * index

    def moves_once(self) -> np.ndarray | None:
        return None if self.indices else super().moves_once()

    def forward_math_here(self, y: Tensor) -> str:
        return "y = x at the places i" if self.indices else self.forward_math

    def forward_words_here(self, y: Tensor) -> str:
        if not self.indices:
            return self.forward_words
        return "Each result looks up a number of x. Its place, counted from 0, stands on the sheet: change it."

    def backward_words_here(self, y: Tensor) -> str:
        if not self.indices:
            return super().backward_words_here(y)
        return (
            "Each gradient goes back to the place that its number came from. "
            "What was looked up twice gets the sum; what was not gets 0. "
            "A place has no slope."
        )

    def backward_math_here(self, y: Tensor) -> str:
        return "∂L/∂xₖ = Σ g over the places i = k" if self.indices else super().backward_math_here(y)


def _name(axis: int) -> str:
    return f"places in dimension {axis}"
