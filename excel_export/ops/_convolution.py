"""What a convolution is called with, and what it says of itself; its formulas are in `conv2d.py`."""

import math

from excel_export.formulas import Operator, Tensor
from excel_export.formulas.terms import in_letters
from excel_export.formulas.words import counted, size
from excel_export.ops._windows import pair


class Convolution(Operator):
    """A convolution of (N, C, H, W) with a weight of shape (O, C / groups, kH, kW)."""

    input: Tensor
    weight: Tensor
    bias: Tensor | None = None
    stride: int | tuple[int, ...] = 1
    padding: int | tuple[int, ...] = 0
    dilation: int | tuple[int, ...] = 1
    groups: int = 1

    called = "convolution of {input}"
    forward_words = (
        "A small filter slides over the input. At each stop its weights and the numbers under them are "
        "multiplied in pairs and added up, plus a bias."
    )
    backward_words = (
        "A weight's gradient adds up, over all stops, g there times the number that the weight met. An input's "
        "gradient adds up, over the weights that met it, the weight times g of that stop."
    )
    forward_math = "yₒ(i, j) = Σ w(o, c, u, v) · x(c, i + u, j + v) + bₒ"
    backward_math = (
        "∂L/∂x(c, p, q) = Σ gₒ(p − u, q − v) · w(o, c, u, v),  ∂L/∂w(o, c, u, v) = Σ gₒ(i, j) · x(c, i + u, j + "
        "v),  ∂L/∂bₒ = Σ gₒ(i, j)"
    )

    def forward_words_here(self, y: Tensor) -> str:
        filters, channels, *kernel = self.weight.shape
        places, products = size(y.shape[2:]), math.prod((channels, *kernel))
        bias = "" if self.bias is None else ", plus a bias"
        edge = "" if pair(self.padding) == (0, 0) else " Beyond the edge they meet zeros."
        gaps = "" if pair(self.dilation) == (1, 1) else ", with gaps between them"
        per_channel = "" if channels == 1 else f" for each of {channels} channels"
        weights = f"{size(kernel)} weights{per_channel}{gaps}"
        each = f"{filters} filters, each with {weights}," if filters > 1 else f"A filter with {weights}"
        if places == "1":
            stop = "stop at one place only" if filters > 1 else "stops at one place only"
            return f"{each} {stop}: nothing slides. There {products} products are added up{bias}.{edge}"
        if kernel == [1, 1]:
            return (
                f"At each of {places} places, each of {counted(filters, 'filter')} multiplies the "
                f"{counted(channels, 'channel')} by a weight each and adds up{bias}. It sees no neighbours.{edge}"
            )
        slide = "slide" if filters > 1 else "slides"
        return f"{each} {slide} over the input. At each of {places} stops {products} products are added up{bias}.{edge}"

    def backward_words_here(self, y: Tensor) -> str:
        filters, batch, places = counted(self.filters, "filter"), y.shape[0], size(y.shape[2:])
        uses = [f"{places} stops"] if places != "1" else []
        uses += [f"{batch} samples"] if batch > 1 else []
        if not uses:
            return (
                "Each weight met one number: its gradient is g of its filter times that number. An input's gradient "
                f"adds up weight times g, over the {filters} that met it."
            )
        of_weight = f"A weight's gradient adds up, over {' and '.join(uses)}, g there times the number that it met."
        if self.weight.shape[2:] == (1, 1):
            return f"{of_weight} An input's gradient adds up weight times g of its own place, over {filters}."
        return f"{of_weight} An input's gradient adds up, over the weights that met it, weight times g of that stop."

    def forward_math_here(self, y: Tensor) -> str:
        bias = "" if self.bias is None else " + bₒ"
        return f"yₒ{self._stop(y)} = Σ {self._weight_at(y)} · {self._number_at(y)}{bias}{self._group}"

    def backward_math_here(self, y: Tensor) -> str:
        weight, number, stop = self._weight_at(y), self._number_at(y), self._stop(y)
        several = "Σ " if stop or y.shape[0] > 1 else ""
        of_weight = f"∂L/∂{weight} = {several}gₒ{stop} · {number}"
        of_bias = "" if self.bias is None else f",  ∂L/∂bₒ = {several}gₒ{stop}"
        if not stop:
            of_input = f"∂L/∂{number} = Σₒ gₒ · {weight}"
        elif pair(self.stride) == (1, 1):
            places = (("p", "u"), ("q", "v"))
            steps = zip(places, pair(self.padding), pair(self.dilation), self.weight.shape[2:], strict=True)
            at = ", ".join(in_letters({p: 1, u: -gap if k > 1 else 0, "": edge}) for (p, u), edge, gap, k in steps)
            of_input = f"∂L/∂x(c, p, q) = Σ gₒ({at}) · {weight}"
        else:
            of_input = f"∂L/∂x(c, p, q) = Σ gₒ(i, j) · {weight} where {number} is x(c, p, q)"
        return f"{of_input},  {of_weight}{of_bias}{self._group}"

    @property
    def _group(self) -> str:
        return "" if self.groups == 1 else ",  c within the group of o"

    def _stop(self, y: Tensor) -> str:
        """The index of a stop; nothing where there is one stop only."""
        return "" if y.shape[2:] == (1, 1) else "(i, j)"

    def _weight_at(self, y: Tensor) -> str:
        return "w(o, c)" if self.weight.shape[2:] == (1, 1) else "w(o, c, u, v)"

    def _number_at(self, y: Tensor) -> str:
        """The number that a weight meets."""
        settings = (pair(self.stride), pair(self.dilation), pair(self.padding), self.weight.shape[2:], y.shape[2:])
        row, col = (
            in_letters({place: step if stops > 1 else 0, element: gap if k > 1 else 0, "": -edge})
            for place, element, step, gap, edge, k, stops in zip("ij", "uv", *settings, strict=True)
        )
        return f"x(c, {row}, {col})"

    @property
    def per_group(self) -> int:
        """How many channels of the input a filter sees."""
        return self.weight.shape[1]

    @property
    def filters(self) -> int:
        """How many filters a group has."""
        return self.weight.shape[0] // self.groups
