"""Removes the lines of lined and squared paper from a picture, and leaves the writing over them."""

import numpy as np
from scipy import ndimage

SLOPES = np.tan(np.radians(np.arange(-16, 16.1, 0.5)))
"""The slopes at which lines are looked for: up to 16 degrees either way."""
COLUMNS = 64
"""The number of places along a line at which it is measured."""
SEEN = 0.3
"""The share of these places where something else may hide the line."""
FEWEST = 3
"""The number of lines in one direction from which on paper is ruled."""
MOST = 150
"""The number of lines above which it is no ruled paper, but a pattern."""
THICKEST = 9
"""In pixels of the halved picture: what is thicker is no line."""
SMALLEST = 60
"""In pixels: no lines are looked for in a smaller halved picture."""
REACH = 12
"""In pixels, on either side of a line: the band in which the line is erased."""


def without_lines(strength: np.ndarray) -> np.ndarray:
    """Return the strength of ink, (H, W), with ruled lines erased, if 3 or more run across, or 3 or more upright.

    Otherwise it is `strength` itself.
    """
    across, upright = _lines(strength), _lines(strength.T)
    if max(len(across), len(upright)) < FEWEST:
        return strength
    cleared = strength.copy()
    for view, lines in ((cleared, across), (cleared.T, upright)):
        for left, right in lines:
            _erase(view, left, right)
    return cleared


def _lines(strength: np.ndarray) -> list[tuple[float, float]]:
    small = strength[: strength.shape[0] // 2 * 2, : strength.shape[1] // 2 * 2]
    small = (small[::2, ::2] + small[1::2, ::2] + small[::2, 1::2] + small[1::2, 1::2]) / 4
    height, width = small.shape
    if min(height, width) < SMALLEST:
        return []
    places = ((np.arange(COLUMNS) + 0.5) * width / COLUMNS).astype(int)
    seen = ndimage.maximum_filter1d(small[:, places].T, 3)
    reach = int(width / 2 * SLOPES[-1]) + 2
    seen = np.pad(seen, ((0, 0), (reach, reach)), constant_values=np.inf)  # infinite: outside
    moved = np.lib.stride_tricks.sliding_window_view(seen, height, axis=1)
    shifts = reach + np.rint(SLOPES[:, None] * (places - width / 2)).astype(int)
    rows = np.arange(height)
    found = np.zeros((len(SLOPES), height))
    for i, shift in enumerate(shifts):
        values = np.sort(moved[np.arange(COLUMNS), shift].T.copy(), axis=1)
        inside = np.isfinite(values).sum(axis=1)
        found[i] = np.where(inside > COLUMNS // 4, values[rows, (SEEN * inside).astype(int)], 0)
    found -= ndimage.grey_opening(found, size=(1, THICKEST))
    noise = 1.4826 * np.median(np.abs(found - np.median(found)))
    weakest = max(6 * noise, 0.12 * np.quantile(small, 0.999), 0.03)
    lines: list[tuple[float, float]] = []
    strong = np.flatnonzero(found >= weakest)
    for index in strong[np.argsort(found.flat[strong])[::-1]]:
        i, row = np.unravel_index(index, found.shape)
        tilt = SLOPES[i] * width / 2
        left, right = row - tilt, row + tilt
        # Lines don't cross, nor nearly touch: that is the same line once more.
        if all((left - a) * (right - b) > 0 and min(abs(left - a), abs(right - b)) >= 4 for a, b in lines):
            lines.append((left, right))
        if len(lines) > MOST:
            return []
    return [(2 * left + 0.5, 2 * right + 0.5) for left, right in lines]


def _erase(strength: np.ndarray, left: float, right: float) -> None:
    """Erase one line, in place: stronger ink stays, and so does ink that goes on at both sides of the line."""
    height, width = strength.shape
    x, k = np.arange(width), np.arange(-REACH, REACH + 1)
    y = left + (right - left) * (x + 0.5) / width

    def beside() -> tuple[np.ndarray, np.ndarray]:
        rows = np.rint(y).astype(int) + k[:, None]
        return rows, np.where((rows >= 0) & (rows < height), strength[rows.clip(0, height - 1), x], 0)

    # Paper bends: in each part of the line, where is it really?
    parts = np.array_split(x, 10)
    _, band = beside()
    middles = [ndimage.uniform_filter1d(np.median(band[:, part], axis=1), 3)[6:-6].argmax() - 6 for part in parts]
    y = y + np.interp(x, [part.mean() for part in parts], ndimage.median_filter(middles, 3, mode="nearest"))
    rows, band = beside()
    profile = np.quantile(band, 0.6, axis=1)
    profile = (profile - np.median(profile[abs(k) > REACH - 4])).clip(0)
    faint = profile < 0.15 * profile[abs(k) < 3].max()
    radius = min([8, *abs(k[faint])])
    above, below = (
        band[REACH - radius - 3 : REACH - radius].max(0),
        band[REACH + radius + 1 : REACH + radius + 4].max(0),
    )
    darker = band - 1.3 * ndimage.maximum_filter1d(profile, 3)[:, None]
    kept = np.maximum(darker, np.minimum(np.minimum(above, below), band))
    mine = (abs(k) <= radius)[:, None] & (rows >= 0) & (rows < height)
    strength[rows[mine], np.broadcast_to(x, rows.shape)[mine]] = kept[mine]
