"""What a convolution says of itself."""

import math
from collections.abc import Mapping
from typing import ClassVar

from excel_export.formulas import Operator, Tensor, counted, size
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
    """How many axes there are beside samples and channels."""
    called = "convolution of {input}"

    def forward_words_here(self, y: Tensor) -> str:
        filters, channels, *kernel = self.weight.shape
        places, products = size(y.shape[-self.rank :]), math.prod((channels, *kernel))
        bias = "" if self.bias is None else ", plus a bias"
        edge = "" if self.edges == (0,) * self.rank and self.padding != "same" else " Beyond the edge they meet zeros."
        gaps = "" if set(per_axis(self.dilation, self.rank)) == {1} else ", with gaps between them"
        per_channel = "" if channels == 1 else f" for each of {channels} channels"
        weights = f"{size(kernel)} weights{per_channel}{gaps}"
        each = f"{filters} filters, each with {weights}," if filters > 1 else f"A filter with {weights}"
        if places == "1":
            stop = "stop at one place only" if filters > 1 else "stops at one place only"
            return f"{each} {stop}: nothing slides. There {products} products are added up{bias}.{edge}"
        if set(kernel) == {1}:
            many, one = counted(filters, "filter"), counted(channels, "channel")
            return f"At each of {places} places, each of {many} multiplies the {one} by a weight each and adds up{bias}. It sees no neighbours.{edge}"
        slide = "slide" if filters > 1 else "slides"
        makes = ", and each makes a map, called a channel" if filters > 1 else ""
        return f"{each} {slide} over the input{makes}. At each of {places} stops {products} products are added up{bias}.{edge}"

    def backward_words_here(self, y: Tensor) -> str:
        filters, batch, places = counted(self.filters, "filter"), self.batch, size(y.shape[-self.rank :])
        uses = [f"{places} stops"] if places != "1" else []
        uses += [f"{batch} samples"] if batch > 1 else []
        if not uses:
            return (
                "Each weight met one number: its gradient is g of its filter times that number. "
                f"An input's gradient adds up weight times g, over the {filters} that met it."
            )
        of_weight = f"A weight's gradient adds up, over {' and '.join(uses)}, g there times the number that it met."
        if set(self.weight.shape[2:]) == {1}:
            return f"{of_weight} An input's gradient adds up weight times g of its own place, over {filters}."
        return f"{of_weight} An input's gradient adds up, over the weights that met it, weight times g of that stop."

    def forward_math_here(self, y: Tensor) -> str:
        bias = "" if self.bias is None else " + bₒ"
        return f"yₒ{self._stop(y)} = Σ {self._weight_at(y)} · {self._number_at(y)}{bias}{self._group}"

    def backward_math_here(self, y: Tensor) -> str:
        weight, number, stop = self._weight_at(y), self._number_at(y), self._stop(y)
        place = f"x(c, {', '.join(PLACES[: self.rank])})"
        several = "Σ " if stop or self.batch > 1 else ""
        of_weight = f"∂L/∂{weight} = {several}gₒ{stop} · {number}"
        of_bias = "" if self.bias is None else f",  ∂L/∂bₒ = {several}gₒ{stop}"
        if not stop:
            of_input = f"∂L/∂{number} = Σₒ gₒ · {weight}"
        elif set(per_axis(self.stride, self.rank)) == {1}:
            gaps = per_axis(self.dilation, self.rank)
            steps = zip(PLACES[: self.rank], ELEMENTS, self.edges, gaps, self.weight.shape[2:], strict=False)
            at = ", ".join(_in_letters({p: 1, u: -gap if k > 1 else 0, "": edge}) for p, u, edge, gap, k in steps)
            of_input = f"∂L/∂{place} = Σ gₒ({at}) · {weight}"
        else:
            of_input = f"∂L/∂{place} = Σ gₒ{stop} · {weight} where {number} is {place}"
        return f"{of_input},  {of_weight}{of_bias}{self._group}"

    @property
    def _group(self) -> str:
        return "" if self.groups == 1 else ",  c within the group of o"

    def _stop(self, y: Tensor) -> str:
        """The index of a stop; nothing where there is one stop only."""
        return "" if set(y.shape[-self.rank :]) == {1} else f"({', '.join(STOPS[: self.rank])})"

    def _weight_at(self, y: Tensor) -> str:
        one = set(self.weight.shape[2:]) == {1}
        return "w(o, c)" if one else f"w(o, c, {', '.join(ELEMENTS[: self.rank])})"

    def _number_at(self, y: Tensor) -> str:
        """The number that a weight meets."""
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
        """How many samples there are."""
        return self.input.shape[0] if len(self.input.shape) > self.rank + 1 else 1

    @property
    def edges(self) -> tuple[int, ...]:
        """How many places before its beginning each axis is padded."""
        if self.padding == "valid":
            return (0,) * self.rank
        if isinstance(self.padding, str):  # the same number of stops as places; the end gets what is left over
            gaps = per_axis(self.dilation, self.rank)
            return tuple(gap * (k - 1) // 2 for k, gap in zip(self.weight.shape[2:], gaps, strict=True))
        return per_axis(self.padding, self.rank)

    @property
    def filters(self) -> int:
        """How many filters a group has."""
        return self.weight.shape[0] // self.groups


def _in_letters(index: Mapping[str, int]) -> str:
    """An index, Σ factor · letter with '' for the number 1, as a textbook writes it: '2·i + u − 1'."""
    text = ""
    for letter, factor in index.items():
        if factor:
            size = str(abs(factor)) if not letter else letter if abs(factor) == 1 else f"{abs(factor)}·{letter}"
            text += (" − " if factor < 0 else " + " if text else "") + size
    return text.removeprefix(" ") or "0"
