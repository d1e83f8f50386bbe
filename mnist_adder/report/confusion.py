"""The confusion matrix: which digits are taken for which."""

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from mnist_adder.report.cells import draw_cells
from mnist_adder.report.plot import Palette, Plot
from mnist_adder.report.words import percent


def confusion_plot(table: np.ndarray) -> Plot:
    """Make the picture of the confusion matrix.

    Args:
        table: counts, (10, 10); rows are true digits, columns are digits read.

    Returns:
        The picture.
    """
    wrong = int(table.sum() - np.trace(table))
    return Plot(
        name="confusion",
        title=f"Which digits are taken for which: {wrong:,} of {table.sum():,} images",
        alt=f"A table of ten by ten, true digits by digits read. {_most_frequent(table)}",
        caption="In the row of a digit, each coloured cell counts how often it was taken for the digit above the "
        "column, and the grey one how often it was read rightly. " + _most_frequent(table),
        size=(13, 11),
        draw=lambda figure, palette: _draw(figure, palette, table),
    )


def _most_frequent(table: np.ndarray) -> str:
    mistakes = table - np.diag(np.diag(table))
    if not mistakes.any():
        return "There is no mistake."
    digit, read = np.unravel_index(mistakes.argmax(), mistakes.shape)
    return f"The most frequent mistake: {digit} read as {read}, {mistakes.max():,} times."


def _draw(figure: Figure, palette: Palette, table: np.ndarray) -> None:
    axes = figure.subplots()
    # The counts of the diagonal are so large that the mistakes would have no colour beside them.
    mistakes = np.where((table == 0) | np.eye(10, dtype=bool), np.nan, table)
    texts = [[f"{count:,}" if count or row == column else "" for column, count in enumerate(counts)]
             for row, counts in enumerate(table.tolist())]  # fmt: skip
    draw_cells(axes, palette, mistakes, texts, least_top=1)
    for digit in range(10):
        axes.add_patch(Rectangle((digit - 0.46, digit - 0.46), 0.92, 0.92, color=palette.faint, zorder=0.5))
        images = table[digit].sum()
        if images:
            share = 1 - table[digit, digit] / images
            axes.text(9.75, digit, percent(share, 1), va="center", color=palette.ink)
    axes.text(9.75, -0.8, "wrong", va="center", color=palette.muted)
    axes.set_xlabel("digit read", labelpad=10)
    axes.set_ylabel("true digit", labelpad=10)
