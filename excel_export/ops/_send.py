"""Operators that send numbers to places in a tensor: the places stand on the sheet, and a learner may change them."""

from dataclasses import replace
from typing import ClassVar

import numpy as np

from excel_export.formulas import IF, Expression, Gradients, Helper, Index, OperandLike, Tensor, equal, of_ranges, table
from excel_export.formulas.expression import as_expression
from excel_export.formulas.idioms import unbroadcast
from excel_export.formulas.lookups import cell_lines, count_where
from excel_export.ops._indexed import Indexed

REPLACED_WORDS = (
    "A number that was replaced no longer counts: it gets 0, the others get the gradient as it is. "
    "What was sent gets the gradient of its place."
)
ADDED_WORDS = "The sum passes its gradient on to each of its terms: to x as it is, and to what was sent from its place."


class Send(Indexed):
    """Numbers of a source that are sent to places in the input. They replace what was there, or are added to it."""

    adds: ClassVar[bool] = False

    backward_words: ClassVar[str] = REPLACED_WORDS
    forward_math: ClassVar[str] = "y = x, but yᵢ = s at the places i"
    backward_math: ClassVar[str] = "∂L/∂x = g, but 0 at the places i;  ∂L/∂s = g at the places i"

    @property
    def sends(self) -> Tensor | float:
        """What is sent."""
        raise NotImplementedError

    @property
    def factor(self) -> float:
        """What the source is multiplied by."""
        return 1

    @property
    def sent(self) -> tuple[int, ...]:
        """The shape of what is sent."""
        return self.places.number.shape

    @property
    def _is_spread(self) -> bool:
        """Whether the source is broadcast to what is sent."""
        source = self.sends
        return isinstance(source, Tensor) and not (
            len(source.shape) == len(self.sent) and all(n >= m for n, m in zip(source.shape, self.sent, strict=True))
        )

    @property
    def _is_single(self) -> bool:
        """Whether the same number is sent to all places."""
        return not self.adds and not (isinstance(self.sends, Tensor) and self.sends.data.size > 1)

    def helpers(self, y: Tensor) -> dict[str, Helper]:
        kept = self.places.kept
        found = {"places": Helper(kept, "where each goes, from 0 on", lambda: self.flat(self.checked))}
        if not all(index.is_given for index in self.indices.values()):
            found["exist"] = Helper((), "0 if every place exists", lambda: self._all_exist(y))
        if self._is_spread:
            if not self._is_single:
                found["sent"] = Helper(self.sent, "what is sent", self._spread_source)
            found["gained"] = Helper(self.sent, "g at the places", lambda: self._gained(y), "backward")
        if not self.adds:
            if not self._is_single:
                found["last"] = Helper(kept, "where it goes; −1 if a later one goes there", lambda: self._last(y))
            found["replaced"] = Helper(y.shape, "1 where something is sent", lambda: self._replaced(y))
        return found

    def _all_exist(self, y: Tensor) -> OperandLike:
        return 0 * of_ranges("SUM", y.helpers["places"].whole.ranges)

    def _spread_source(self) -> OperandLike:
        return as_expression(self.sends).broadcast_to(self.sent)

    def _last(self, y: Tensor) -> Expression:
        place, known = y.helpers["places"], self.places.known
        groups: dict[tuple[int, ...], list[Index]] = {}
        for index in np.ndindex(*place.shape):
            key = tuple(int(places[index]) for places in known if places is not None)
            groups.setdefault(key, []).append(index)
        later = {index: group[k + 1 :] for group in groups.values() for k, index in enumerate(group)}

        def last(*index: int) -> Expression:
            own = place.at(*index).cells
            if not later[index]:
                return own
            return IF(count_where(cell_lines([place.at(*other) for other in later[index]]), own) > 0, -1, own)

        return table(place.shape, last)

    def _replaced(self, y: Tensor) -> Expression:
        lines = self.places.lines(y.helpers["places"])

        def replaced(*index: int) -> Expression:
            own = lines.get(self.places.key(index), [])
            return IF(count_where(own, self.places.flat(index)) > 0, 1, 0) if own else as_expression(0)

        return table(y.shape, replaced)

    def forward(self, y: Tensor) -> OperandLike:
        helpers = y.helpers
        arriving: OperandLike = self.sends
        if not self._is_single:
            assert isinstance(self.sends, Tensor)
            part = helpers["sent"] if self._is_spread else replace(self.sends.value, shape=self.sent)
            arriving = self.places.sent(helpers["places" if self.adds else "last"], part)
        elif isinstance(self.sends, Tensor):
            arriving = self.sends.cells.reshape()
        if self.factor != 1:
            arriving = self.factor * as_expression(arriving)
        result = self.input + arriving if self.adds else IF(equal(helpers["replaced"], 1), arriving, self.input)
        return result + helpers["exist"] if "exist" in helpers else result

    def _gained(self, y: Tensor) -> Expression:
        """The gradients that come back from the places to what was sent there."""
        gained = self.places.look_up_flat(y.grad, y.helpers["places"])
        return self.factor * gained if self.factor != 1 else gained

    def backward(self, y: Tensor) -> Gradients:
        yield self.input, y.grad if self.adds else IF(equal(y.helpers["replaced"], 1), 0, y.grad)
        if isinstance(self.sends, Tensor):
            if self._is_spread:
                yield self.sends, unbroadcast(self.sends, y.helpers["gained"])
            elif self.sends.shape == self.sent:  # PyTorch has no gradient for a source that is larger
                yield self.sends, self._gained(y)
        for index in self.indices.values():
            yield index, 0 * index
