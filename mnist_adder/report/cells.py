"""A table of ten by ten cells: the more is wrong in a cell, the stronger its colour."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb

from mnist_adder.report.plot import Palette


def draw_cells(axes: Axes, palette: Palette, wrong: np.ndarray, texts: list[list[str]], *, least_top: float) -> None:
    """Draw the table.

    Args:
        axes: where to draw.
        palette: the colours.
        wrong: how much is wrong in each cell, (10, 10); NaN has no colour.
        texts: what is written in the cells.
        least_top: the strongest colour stands for the largest value, or for this one if it is larger.
    """
    top = max(least_top, float(np.nanmax(wrong, initial=0)))
    axes.imshow(np.ma.masked_invalid(wrong), cmap=palette.mistakes, vmin=0, vmax=top)
    for row, column in np.ndindex(wrong.shape):
        value = wrong[row, column]
        color = palette.muted if np.isnan(value) else _readable_on(to_rgb(palette.mistakes(float(value / top))))
        axes.text(column, row, texts[row][column], ha="center", va="center", color=color, fontsize=19)
    axes.set_xticks(range(10))
    axes.set_yticks(range(10))
    axes.tick_params(length=0, labelsize=20, labelcolor=palette.ink)
    axes.spines[:].set_visible(False)
    edges = np.arange(11) - 0.5
    axes.set_xticks(edges, minor=True)
    axes.set_yticks(edges, minor=True)
    axes.tick_params(which="minor", length=0)
    axes.grid(which="minor", color=palette.paper, linewidth=3)
    axes.xaxis.set_label_position("top")
    axes.xaxis.tick_top()
    axes.tick_params(which="both", top=False)


def _readable_on(color: tuple[float, float, float]) -> str:
    """Choose black or white, whichever has the higher contrast (by WCAG 2.1)."""
    channels = np.array(color)
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    luminance = float(linear @ (0.2126, 0.7152, 0.0722))
    return "#000000" if luminance > 0.179 else "#ffffff"
