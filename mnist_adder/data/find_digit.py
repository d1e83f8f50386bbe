"""The search for a digit in a photograph: paper with shadows and lines, a table around it, or light on dark."""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from mnist_adder.data.blot import Blot
from mnist_adder.data.frames import find_frames, find_lines, without
from mnist_adder.data.ink import Ink, find_ink, resized, spread
from mnist_adder.data.mnist_like import SIDE, mnist_like

LONGEST = 720  # larger pictures are shrunk to this
WEAKEST = 0.03  # less contrast is not ink, whatever the noise
FADED = 0.35  # ink may be as faint as this share of the strongest
FAINTER = 0.5  # boxes and circles are looked for in ink that is so much fainter
GRAIN = 0.25  # what goes on beyond the picture and has less contrast is the grain of a table
NEAR = 0.15  # parts of a digit are no farther apart, as a share of its size
BREAK = 0.05  # no wider is a gap that a pencil leaves in a stroke
TALL = 0.6  # what stands beside a digit and has this share of its height is another one
EDGE = 0.4  # where the paper ends and a stroke begins, as a share of full ink
NOTHING = "nothing stands out from the paper"
EIGHT = np.ones((3, 3), bool)  # diagonal neighbours touch


@dataclass(frozen=True)
class FoundDigit:
    """The digit that was found in a picture.

    Attributes:
        pixels: grey values, light on black, uint8 (28, 28); all 0 if nothing was found.
        doubt: the reason why it may not be one digit: 'there is more than one sign'; '' if there is none.
    """

    pixels: np.ndarray
    doubt: str = ""


def find_digit(grey: np.ndarray) -> FoundDigit:
    """Return the digit in a picture of any size, dark on light or light on dark, fitted into 28×28 pixels.

    `grey` are grey values 0 to 255, (H, W). Of a plain picture it is FoundDigit(zeros, 'nothing stands out from …').
    """
    shrink = max(1.0, max(grey.shape) / LONGEST)
    grey = resized(grey, *(max(1, round(length / shrink)) for length in grey.shape))
    kinds = find_ink(grey)
    weakest = max(WEAKEST, FADED * max(ink.peak for ink in kinds))
    groups = [_written(ink, max(weakest, 5 * ink.noise)) for ink in kinds]
    if any(is_framed for _, is_framed in groups):  # the paper inside a box is no light ink
        groups = [group for group in groups if group[1]]
    likely = [blot for blots, _ in groups for blot in sorted(blots, key=lambda blot: -blot.mass)[:6]]
    if not likely:
        return FoundDigit(np.zeros((SIDE, SIDE), np.uint8), NOTHING)
    main = max(likely, key=_likelihood)
    parts, others = _joined(main, [blot for blots, _ in groups for blot in blots if blot.ink is main.ink])
    strokes = _strokes(parts)
    if not strokes.any():  # in light that falls in patches, the noise of the paper is stronger than the ink
        return FoundDigit(np.zeros((SIDE, SIDE), np.uint8), NOTHING)
    return FoundDigit(mnist_like(strokes), _doubt(main, others))


def _doubt(main: Blot, others: list[Blot]) -> str:
    if _outline(main) < 0.7:
        return "it has no clear outline"
    if any(blot.mass > 0.15 * main.mass for blot in others):
        return "there is more than one sign"
    return ""


def _written(ink: Ink, weakest: float) -> tuple[list[Blot], bool]:
    # A thin line has gaps where a digit has none.
    fainter = _blots(ink, FAINTER * weakest, along_edges=True)
    frames = find_frames(fainter)
    return without(_blots(ink, weakest), frames + find_lines(fainter)), bool(frames)


def _blots(ink: Ink, weakest: float, along_edges: bool = False) -> list[Blot]:
    labels, count = ndimage.label(ink.smooth > weakest, EIGHT)
    where = np.flatnonzero(labels)
    mass = np.bincount(labels.flat[where], ink.smooth.flat[where], count + 1)
    area = np.bincount(labels.flat[where], minlength=count + 1)
    edges = [
        np.bincount(edge, minlength=count + 1) / len(edge)
        for edge in (labels[0], labels[-1], labels[:, 0], labels[:, -1])
    ]
    along, touched = np.max(edges, axis=0), np.count_nonzero(edges, axis=0)
    boxes = ndimage.find_objects(labels)
    return [
        Blot(ink, labels, i, boxes[i - 1], float(mass[i]), int(area[i]))
        for i in range(1, count + 1)
        if mass[i] >= 0.02 * mass[1:].max()
        if along_edges or (along[i] < 0.25 and touched[i] < 3 and (not touched[i] or mass[i] > GRAIN * area[i]))
    ]


