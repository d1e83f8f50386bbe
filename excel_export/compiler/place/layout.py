"""The arrangement of a tensor's elements: its row and column strides, by its shape."""

from collections.abc import Sequence

from excel_export.formulas import Layout

Strides = tuple[tuple[int, ...], tuple[int, ...]]
"""The row strides and the column strides, one number a dimension."""


def strides_of(layout: Layout, shape: Sequence[int]) -> Strides:
    """Return the row and column strides of a helper tensor: ((0, 1), (1, 0)) for 'upright' and the shape (2, 3).

    'upright' is the layout of a value, 'matrix' that of a parameter; 'first interleaved' lets the rows of images
    alternate along dimension 0, 'second interleaved' along dimension 1: see the functions of these names.
    """
    if layout == "upright":
        return upright(shape)
    return (
        matrix(shape)
        if layout == "matrix"
        else interleaved(shape, ("first interleaved", "second interleaved").index(layout))
    )


def upright(shape: Sequence[int]) -> Strides:
    """Return the strides of a value, by row and by column: ((0, 1), (1, 0)) for (N, F), with a column for each sample.

    A vector stands upright, ((1,), (0,)); (N, C, H, W) has the channels below one another, the samples side by side.
    """
    return _strides(tuple(shape), across=-4, transpose=True)


def matrix(shape: Sequence[int]) -> Strides:
    """Return the row and column strides of a parameter: ((1, 0), (0, 1)) for (O, I), with a row for each output.

    (O, I, H, W) is a matrix of small images; the slices of (O, I, W) stand below one another. So each output has rows
    of its own, and a bias can stand beside it.
    """
    return _strides(tuple(shape), across=-3 if len(shape) > 3 else -4, transpose=False)


def interleaved(shape: Sequence[int], axis: int) -> Strides:
    """Return row and column strides, in cells, by which a window over the whole of one dimension is a single rectangle.

    The shape is (A, B, …, W), such as (N, C, H, W); `axis` is 0 or 1. Row i of an image is followed by row i of the
    next image along `axis`: with C images, image c's row i is row i·C + c. The images of the other dimension stand side
    by side, with a column between them; slices, if images have them, below one another.

    Example:
        Two images of 3×3 along dimension 0: their rows alternate:

        >>> interleaved((2, 1, 3, 3), axis=0)
        ((1, 0, 2, 0), (0, 4, 0, 1))
    """
    count, width = shape[axis], shape[-1]
    rows, cols = [0] * len(shape), [0] * len(shape)
    rows[axis], cols[-1], cols[1 - axis] = 1, 1, width + 1
    down = count
    for place in reversed(range(2, len(shape) - 1)):
        rows[place] = down
        down = down * shape[place] + 1
    return tuple(rows), tuple(cols)


def _strides(shape: tuple[int, ...], across: int, transpose: bool) -> Strides:
    """Return strides that stack images of the last two dimensions: along dimension `across` side by side, else down."""
    if len(shape) <= 1:
        return (1,) * len(shape), (0,) * len(shape)
    if len(shape) == 2:
        return ((0, 1), (1, 0)) if transpose else ((1, 0), (0, 1))
    *outer, height, width = shape
    rows, cols = [1, 0], [0, 1]
    # One empty line between neighbouring images, none between single cells.
    down, right = height + (height > 1), width + (width > 1)
    for axis in reversed(range(len(outer))):
        is_across = axis - len(shape) == across
        rows.insert(0, 0 if is_across else down)
        cols.insert(0, right if is_across else 0)
        if is_across:
            right *= shape[axis]
        else:
            down *= shape[axis]
    return tuple(rows), tuple(cols)
