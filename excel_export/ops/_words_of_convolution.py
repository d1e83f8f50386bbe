"""The words and the formulas of a convolution for people."""

import math
from collections.abc import Mapping
from typing import Any, ClassVar

from excel_export.formulas import Operator, Phrases, Tensor, size
from excel_export.ops._windows import Setting, per_axis

STOPS, ELEMENTS, PLACES = "ijk", "uvt", "pqr"
"""The letters of a stop, of an element of the filter, and of a place in the input, one for each axis."""


class WordsOfConvolution(Operator):
    """A convolution of (N, C, …) or (C, …) with a weight of shape (O, C / groups, …) and one to three axes behind."""

    input: Tensor
    weight: Tensor
    bias: Tensor | None = None
    stride: Setting = 1
    padding: Setting | str = 0
    dilation: Setting = 1
    groups: int = 1

    rank: ClassVar[int]
    """The number of axes beside samples and channels."""
    called = "convolution of {input}"
    forward_words = "{each} {slides} over the input{makes}. At each of {places:size} places {products} products are added up{and_bias}.{edge}"
    forward_math = "yₒ{stop} = Σ {weight_there} · {number_there}{plus_bias}{_group}"
    backward_words = (
        "{of_weight} An input's gradient is the sum, over the weights that multiply it, of the weight times g."
    )
    backward_math = "{by_input},  ∂L/∂{weight_there} = {several}gₒ{stop} · {number_there}{by_bias}{_group}"
    phrases = (
        Phrases(
            lambda self, y: size(y.shape[-self.rank :]) == "1",
            forward_words="{each} {stops} at one place only: nothing slides. There {products} products are added up{and_bias}.{edge}",
        ),
        Phrases(
            lambda self, y: not self._uses(y),
            backward_words=(
                "Each weight multiplies one number: its gradient is g of its filter times that number. "
                "An input's gradient {by_filters}."
            ),
        ),
        Phrases(
            lambda self, y: set(self.weight.shape[2:]) == {1},
            forward_words="At each of {places:size} places, {each_filter} multiplies {channels}{and_bias}. It sees no neighbours.{edge}",
            backward_words="{of_weight} An input's gradient is {over_filters}weight times g at its place.",
        ),
    )

    def pieces(self, y: Tensor) -> dict[str, Any]:
        filters, channels, *kernel = self.weight.shape
        gaps = "" if set(per_axis(self.dilation, self.rank)) == {1} else ", with gaps"
        weights = f"{size(kernel)} weights{'' if channels == 1 else f' for each of {channels} channels'}{gaps}"
        is_padded = self.edges != (0,) * self.rank or self.padding == "same"
        stop, several = self._stop(y), "Σ " if self._stop(y) or self.batch > 1 else ""
        comma = "," * bool(filters > 1 or gaps)
        return {
            "each": f"{f'{filters} filters, each' if filters > 1 else 'A filter'} with {weights}{comma}",
            "each_filter": f"each of {filters} filters" if filters > 1 else "the filter",
            "channels": (
                f"the {channels} channels by a weight each and adds up" if channels > 1 else "the channel by its weight"
            ),
            "by_filters": (
                f"adds up weight times g, over the {self.filters} filters that multiply it"
                if self.filters > 1
                else "is the weight that multiplies it times g"
            ),
            "over_filters": f"the sum, over the {self.filters} filters, of " if self.filters > 1 else "",
            "slides": "slide" if filters > 1 else "slides",
            "stops": "stop" if filters > 1 else "stops",
            "makes": f", and each makes a {'channel' if gaps else 'map, called a channel'}" if filters > 1 else "",
            "places": y.shape[-self.rank :],
            "products": math.prod((channels, *kernel)),
            "and_bias": "" if self.bias is None else ", plus a bias",
            "edge": " Beyond the edge they meet zeros." if is_padded else "",
            "of_weight": f"A weight's gradient is the sum, over {' and '.join(self._uses(y))}, of g times the number that the weight multiplies.",
            "stop": stop,
            "several": several,
            "weight_there": self._weight_at(y),
            "number_there": self._number_at(y),
            "plus_bias": "" if self.bias is None else " + bₒ",
            "by_input": self._by_input(y),
            "by_bias": "" if self.bias is None else f",  ∂L/∂bₒ = {several}gₒ{stop}",
        }

    def _uses(self, y: Tensor) -> list[str]:
        """Return the items over which a weight's gradient is added up: ['16 places', '2 samples']."""
        places = size(y.shape[-self.rank :])
        return [f"{places} places"] * (places != "1") + [f"{self.batch} samples"] * (self.batch > 1)

    def _by_input(self, y: Tensor) -> str:
        """Return the formula of the gradient of a number of the input."""
        weight, number, stop = self._weight_at(y), self._number_at(y), self._stop(y)
        place = f"x(c, {', '.join(PLACES[: self.rank])})"
        if not stop:
            return f"∂L/∂{number} = Σₒ gₒ · {weight}"
        if set(per_axis(self.stride, self.rank)) != {1}:
            return f"∂L/∂{place} = Σ gₒ{stop} · {weight} where {number} is {place}"
        gaps = per_axis(self.dilation, self.rank)
        steps = zip(PLACES[: self.rank], ELEMENTS, self.edges, gaps, self.weight.shape[2:], strict=False)
        at = ", ".join(_in_letters({p: 1, u: -gap if k > 1 else 0, "": edge}) for p, u, edge, gap, k in steps)
        return f"∂L/∂{place} = Σ gₒ({at}) · {weight}"

    @property
    def _group(self) -> str:
        return "" if self.groups == 1 else ",  c within the group of o"

    def _stop(self, y: Tensor) -> str:
        """Return the index of a stop, '(i, j)'; '' if there is one stop only."""
        return "" if set(y.shape[-self.rank :]) == {1} else f"({', '.join(STOPS[: self.rank])})"

    def _weight_at(self, y: Tensor) -> str:
        one = set(self.weight.shape[2:]) == {1}
        return "w(o, c)" if one else f"w(o, c, {', '.join(ELEMENTS[: self.rank])})"

    def _number_at(self, y: Tensor) -> str:
        """Return the number that a weight meets: 'x(c, i + u, j + v)'."""
        settings = (per_axis(self.stride, self.rank), per_axis(self.dilation, self.rank), self.edges)
        places = (
            _in_letters({place: step if stops > 1 else 0, element: gap if k > 1 else 0, "": -edge})
            for place, element, step, gap, edge, k, stops in zip(
                STOPS, ELEMENTS, *settings, self.weight.shape[2:], y.shape[-self.rank :], strict=False
            )
        )
        return f"x(c, {', '.join(places)})"

    @property
    def batch(self) -> int:
        """The number of samples: 2 for (2, C, H, W), 1 for (C, H, W)."""
        return self.input.shape[0] if len(self.input.shape) > self.rank + 1 else 1

    @property
    def edges(self) -> tuple[int, ...]:
        """The number of places by which each axis is padded before its beginning: (1, 1) for 1, or 'same' and 3×3."""
        if self.padding == "valid":
            return (0,) * self.rank
        if isinstance(self.padding, str):  # the same number of stops as places; the end gets what is left over
            gaps = per_axis(self.dilation, self.rank)
            return tuple(gap * (k - 1) // 2 for k, gap in zip(self.weight.shape[2:], gaps, strict=True))
        return per_axis(self.padding, self.rank)

    @property
    def filters(self) -> int:
        """The number of filters in a group: 3 for 6 filters in 2 groups."""
        return self.weight.shape[0] // self.groups


def _in_letters(index: Mapping[str, int]) -> str:
    """Return an index, Σ factor · letter with '' for the number 1, in a textbook's spelling.

    Example:
        >>> _in_letters({"i": 2, "u": 1, "": -1})
        '2·i + u − 1'
    """
    text = ""
    for letter, factor in index.items():
        if factor:
            size = str(abs(factor)) if not letter else letter if abs(factor) == 1 else f"{abs(factor)}·{letter}"
            text += (" − " if factor < 0 else " + " if text else "") + size
    return text.removeprefix(" ") or "0"
