"""Numbers that are sent to places in a tensor: the places stand on the sheet, and a learner may change them.

scatter and scatter_add send along one dimension, to replace what is there or to be added; index_add does so with whole
slices, and PyTorch makes index_copy of index_put.
"""

from collections.abc import Callable
from dataclasses import field, replace
from typing import Any, ClassVar, Self

import numpy as np
import torch

from excel_export.formulas import IF, Expression, Gradients, Helper, Index, OperandLike, Tensor, equal, of_ranges, table
from excel_export.formulas.expression import as_expression
from excel_export.formulas.idioms import unbroadcast
from excel_export.formulas.lookups import cell_lines, count_where
from excel_export.formulas.operator import operator
from excel_export.ops.gather import AlongOne, Indexed

REPLACED_WORDS = (
    "A number that was replaced no longer counts: it gets 0, the others get the gradient as it is. "
    "What was sent gets the gradient of its place."
)
ADDED_WORDS = "The sum passes its gradient on to each of its terms: to x as it is, and to what was sent from its place."


class Send(Indexed):
    """An operator that sends numbers to places in the input, where they replace what was there or are added to it."""

    adds: ClassVar[bool] = False
    """True if they are added."""

    backward_words: ClassVar[str] = REPLACED_WORDS
    forward_math: ClassVar[str] = "y = x, but yᵢ = s at the places i"
    backward_math: ClassVar[str] = "∂L/∂x = g, but 0 at the places i;  ∂L/∂s = g at the places i"

    @property
    def sends(self) -> Tensor | float:
        """The numbers that are sent: a tensor, or one number for all places."""
        raise NotImplementedError

    @property
    def factor(self) -> float:
        """The number by which what is sent is multiplied: `alpha` of index_add, else 1."""
        return 1

    @property
    def sent_shape(self) -> tuple[int, ...]:
        """The shape of the places, (2, 3): what is sent is broadcast to it, or only its first elements are sent."""
        return self.places.number.shape

    @property
    def _is_spread(self) -> bool:
        """True if the source is broadcast before it is sent."""
        source = self.sends
        return isinstance(source, Tensor) and not (
            len(source.shape) == len(self.sent_shape)
            and all(n >= m for n, m in zip(source.shape, self.sent_shape, strict=True))
        )

    @property
    def _is_single(self) -> bool:
        """True if the same number is sent to all places."""
        return not self.adds and not (isinstance(self.sends, Tensor) and self.sends.data.size > 1)

    def helpers(self, y: Tensor) -> dict[str, Helper]:
        kept = self.places.live_shape
        found = {"places": Helper(kept, "where each goes, from 0 on", lambda: self.flat(self.checked))}
        if not all(index.is_given for index in self.indices.values()):
            found["exist"] = Helper((), "0 if every place exists", lambda: self._all_exist(y))
        if self._is_spread:
            if not self._is_single:
                found["sent"] = Helper(self.sent_shape, "what is sent", self._spread_source)
            found["gained"] = Helper(self.sent_shape, "g at the places", lambda: self._gained(y), "backward")
        if not self.adds:
            if not self._is_single:
                found["last"] = Helper(kept, "where it goes; −1 if a later one goes there", lambda: self._last(y))
            found["replaced"] = Helper(y.shape, "1 where something is sent", lambda: self._replaced(y))
        return found

    def _all_exist(self, y: Tensor) -> OperandLike:
        return 0 * of_ranges("SUM", y.helpers["places"].whole.ranges)

    def _spread_source(self) -> OperandLike:
        return as_expression(self.sends).broadcast_to(self.sent_shape)

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
            return IF(count_where(own, self.places.flat_index(index)) > 0, 1, 0) if own else as_expression(0)

        return table(y.shape, replaced)

    def forward(self, y: Tensor) -> OperandLike:
        helpers = y.helpers
        arriving: OperandLike = self.sends
        if not self._is_single:
            assert isinstance(self.sends, Tensor)
            part = helpers["sent"] if self._is_spread else replace(self.sends.value, shape=self.sent_shape)
            arriving = self.places.scattered_sum(helpers["places" if self.adds else "last"], part)
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
            elif self.sends.shape == self.sent_shape:  # PyTorch has no gradient for a source that is larger
                yield self.sends, self._gained(y)
        for index in self.indices.values():
            yield index, 0 * index


class _Scatter(AlongOne, Send):
    src: Tensor | float

    @property
    def sends(self) -> Tensor | float:
        return self.src


@operator(torch.scatter, torch.Tensor.scatter)
class scatter(_Scatter):
    """Replaces elements at places `index` along `dim` by those of `src`, or a number: [1, 7] of [1, 1] for [1], [7].

    Of several that go to one place, the last one counts; PyTorch leaves open which. A `reduce` is refused.
    """

    reduce: str | None = field(default=None, kw_only=True)

    called = "{input}, replaced at places"
    forward_words = (
        "Each number goes to its own place along one dimension and replaces what was there. "
        "Of several at one place, the last one stays."
    )

    @classmethod
    def bind(cls, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Self:
        if "value" in kwargs:
            kwargs["src"] = kwargs.pop("value")
        return super().bind(function, *args, **kwargs)

    def check(self) -> str | None:
        return "reduce is not supported: use scatter_add or scatter_reduce" if self.reduce else super().check()


@operator(torch.scatter_add, torch.Tensor.scatter_add)
class scatter_add(_Scatter):
    """Adds the elements of `src` to those at places `index` along `dim`: [1, 1, 10] of [1, 1, 1] for [2, 2], [7, 2]."""

    adds: ClassVar[bool] = True
    called = "{input}, added to"
    forward_words = (
        "Each number goes to its own place along one dimension and is added to what is there. "
        "Several at one place add up."
    )
    backward_words = ADDED_WORDS
    forward_math = "yₖ = xₖ + Σ s over the places i = k"
    backward_math = "∂L/∂x = g,  ∂L/∂s = g at the places i"

    @classmethod
    def evaluate(cls, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        input, dim, index, src = cls.bind(function, *args, **kwargs).arguments.values()
        if src.shape != index.shape:  # PyTorch has no gradient for a source that is larger
            src = src.detach()
        return torch.scatter_add(input, dim, index, src)


@operator(torch.index_add, torch.Tensor.index_add)
class index_add(AlongOne, Send):
    """Adds slices of `source`, times `alpha`, at places `index` along `dim`: [1, 10] of [1, 1] for [1, 1], [7, 2]."""

    source: Tensor
    alpha: float = field(default=1, kw_only=True)

    of_slices = True
    adds: ClassVar[bool] = True
    called = "{input}, added to"
    forward_words = "Each slice goes to its place along one dimension and is added to what is there."
    backward_words = ADDED_WORDS
    forward_math = "yₖ = xₖ + α Σ s over the places i = k"
    backward_math = "∂L/∂x = g,  ∂L/∂s = α g at the places i"

    @property
    def sends(self) -> Tensor:
        return self.source

    @property
    def factor(self) -> float:
        return self.alpha
