"""The search for things that a form or a teacher draws around a digit: a box, a circle, a line below it."""

import numpy as np
from scipy import ndimage

from mnist_adder.data.blot import Blot

TALL_INSIDE = 0.3
"""The least height of a thing in a box, as a share of the box's. The hole of a 0 or an 8 has nothing so tall in it."""
FLAT = 5
"""The least width of a line, as a multiple of its height."""


def find_frames(blots: list[Blot]) -> list[Blot]:
    """Return the blots that surround another one, in their order: of a box and the 7 in it, the box; [] for none.

    The other blot must be at least 0.3 times as high as the box.
    """
    return [blot for blot in blots if any(_surrounds(blot, other) for other in blots)]


def find_lines(blots: list[Blot]) -> list[Blot]:
    """Return the blots that are lines below another blot, in their order: of a 7 over a line, the line; [] for none.

    A line is more than five times as wide as high, less than half as high as the other blot, and lies under more than
    0.8 of the other blot's width.
    """
    return [blot for blot in blots if any(_is_below(blot, other) for other in blots)]


def without(blots: list[Blot], frames: list[Blot]) -> list[Blot]:
    """Return the blots that share no pixel with any of `frames`, in their order.

    `frames` are boxes and lines as `find_frames` and `find_lines` return them, perhaps found in fainter ink, so that
    they need not be among `blots`.
    """
    return [blot for blot in blots if not any(_is_part(blot, one) for one in frames)]


def _is_part(blot: Blot, frame: Blot) -> bool:
    box, mask = blot.mask()
    return bool((frame.labels[box][mask] == frame.label).any())


def _surrounds(frame: Blot, inner: Blot) -> bool:
    rows, columns = (a.start <= b.start and b.stop <= a.stop for a, b in zip(frame.box, inner.box, strict=True))
    if inner is frame or not (rows and columns) or inner.extent[0] < TALL_INSIDE * frame.extent[0]:
        return False
    box, mask = frame.mask()
    # A box that the picture's edge cuts off is closed by it.
    beyond = [
        (int(side.start == 0), int(side.stop == size)) for side, size in zip(box, frame.labels.shape, strict=True)
    ]
    closed = ndimage.binary_fill_holes(np.pad(mask, beyond, constant_values=True))
    inside = closed[tuple(slice(before, before + size) for (before, _), size in zip(beyond, mask.shape, strict=True))]
    return bool(inside[frame.labels[box] == inner.label].all())


def _is_below(line: Blot, digit: Blot) -> bool:
    height, width = line.extent
    overlap = min(line.box[1].stop, digit.box[1].stop) - max(line.box[1].start, digit.box[1].start)
    return (
        width > FLAT * height
        and digit.extent[0] > 2 * height
        and digit.box[0].stop <= line.box[0].start + height
        and overlap > 0.8 * digit.extent[1]
    )
