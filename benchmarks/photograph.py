"""Draws digits of MNIST as if somebody had written them on paper and taken a photograph.

It shares no code with what reads them (`mnist_adder/data`). Each call draws a `Scene` anew.
"""

from __future__ import annotations

import io
import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from PIL import Image, ImageDraw, ImageFilter
from scipy import ndimage

Range = tuple[float, float]
Size = tuple[int, int]
Colour = tuple[float, float, float]
LINES = np.float32([(1, 1, 1), (1, 0.7, 0.3), (0.3, 0.8, 1), (1, 0.4, 0.6)])


@dataclass(frozen=True)
class Scene:
    """What is photographed, and how; a range is drawn from anew for each picture.

    Attributes:
        size: of the picture, width and height.
        height: of the digit, as a share of the picture's shorter side.
        pen: the width of its strokes, as a share of its height; None leaves them as they are in MNIST.
        ink: its colours, one of which is drawn.
        opacity: of the ink.
        grain: how much of the ink is missing, as with a pencil.
        paper: the colours of the paper, one of which is drawn.
        ruled: the distance of the lines on the paper as a share of the shorter side; the share of light that they take.
        line_width: the width of these lines, in pixels.
        squared: whether there are upright lines, too.
        turned: by how many degrees digit and lines are turned, at most.
        tilted: how far each corner of the paper is moved, as a share of the shorter side.
        table: how many sides of the picture show the table, of this brightness, 0 to 1.
        light: functions that give the light at each pixel.
        blur: the radius, in pixels.
        moved: the length of the camera's movement, in pixels.
        noise: its standard deviation, of 255.
        specks: the share of pixels that are black or white.
        quality: of the JPEG.
        at_edge: whether the digit touches the edge of the picture.
        soft: whether the strokes fade out at their sides as they do in MNIST.
        around: what is drawn around the digit, or below it: "box", "circle" or "line"; empty for nothing.
    """

    size: Size = (800, 600)
    height: Range = (0.25, 0.6)
    pen: Range | None = None
    ink: tuple[Colour, ...] = ((25, 25, 30), (40, 40, 45))
    opacity: Range = (0.9, 1)
    grain: float = 0
    paper: tuple[Colour, ...] = ((245, 245, 240), (225, 225, 220), (250, 248, 240))
    ruled: tuple[Range, Range] | None = None
    line_width: Range = (0.8, 2.2)
    squared: bool = False
    turned: float = 0
    tilted: float = 0
    table: tuple[int, Range] | None = None
    light: tuple[Callable[[np.random.Generator, Size], np.ndarray], ...] = ()
    blur: Range = (0, 0)
    moved: float = 0
    noise: Range = (0, 0)
    specks: float = 0
    quality: int = 90
    at_edge: bool = False
    soft: bool = False
    around: str = ""


def photograph(digits: list[np.ndarray], scene: Scene, draw: np.random.Generator) -> bytes:
    """Take a photograph of some digits side by side, or of none: a JPEG file.

    Args:
        digits: light on black, uint8 (28, 28) each, or what is none, finer.
        scene: what else is to be seen.
        draw: the source of all random numbers.
    """
    width, height = scene.size
    page = np.empty((height, width, 3), np.float32)
    page[:] = np.array(scene.paper[draw.integers(len(scene.paper))]) / 255
    if scene.ruled:
        page *= 1 - _lines(scene, draw)[..., None] * LINES[draw.integers(len(LINES))]
    if digits:
        place, ink = _ink(digits, scene, draw)
        if scene.around:
            place, ink = _surrounded(place, ink, scene, draw)
        colour = np.array(scene.ink[draw.integers(len(scene.ink))]) / 255
        alpha = ink * draw.uniform(*scene.opacity)
        if scene.grain:
            grain = _blurred(draw.random(ink.shape), 0.7)
            alpha *= grain > np.quantile(grain, scene.grain)
        page[place] += alpha[..., None] * (colour - page[place])
    if scene.table:
        page = _on_table(page, scene, draw)
    for light in scene.light:
        page *= light(draw, scene.size)[..., None]
    return _camera(page, scene, draw)


