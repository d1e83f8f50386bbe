"""Draws what is no digit, light on black as MNIST is: letters and signs of fonts, scribbles, blots and torn paper."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont
from scipy import ndimage

SIDE = 112  # pixels of a picture; what is drawn has 80 of them at most
CAPITALS, SMALL = "ABCDEFGHJKLMNPQRSTUVWXYZ", "abcdefghijkmnpqrstuvwxyz"
LIKE_DIGITS = "OoIl|/"  # nobody can tell them from a 0 or a 1
SIGNS = '+=?!&%@#$*<>~^{}[];:"×÷±√∑π∞→←↑↓✓µßÄöéñΩλθΔФЖЯ'


def glyphs(font: Path, characters: str) -> dict[str, np.ndarray]:
    """Draw characters of a font, each uint8 (SIDE, SIDE); without those that the font doesn't have."""
    large = ImageFont.truetype(str(font), 160)
    missing = _drawn(large, "\U000f0000")
    found = {}
    for character in characters:
        ink = _drawn(large, character)
        if ink.any() and not np.array_equal(ink, missing):
            found[character] = fitted(ink)
    return found


def hershey(style: str, characters: str, draw: np.random.Generator) -> dict[str, np.ndarray]:
    """Draw characters of A. V. Hershey's fonts for plotters with a pen of any width; needs hershey-fonts."""
    from HersheyFonts import HersheyFonts

    font = HersheyFonts()
    font.load_default_font(style)
    found = {}
    for character in characters:
        if lines := [np.array(line, float) for line in font.lines_for_text(character)]:
            found[character] = _line(np.concatenate(lines), draw.uniform(2, 12), [2] * len(lines))
    return found


def _drawn(font: ImageFont.FreeTypeFont, character: str) -> np.ndarray:
    canvas = Image.new("L", (480, 480))
    ImageDraw.Draw(canvas).text((160, 120), character, 255, font)
    return np.asarray(canvas)


def fitted(ink: np.ndarray) -> np.ndarray:
    """Bring ink to the size of a digit, in the middle of a picture."""
    rows, columns = np.flatnonzero(ink.max(1) > 30), np.flatnonzero(ink.max(0) > 30)
    cut = Image.fromarray(ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1])
    scale = 80 / max(cut.size)
    cut = cut.resize([max(1, round(length * scale)) for length in cut.size], Image.Resampling.BOX)
    picture = Image.new("L", (SIDE, SIDE))
    picture.paste(cut, ((SIDE - cut.width) // 2, (SIDE - cut.height) // 2))
    return np.asarray(picture)


def scribble(draw: np.random.Generator) -> np.ndarray:
    """Draw a line to and fro, curved or with corners."""
    count = int(draw.integers(7, 16))  # with fewer points, some would be a 2 or a 7
    points = np.cumsum(draw.normal(0, 1, (count, 2)), axis=0) if draw.random() < 0.5 else draw.random((count, 2))
    if draw.random() < 0.7:
        points = ndimage.zoom(points, (8, 1), order=3)
    return _line(points, draw.uniform(2, 12))


def shape(draw: np.random.Generator) -> np.ndarray:
    """Draw a polygon of few corners, a star, a spiral, a heart, a wave, or crossed lines: none that is like a digit."""
    t, n = np.linspace(0, 2 * np.pi, 80), int(draw.integers(4, 8))

    def around(corners: int, skip: int) -> np.ndarray:
        angles = skip * 2 * np.pi * np.arange(corners + 1) / corners + draw.uniform(0, 6)
        return np.c_[np.cos(angles), np.sin(angles)]

    kinds: list[Callable[[], list[np.ndarray]]] = [
        lambda: [around(int(draw.integers(3, 6)), 1)],
        lambda: [around(int(draw.choice((5, 7))), 2)],
        lambda: [np.c_[t * np.cos(n * t / 2), t * np.sin(n * t / 2)]],
        lambda: [np.c_[16 * np.sin(t) ** 3, -13 * np.cos(t) + 5 * np.cos(2 * t) + 2 * np.cos(3 * t)]],
        lambda: [np.c_[t, draw.uniform(0.5, 2) * np.sin(n * t / 2)]],
        lambda: [draw.random((2, 2)) for _ in range(draw.integers(3, 6))],
        lambda: [np.c_[np.cos(t), np.sin(t)], draw.uniform(-0.8, 0.8, (2, 2))],
    ]
    return _line(np.concatenate(lines := kinds[draw.integers(len(kinds))]()), draw.uniform(2, 12), [*map(len, lines)])


def blot(draw: np.random.Generator) -> np.ndarray:
    """Draw a blot, a piece of torn paper, or grains."""
    rough = ndimage.gaussian_filter(draw.random((SIDE, SIDE)), draw.uniform(1, 14))
    ink = rough > np.quantile(rough, draw.uniform(0.5, 0.97))
    y, x = np.mgrid[-1 : 1 : SIDE * 1j, -1 : 1 : SIDE * 1j]
    if draw.random() < 0.7:
        ink &= (x / draw.uniform(0.2, 1)) ** 2 + (y / draw.uniform(0.2, 1)) ** 2 < 1
    if draw.random() < 0.3:
        ink = ndimage.binary_fill_holes(ink)
    if draw.random() < 0.3:
        ink ^= ndimage.binary_erosion(ink, iterations=int(draw.integers(2, 8)))
    return fitted((255 * ink).astype(np.uint8)) if ink.any() else blot(draw)


def _line(points: np.ndarray, width: float, lengths: list[int] | None = None) -> np.ndarray:
    """Draw lines through points, (N, 2): one, or several of these lengths."""
    span = max(np.ptp(points, axis=0).max(), 1e-6)
    places = 20 + (points - points.min(axis=0)) * (400 / span)
    canvas = Image.new("L", (480, 480))
    for part in np.split(places, np.cumsum(lengths or [len(points)])[:-1]):
        ImageDraw.Draw(canvas).line([tuple(place) for place in part], 255, round(4 * width), "curve")
    return fitted(np.asarray(canvas))
