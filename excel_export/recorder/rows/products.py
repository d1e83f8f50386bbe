"""Rows of calls that add up products: of matrices, and of a filter and what lies under it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import product

from excel_export.formulas import Expression, OperandLike, Region, reduce, sum_of_products, table, total
from excel_export.recorder.rows.elementwise import scaled
from excel_export.recorder.rows.table import Cells, row


@row("mm")
def _mm(a: Cells, b: Cells) -> Expression:
    return sum_of_products((a.shape[0], b.shape[1]), lambda i, j: (a[i, :], b[:, j]))


@row("bmm")
def _bmm(a: Cells, b: Cells) -> Expression:
    return sum_of_products((*a.shape[:2], b.shape[2]), lambda n, i, j: (a[n, i, :], b[n, :, j]))


@row("mv")
def _mv(a: Cells, b: Cells) -> Expression:
    return sum_of_products((a.shape[0],), lambda i: (a[i, :], b[:]))


@row("dot", "vdot")
def _dot(a: Cells, b: Cells) -> Expression:
    return sum_of_products((), lambda: (a[:], b[:]))


def _plus(product: Expression, bias: Cells, beta: float, alpha: float) -> Expression:
    """Return alpha · product + beta · bias, without a factor that is 1."""
    return total([scaled(product, alpha), scaled(bias, beta)])


@row("addmm")
def _addmm(bias: Cells, a: Cells, b: Cells, *, beta: float = 1, alpha: float = 1) -> Expression:
    return _plus(_mm(a, b), bias, beta, alpha)


@row("addmv")
def _addmv(bias: Cells, a: Cells, b: Cells, *, beta: float = 1, alpha: float = 1) -> Expression:
    return _plus(_mv(a, b), bias, beta, alpha)


@row("baddbmm")
def _baddbmm(bias: Cells, a: Cells, b: Cells, *, beta: float = 1, alpha: float = 1) -> Expression:
    return _plus(_bmm(a, b), bias, beta, alpha)


class Taps:
    """Which place of an image each element of a filter meets at each stop, along every axis.

    Taps([2], 1, [0], [1]) … `meets` yields (stop, element, place) for every pair inside the image.
    """

    def __init__(
        self, image: Sequence[int], stops: Sequence[int], kernel: Sequence[int],
        stride: Sequence[int], padding: Sequence[int], dilation: Sequence[int],
    ) -> None:  # fmt: skip
        """Take the sizes of image, stops and filter along each axis, and the settings, one number for all or each."""
        rank = len(kernel)
        settings = zip(image, stops, kernel, *(each(one, rank) for one in (stride, padding, dilation)), strict=True)
        self._axes = [
            [(stop, k, place) for stop in range(n) for k in range(taps) if 0 <= (place := stop * s - p + k * d) < size]
            for size, n, taps, s, p, d in settings
        ]

    def by(self, which: int, index: Sequence[int]) -> list[tuple[tuple[int, ...], ...]]:
        """Return what belongs to one stop (0), element (1) or place (2): (stops, elements, places), each an index."""
        along = [[each for each in axis if each[which] == k] for axis, k in zip(self._axes, index, strict=True)]
        return [tuple(zip(*combination, strict=True)) or ((), (), ()) for combination in product(*along)]


def each(setting: Sequence[int] | int, rank: int) -> list[int]:
    """Return a setting, one number for all axes or one for each, for every axis: [2, 2] of 2."""
    numbers = [setting] if isinstance(setting, int) else [*setting]
    return numbers * rank if len(numbers) == 1 else numbers


def _sum(pairs: Sequence[tuple[OperandLike, OperandLike]]) -> OperandLike:
    return total(a * b for a, b in pairs)  # type: ignore[operator]


@row("convolution")
def _convolution(
    x: Cells, weight: Cells, bias: Cells | None, stride: Sequence[int], padding: Sequence[int],
    dilation: Sequence[int], transposed: bool, output_padding: Sequence[int], groups: int,
) -> Expression:  # fmt: skip
    settings, rank = (stride, padding, dilation), len(weight.shape) - 2
    if transposed:
        sizes = _image_sizes(x, weight, *settings, output_padding)
        result = _to_image(x, weight, (x.shape[0], weight.shape[1] * groups, *sizes), *settings, groups)
    else:
        result = _to_stops(x, weight, *settings, groups)
    return result if bias is None else result + bias.cells.reshape(-1, *[1] * rank)


def _image_sizes(
    stops: Cells, weight: Cells, stride: Sequence[int], padding: Sequence[int], dilation: Sequence[int],
    more: Sequence[int],
) -> list[int]:  # fmt: skip
    rank = len(weight.shape) - 2
    settings = zip(stops.shape[2:], weight.shape[2:], *(each(one, rank) for one in (stride, padding, dilation, more)),
                   strict=True)  # fmt: skip
    return [(n - 1) * s - 2 * p + d * (k - 1) + o + 1 for n, k, s, p, d, o in settings]


def _to_stops(
    image: Cells, weight: Cells, stride: Sequence[int], padding: Sequence[int], dilation: Sequence[int], groups: int
) -> Expression:
    """Return at each stop the sum over the numbers under the filter."""
    rank = len(weight.shape) - 2
    sizes = [
        (n + 2 * p - d * (k - 1) - 1) // s + 1
        for n, k, s, p, d in zip(image.shape[2:], weight.shape[2:],
                                 *(each(one, rank) for one in (stride, padding, dilation)), strict=True)
    ]  # fmt: skip
    taps = Taps(image.shape[2:], sizes, weight.shape[2:], stride, padding, dilation)
    per_group, filters = weight.shape[1], weight.shape[0] // groups

    def stop(n: int, o: int, *at: int) -> OperandLike:
        first = o // filters * per_group
        return _sum([(image.at(n, first + c, *place), weight.at(o, c, *k))
                     for c in range(per_group) for _, k, place in taps.by(0, at)])  # fmt: skip

    return table((image.shape[0], weight.shape[0], *sizes), stop)


def _to_image(
    stops: Cells, weight: Cells, shape: Sequence[int], stride: Sequence[int], padding: Sequence[int],
    dilation: Sequence[int], groups: int,
) -> Expression:  # fmt: skip
    """Return at each place of an image the sum of stop times weight over the weights that it met."""
    taps = Taps(shape[2:], stops.shape[2:], weight.shape[2:], stride, padding, dilation)
    per_group, filters = weight.shape[1], weight.shape[0] // groups

    def place(n: int, c: int, *at: int) -> OperandLike:
        first = c // per_group * filters
        return _sum([(stops.at(n, o, *stop), weight.at(o, c % per_group, *k))
                     for o in range(first, first + filters) for stop, k, _ in taps.by(2, at)])  # fmt: skip

    return table(shape, place)


def _to_weight(
    stops: Cells, image: Cells, weight: Cells, stride: Sequence[int], padding: Sequence[int], dilation: Sequence[int],
    groups: int,
) -> Expression:  # fmt: skip
    """Return for each weight the sum over all stops of stop times the number that it met."""
    taps = Taps(image.shape[2:], stops.shape[2:], weight.shape[2:], stride, padding, dilation)
    per_group, filters = weight.shape[1], weight.shape[0] // groups

    def element(o: int, c: int, *k: int) -> OperandLike:
        channel = o // filters * per_group + c
        return _sum([(stops.at(n, o, *stop), image.at(n, channel, *place))
                     for n in range(image.shape[0]) for stop, _, place in taps.by(1, k)])  # fmt: skip

    return table(weight.shape, element)


@row("convolution_backward")
def _convolution_backward(
    grad: Cells, x: Cells, weight: Cells, bias_sizes: Sequence[int] | None, stride: Sequence[int],
    padding: Sequence[int], dilation: Sequence[int], transposed: bool, output_padding: Sequence[int], groups: int,
    output_mask: Sequence[bool],
) -> tuple[OperandLike | None, ...]:  # fmt: skip
    settings, rank = (stride, padding, dilation), len(weight.shape) - 2
    stops, image = (x, grad) if transposed else (grad, x)

    def of_x() -> Expression:
        if transposed:
            return _to_stops(grad, weight, *settings, groups)
        return _to_image(grad, weight, x.shape, *settings, groups)

    wanted: tuple[Callable[[], Expression], ...] = (
        of_x,
        lambda: _to_weight(stops, image, weight, *settings, groups),
        lambda: reduce("SUM", grad.shape[1:2], lambda o: _of_channel(grad, o, rank)),
    )
    return tuple(made() if is_wanted else None for made, is_wanted in zip(wanted, output_mask, strict=True))


def _of_channel(grad: Cells, channel: int, rank: int) -> Region:
    return grad[(slice(None), channel, *[slice(None)] * rank)]