def _ink(digits: list[np.ndarray], scene: Scene, draw: np.random.Generator) -> tuple[tuple[slice, slice], np.ndarray]:
    """Give the rows and columns that are written on, and where in them ink is, 0 to 1 (h, w)."""
    width, height = scene.size
    side = draw.uniform(*scene.height) * min(width, height)
    signs = [_sign(digit, side, scene, draw) for digit in digits]
    gap = int(side * draw.uniform(0.12, 0.35))
    shape = max(sign.shape[0] for sign in signs), sum(sign.shape[1] for sign in signs) + gap * (len(signs) - 1)
    if shape[1] > 0.95 * width:  # several large ones: smaller
        return _ink(digits, replace(scene, height=(0.2, 0.4)), draw)
    word, x = np.zeros(shape), 0
    for sign in signs:
        y = (shape[0] - sign.shape[0]) // 2
        word[y : y + sign.shape[0], x : x + sign.shape[1]] = sign
        x += sign.shape[1] + gap
    rooms = [max(1, whole - part) for whole, part in zip((height, width), shape, strict=True)]
    top, left = (int(draw.uniform(0.12, 0.88) * room) for room in rooms)
    if scene.at_edge:
        top, left = [(top, 0), (top, rooms[1]), (0, left), (rooms[0], left)][draw.integers(4)]
    word = word[: height - top, : width - left]
    return (slice(top, top + len(word)), slice(left, left + word.shape[1])), word


def _surrounded(
    place: tuple[slice, slice], ink: np.ndarray, scene: Scene, draw: np.random.Generator
) -> tuple[tuple[slice, slice], np.ndarray]:
    """Draw a box or a circle around what is written, or a line below it, with a pen of its own."""
    width, height = scene.size
    page = np.zeros((height, width))
    page[place] = ink
    rows, columns = place
    side = max(ink.shape)
    top, bottom, left, right = rows.start, rows.start + len(ink), columns.start, columns.start + ink.shape[1]
    away = draw.uniform(0.12, 0.4, 4) * side
    canvas = Image.new("L", scene.size)
    pencil, thick = ImageDraw.Draw(canvas), max(2, round(side * draw.uniform(0.015, 0.05)))
    if scene.around == "line":
        y, tilt = bottom + away[0] / 2, draw.uniform(-0.04, 0.04) * side
        pencil.line([(left - away[1], y), (right + away[2], y + tilt)], 255, thick)
    elif scene.around == "box":
        corners = [
            (left - away[0], top - away[1]),
            (right + away[2], top - away[1]),
            (right + away[2], bottom + away[3]),
            (left - away[0], bottom + away[3]),
        ]
        pencil.line([*corners, *corners[:2]], 255, thick)
    else:  # through the corners of the digit's box, a little larger, and not quite round
        angles = np.linspace(0, 2 * math.pi * draw.uniform(1, 1.05), 120)
        radius = (1.5 + 0.06 * np.sin(2 * angles + draw.uniform(0, 6))) * (1 + 0.2 * draw.random())
        xs = (left + right) / 2 + radius * max(right - left, 0.6 * side) / 2 * np.cos(angles)
        ys = (top + bottom) / 2 + radius * (bottom - top) / 2 * np.sin(angles)
        pencil.line(list(zip(xs, ys, strict=True)), 255, thick)
    return (slice(0, height), slice(0, width)), np.maximum(page, np.asarray(canvas) / 255)