def _likelihood(blot: Blot) -> float:
    """Return a number, larger for a blot like a digit: large, strong, made of strokes, lighter around."""
    small, scale = _small(blot)
    width = scale * _widest(small)
    like_strokes = 0.05 if _is_sheet(small) else np.clip((0.5 - width / max(blot.extent)) / 0.2, 0.05, 1)
    return float(max(blot.extent) * (blot.mass / blot.area) ** 0.5 * _outline(blot) ** 8 * like_strokes)


def _small(blot: Blot) -> tuple[np.ndarray, float]:
    _, mask = blot.mask()
    shrink = max(1.0, max(mask.shape) / 150)
    return np.pad(resized(mask, *(max(1, round(length / shrink)) for length in mask.shape)) > 0.5, 1), shrink


def _widest(mask: np.ndarray) -> float:
    return float(2 * ndimage.distance_transform_edt(mask).max())


def _is_sheet(mask: np.ndarray) -> bool:
    points = np.argwhere(ndimage.binary_fill_holes(mask))
    if not len(points):
        return False
    angles = np.radians(np.arange(0, 90, 5))
    ways = np.stack([[np.cos(angles), np.sin(angles)], [-np.sin(angles), np.cos(angles)]])
    sides = np.ptp(np.einsum("pk,skw->psw", points, ways.transpose(0, 1, 2)), axis=0) + 1
    best = (sides[0] * sides[1]).argmin()
    return len(points) > 0.88 * np.prod(sides[:, best]) and sides[:, best].min() > 0.35 * sides[:, best].max()


def _outline(blot: Blot) -> float:
    """Return the share of its outline along which a blot is darker than its surroundings.

    A space between a digit and the edge of the paper has no outline where it opens.
    """
    box, mask = blot.mask(margin=8)
    ring = ndimage.binary_dilation(mask, EIGHT, 6) & ~ndimage.binary_dilation(mask, EIGHT, 3)
    if not ring.any():
        return 0.0
    lightness = ndimage.gaussian_filter(blot.ink.lightness[box], 1)
    return float(np.mean(lightness[ring] > np.median(lightness[mask]) + blot.mass / blot.area / 2))


def _joined(main: Blot, blots: list[Blot]) -> tuple[list[Blot], list[Blot]]:
    parts, others, near = [main], [blot for blot in blots if blot is not main], [main]
    while near:
        reached = _across_breaks(parts)
        near = [blot for blot in others if blot.label in reached or _is_near(blot, parts)]
        parts, others = parts + near, [blot for blot in others if blot not in near]
    return parts, others


def _box(parts: list[Blot], margin: int = 0) -> tuple[slice, slice]:
    rows, columns = (
        slice(max(0, min(part.start for part in side) - margin), max(part.stop for part in side) + margin)
        for side in zip(*(part.box for part in parts), strict=True)
    )
    return rows, columns


def _size(parts: list[Blot]) -> int:
    return max(side.stop - side.start for side in _box(parts))


def _across_breaks(parts: list[Blot]) -> set[int]:
    widest = max(6, round(BREAK * _size(parts)))
    here = parts[0].labels[_box(parts, widest)]
    away = ndimage.distance_transform_edt(~np.isin(here, [part.label for part in parts]))
    return set(np.unique(here[away <= widest]).tolist())


def _is_near(blot: Blot, parts: list[Blot]) -> bool:
    gap = min(
        np.hypot(*(max(0, a.start - b.stop, b.start - a.stop) for a, b in zip(blot.box, part.box, strict=True)))
        for part in parts
    )
    return not _beside(blot, parts[0]) and bool(gap < NEAR * _size([*parts, blot]))


def _beside(blot: Blot, main: Blot) -> bool:
    (height, width), (main_height, main_width) = blot.extent, main.extent
    overlap = min(blot.box[1].stop, main.box[1].stop) - max(blot.box[1].start, main.box[1].start)
    return height >= TALL * main_height and overlap < 0.2 * min(width, main_width)


def _strokes(parts: list[Blot]) -> np.ndarray:
    ink, labels = parts[0].ink, parts[0].labels
    rows, columns = _box(parts, margin=4)
    strength, mask = ink.strength[rows, columns], np.isin(labels[rows, columns], [part.label for part in parts])
    # A pencil leaves grains, and a camera noise; but what is smoothed much loses its shape.
    noisy = spread(ink.strength[::3, ::3]) > 0.15 * np.median(strength[mask])
    blur = max(strength.shape) / 100
    strength = ink.smooth[rows, columns] if noisy else ndimage.gaussian_filter(strength, min(2.0, blur))
    cover = ink.cover(strength)
    level = max(EDGE * float(np.quantile(cover[mask], 0.8)), 4 * ink.noise)
    return ndimage.binary_propagation(mask & (cover > level), EIGHT, cover > level)
