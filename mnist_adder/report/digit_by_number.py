"""The picture of which sums are right, by digit and number."""

import numpy as np
from matplotlib.figure import Figure

from mnist_adder.report.cells import draw_cells
from mnist_adder.report.plot import Palette, Plot
from mnist_adder.report.words import percent


def digit_by_number_plot(table: np.ndarray) -> Plot:
    """Make the picture.

    Args:
        table: the fractions of right sums, 0 to 1, (10, 10); rows are digits, columns are numbers; NaN where there is
            no image.

    Returns:
        The picture.
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
        draw=lambda figure, palette: _draw(figure, palette, table),
    )


def _draw(figure: Figure, palette: Palette, table: np.ndarray) -> None:
    axes = figure.subplots()
    texts = [
        ["" if np.isnan(share) else percent(share, 1).removesuffix("\u00a0%") for share in shares] for shares in table
    ]
    # Below 2 %, mistakes are few, and should not look like many.
    draw_cells(axes, palette, 1 - table, texts, least_top=0.02)
    axes.set_xlabel("number", labelpad=10)
    axes.set_ylabel("digit", labelpad=10)