def _sign(digit: np.ndarray, side: float, scene: Scene, draw: np.random.Generator) -> np.ndarray:
    """Draw a digit with sharp strokes, its longer side `side` pixels long: 0 to 1 (h, w)."""
    zoom = 16
    large = Image.fromarray(np.pad(digit, len(digit) // 7)).resize((36 * zoom, 36 * zoom), Image.Resampling.BICUBIC)
    if scene.turned:
        large = large.rotate(draw.uniform(-scene.turned, scene.turned), Image.Resampling.BICUBIC)
    if scene.soft:
        ink = np.asarray(large, np.float64) / 255
        rows, columns = np.flatnonzero(ink.max(1) > 0.3), np.flatnonzero(ink.max(0) > 0.3)
        cut = Image.fromarray(np.asarray(large)[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1])
        size = tuple(max(1, round(length * side / max(cut.size))) for length in cut.size)
        return np.asarray(cut.resize(size, Image.Resampling.BOX), np.float64) / 255
    ink = np.asarray(large.filter(ImageFilter.GaussianBlur(zoom / 3)), np.float64) / 255
    mask = ink > min(0.4, ink.max() / 2)  # grains would vanish
    if scene.pen:
        mask = _redrawn(mask, draw.uniform(*scene.pen))
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    cut = Image.fromarray(255 * mask[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1].astype(np.uint8))
    scale = side / max(cut.size)
    size = tuple(max(1, round(length * scale)) for length in cut.size)
    return np.asarray(cut.resize(size, Image.Resampling.BOX), np.float64) / 255


def _redrawn(mask: np.ndarray, pen: float) -> np.ndarray:
    """Write along the middle of the strokes with another pen, as wide as this share of the height.

    A loop full of ink, three times as wide as a stroke, would lose its shape: such a digit stays as it is.
    """
    step = 4
    small = mask[::step, ::step].copy()
    thin, inside = _thinned(small), ndimage.distance_transform_edt(small)
    if inside.max() > 3 * np.median(inside[thin]):
        return mask
    height = np.ptp(np.flatnonzero(mask.any(1))) or 1
    canvas = Image.new("L", mask.shape[::-1])
    pencil, radius = ImageDraw.Draw(canvas), pen * height / 2
    points = np.argwhere(thin)
    known = set(map(tuple, points))
    for y, x in points:
        for dy, dx in ((0, 0), (0, 1), (1, 0), (1, 1), (1, -1)):
            if (y + dy, x + dx) in known:
                ends = [(x * step, y * step), ((x + dx) * step, (y + dy) * step)]
                pencil.line(ends, 255, max(1, round(2 * radius)))
        box = (x * step - radius, y * step - radius, x * step + radius, y * step + radius)
        pencil.ellipse(box, 255)
    return np.asarray(canvas) > 127


def _thinned(mask: np.ndarray) -> np.ndarray:
    """Thin strokes to lines of one pixel (T. Y. Zhang and C. Y. Suen, 1984)."""
    image = np.pad(mask, 1).astype(np.uint8)
    changed = True
    while changed:
        changed = False
        for first in (True, False):
            p = [np.roll(image, shift, (0, 1)) for shift in
                 ((1, 0), (1, -1), (0, -1), (-1, -1), (-1, 0), (-1, 1), (0, 1), (1, 1))]  # fmt: skip
            count = sum(p)
            turns = sum((p[i] == 0) & (p[(i + 1) % 8] == 1) for i in range(8))
            n, e, s, w = p[0], p[2], p[4], p[6]
            one, two = (n * e * s, e * s * w) if first else (n * e * w, n * s * w)
            gone = (image == 1) & (count >= 2) & (count <= 6) & (turns == 1) & (one == 0) & (two == 0)
            if gone.any():
                image[gone], changed = 0, True
    return image[1:-1, 1:-1].astype(bool)


def _lines(scene: Scene, draw: np.random.Generator) -> np.ndarray:
    """Give the share of light that the lines on the paper take, (H, W)."""
    width, height = scene.size
    distance = draw.uniform(*scene.ruled[0]) * min(scene.size)
    taken, thick = draw.uniform(*scene.ruled[1]), draw.uniform(*scene.line_width)
    angle = np.radians(draw.uniform(-scene.turned, scene.turned))
    y, x = np.ogrid[: np.float32(height), : np.float32(width)]
    found = np.zeros((height, width), np.float32)
    for turn in (0, np.pi / 2)[: 1 + scene.squared]:
        across = -x * math.sin(angle + turn) + (y * math.cos(angle + turn) + draw.uniform(0, distance))
        off = np.abs((across + distance / 2) % distance - distance / 2)
        found = np.maximum(found, np.clip(thick / 2 + 0.5 - off, 0, 1))
    return taken * found


def _on_table(page: np.ndarray, scene: Scene, draw: np.random.Generator) -> np.ndarray:
    """Let a table show at some sides of the picture, beyond the edge of the paper."""
    height, width = page.shape[:2]
    y, x = np.ogrid[:height, :width]
    sides, brightness = scene.table
    streaks = _blurred(draw.random((height, 1)) * np.ones((1, width)), 2)
    streaks += 0.3 * draw.random((height, width), np.float32)
    wood = (0.75 + 0.5 * streaks)[..., None] * (draw.uniform(*brightness) * np.float32([1, 0.85, 0.7]))
    for side in draw.permutation(4)[:sides]:
        away = [y, height - 1 - y, x, width - 1 - x][side]
        along = [x - width / 2, x - width / 2, y - height / 2, y - height / 2][side]
        seen = draw.uniform(0.02, 0.1) * min(scene.size) + np.tan(np.radians(draw.uniform(-3, 3))) * along
        edge = np.clip(away - seen + 0.5, 0, 1).astype(np.float32)[..., None]
        page = wood + edge * (page - wood)
    return page


def _camera(page: np.ndarray, scene: Scene, draw: np.random.Generator) -> bytes:
    picture = _picture(255 * page)
    if scene.tilted:
        picture = _tilted(picture, scene.tilted, draw)
    if scene.moved:
        picture = _shaken(picture, draw.uniform(0, scene.moved), draw.uniform(0, np.pi))
    if blur := draw.uniform(*scene.blur):
        picture = picture.filter(ImageFilter.GaussianBlur(blur))
    values = np.array(picture, np.float32)
    if noise := np.float32(draw.uniform(*scene.noise)):
        values += noise * draw.standard_normal(values.shape, np.float32)
    if scene.specks:
        chance = draw.random(values.shape[:2])
        values[chance < scene.specks / 2], values[chance > 1 - scene.specks / 2] = 0, 255
    file = io.BytesIO()
    _picture(values).save(file, "JPEG", quality=scene.quality)
    return file.getvalue()


def _picture(values: np.ndarray) -> Image.Image:
    """Make a picture of grey values or colours, 0 to 255; what is beyond is cut off."""
    return Image.fromarray(np.clip(np.rint(values, out=values), 0, 255, out=values).astype(np.uint8))


def _tilted(picture: Image.Image, share: float, draw: np.random.Generator) -> Image.Image:
    """See the paper from the side: each corner is moved towards the middle, and the paper goes on beyond."""
    width, height = picture.size
    corners = np.array([(0, 0), (0, height), (width, height), (width, 0)], np.float64)
    moved = corners + draw.uniform(0, share * min(picture.size), (4, 2)) * np.where(corners > 0, -1, 1)
    return picture.transform(picture.size, Image.Transform.QUAD, tuple(moved.ravel()), Image.Resampling.BICUBIC)


def _shaken(picture: Image.Image, length: float, way: float) -> Image.Image:
    most = int(length / 2) + 1
    wide = np.pad(np.array(picture, np.float32), ((most, most), (most, most), (0, 0)), "edge")
    steps = (
        np.rint(np.linspace(-length / 2, length / 2, 21)[:, None] * (math.sin(way), math.cos(way))).astype(int) + most
    )
    places = np.unique(steps, axis=0)
    width, height = picture.size
    shifted = sum(wide[top : top + height, left : left + width] for top, left in places)
    return _picture(shifted / len(places))


def _blurred(values: np.ndarray, radius: float) -> np.ndarray:
    low, span = values.min(), np.ptp(values) or 1
    picture = _picture(255 * (values - low) / span)
    return np.array(picture.filter(ImageFilter.GaussianBlur(radius)), np.float32) / 255


def gradient(draw: np.random.Generator, size: Size) -> np.ndarray:
    """Light that falls from one side."""
    x, y = _places(size)
    way = draw.uniform(0, 2 * np.pi)
    along = x * math.cos(way) + y * math.sin(way)
    along = (along - along.min()) / np.ptp(along)
    return 1 - draw.uniform(0.3, 0.65) * along


def vignette(draw: np.random.Generator, size: Size) -> np.ndarray:
    """Dark corners."""
    x, y = _places(size)
    return 1 - draw.uniform(0.4, 0.7) * np.clip((x**2 + y**2) / 2, 0, 1)


def shadow(draw: np.random.Generator, size: Size) -> np.ndarray:
    """The shadow of a hand or a phone, across the picture, with a more or less soft edge."""
    x, y = _places(size)
    way, soft = draw.uniform(0, 2 * np.pi), draw.uniform(0.01, 0.25)
    along = (
        x * math.cos(way)
        + y * math.sin(way)
        + 0.15 * np.sin(3 * (x - y) + draw.uniform(0, 6))
        - draw.uniform(-0.5, 0.5)
    )
    return 1 - draw.uniform(0.3, 0.6) / (1 + np.exp(-np.clip(along / soft, -50, 50)))


def spot(draw: np.random.Generator, size: Size) -> np.ndarray:
    """A lamp or a flash near one place."""
    x, y = _places(size)
    a, b = draw.uniform(-0.7, 0.7, 2)
    return 0.45 + 0.65 * np.exp(-((x - a) ** 2 + (y - b) ** 2) / draw.uniform(0.4, 1))


def crumpled(draw: np.random.Generator, size: Size) -> np.ndarray:
    """Paper that is not flat."""
    folds = Image.fromarray(draw.integers(0, 256, (9, 12), dtype=np.uint8)).resize(size, Image.Resampling.BICUBIC)
    return 0.75 + 0.3 * np.asarray(folds, np.float64) / 255


def blinds(draw: np.random.Generator, size: Size) -> np.ndarray:
    """Sunlight through blinds: stripes of light and shadow."""
    x, y = _places(size)
    way, width, soft = draw.uniform(0, np.pi), draw.uniform(0.1, 0.35), draw.uniform(0.005, 0.05)
    along = (x * math.cos(way) + y * math.sin(way)) / width
    stripes = 1 / (1 + np.exp(-np.clip(np.sin(2 * np.pi * along) * width / soft / 6, -50, 50)))
    return 1 - draw.uniform(0.3, 0.6) * stripes


def leaves(draw: np.random.Generator, size: Size) -> np.ndarray:
    """The shadow of leaves: patches with edges that are more or less soft."""
    grain = draw.integers(0, 256, (size[1] // 40, size[0] // 40), dtype=np.uint8)
    patches = np.asarray(Image.fromarray(grain).resize(size, Image.Resampling.BICUBIC), np.float64) / 255
    soft = draw.uniform(0.01, 0.06)
    return 1 - draw.uniform(0.3, 0.6) / (1 + np.exp(-np.clip((patches - 0.5) / soft, -50, 50)))


def checks(draw: np.random.Generator, size: Size) -> np.ndarray:
    """Light through a lattice: light and dark squares."""
    x, y = _places(size)
    width = draw.uniform(0.12, 0.3)
    dark = (np.floor((x + 1) / width) + np.floor((y + 1) / width)) % 2
    soft = ndimage.gaussian_filter(dark, draw.uniform(0.5, 6))
    return 1 - draw.uniform(0.3, 0.6) * soft


def _places(size: Size) -> tuple[np.ndarray, np.ndarray]:
    """Give x, (1, W), and y, (H, 1), of the pixels, -1 to 1."""
    y, x = np.ogrid[-1 : 1 : size[1] * 1j, -1 : 1 : size[0] * 1j]
    return x.astype(np.float32), y.astype(np.float32)
