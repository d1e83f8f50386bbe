"""The tables of ten by ten: digits by the digits that they are taken for, and right sums by digit and number."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from mnist_adder.report.plot import Palette, Plot, percent


def _draw_cells(axes: Axes, palette: Palette, wrong: np.ndarray, texts: list[list[str]], *, least_top: float) -> None:
    """Draw a table, (10, 10), with a stronger colour for a larger number in `wrong`; NaN has none.

    The strongest colour stands for the largest value, or for `least_top` if that is larger.
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
    channels = np.array(color)
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    luminance = float(linear @ (0.2126, 0.7152, 0.0722))
    return "#000000" if luminance > 0.179 else "#ffffff"


def confusion_plot(table: np.ndarray) -> Plot:
    """Return the picture 'confusion' of counts, int (10, 10): rows are true digits, columns are digits read."""
    wrong = int(table.sum() - np.trace(table))
    return Plot(
        name="confusion",
        title=f"Which digits are taken for which: {wrong:,} of {table.sum():,} images",
        alt=f"A table of ten by ten, true digits by digits read. {_most_frequent(table)}",
        caption="In the row of a digit, each coloured cell counts how often it was taken for the digit above the "
        "column, and the grey one how often it was read rightly. " + _most_frequent(table),
        size=(13, 11),
        draw=lambda figure, palette: _draw_confusion(figure, palette, table),
    )


def _most_frequent(table: np.ndarray) -> str:
    mistakes = table - np.diag(np.diag(table))
    if not mistakes.any():
        return "There is no mistake."
    digit, read = np.unravel_index(mistakes.argmax(), mistakes.shape)
    return f"The most frequent mistake: {digit} read as {read}, {mistakes.max():,} times."


def _draw_confusion(figure: Figure, palette: Palette, table: np.ndarray) -> None:
    axes = figure.subplots()
    # The counts of the diagonal are so large that the mistakes would have no colour beside them.
    mistakes = np.where((table == 0) | np.eye(10, dtype=bool), np.nan, table)
    texts = [[f"{count:,}" if count or row == column else "" for column, count in enumerate(counts)]
             for row, counts in enumerate(table.tolist())]  # fmt: skip
    _draw_cells(axes, palette, mistakes, texts, least_top=1)
    for digit in range(10):
        axes.add_patch(Rectangle((digit - 0.46, digit - 0.46), 0.92, 0.92, color=palette.faint, zorder=0.5))
        images = table[digit].sum()
        if images:
            share = 1 - table[digit, digit] / images
            axes.text(9.75, digit, percent(share, 1), va="center", color=palette.ink)
    axes.text(9.75, -0.8, "wrong", va="center", color=palette.muted)
    axes.set_xlabel("digit read", labelpad=10)
    axes.set_ylabel("true digit", labelpad=10)


def digit_by_number_plot(table: np.ndarray) -> Plot:
    """Return the picture 'digit_by_number' of shares of right sums, 0 to 1, (10, 10): by digit (rows) and number.

    A share is NaN where there is no image of the digit.
    """
    alt = "A table of ten by ten, digits by numbers. There is no image."
    if not np.isnan(table).all():
        digit, number = np.unravel_index(np.nanargmin(table), table.shape)
        alt = (
            f"A table of ten by ten, digits by numbers: {percent(float(np.nanmin(table)))} to "
            f"{percent(float(np.nanmax(table)))} of the sums are right, the fewest for {digit} + {number}."
        )
    return Plot(
        name="digit_by_number",
        title="Right sums in %, every image with every number",
        alt=alt,
        caption="The stronger the colour of a cell, the more sums of its digit and its number are wrong: a strong row "
        "is a digit that is read badly, a strong cell in a pale row a sum that isn't learned yet.",
        size=(11.4, 11),
        draw=lambda figure, palette: _draw_sums(figure, palette, table),
    )


def _draw_sums(figure: Figure, palette: Palette, table: np.ndarray) -> None:
    axes = figure.subplots()
    texts = [
        ["" if np.isnan(share) else percent(share, 1).removesuffix("\u00a0%") for share in shares] for shares in table
    ]
    # Below 2 %, mistakes are few, and should not look like many.
    _draw_cells(axes, palette, 1 - table, texts, least_top=0.02)
    axes.set_xlabel("number", labelpad=10)
    axes.set_ylabel("digit", labelpad=10)
