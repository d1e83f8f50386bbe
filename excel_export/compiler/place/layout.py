"""The arrangement of a tensor's elements: its row and column strides, by its shape."""

from collections.abc import Sequence

from excel_export.formulas import Layout

Strides = tuple[tuple[int, ...], tuple[int, ...]]
"""The row strides and the column strides, one number a dimension."""


def strides_of(layout: Layout, shape: Sequence[int]) -> Strides:
    """Return the row and column strides of a helper tensor: ((0, 1), (1, 0)) for 'upright' and the shape (2, 3).

    These are upright(shape), matrix(shape) for 'matrix', interleaved(shape, axis=0) for 'first interleaved', and
    interleaved(shape, axis=1) for 'second interleaved'.
    """
    if layout == "upright":
        return upright(shape)
    return (
        matrix(shape)
        if layout == "matrix"
        else interleaved(shape, ("first interleaved", "second interleaved").index(layout))
    )


def upright(shape: Sequence[int]) -> Strides:
    """Return a value's strides, the steps in rows and columns by dimension: ((0, 1), (1, 0)) for (N, F).

    So each sample is a column. A vector stands upright, ((1,), (0,)); (N, C, H, W) has the channels below one another,
    the samples side by side, with an empty line between: ((0, 4, 1, 0), (4, 0, 0, 1)) for (2, 2, 3, 3). (N, C, W) has
    the samples below one another, likewise: ((4, 1, 0), (0, 0, 1)) for (2, 3, 4); (N, C, D, H, W) the channels across.
    """
    return _strides(tuple(shape), across=-4, transpose=True)


def matrix(shape: Sequence[int]) -> Strides:
    """Return a parameter's strides, the steps in rows and columns by dimension: ((1, 0), (0, 1)) for (O, I).

    (O, I, H, W) has the images of an output side by side, ((4, 0, 1, 0), (0, 4, 0, 1)) for (2, 2, 3, 3); (O, I, W) has
    I×W matrices below one another with a line between, ((4, 1, 0), (0, 0, 1)) for (2, 3, 4); (O,) is ((1,), (0,)). So
    each output has rows of its own, and a bias can stand beside it.
    """
    return _strides(tuple(shape), across=-3 if len(shape) > 3 else -4, transpose=False)


def interleaved(shape: Sequence[int], axis: int) -> Strides:
    """Return strides by which a few rows of all images along one dimension are a single rectangle of cells.

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
