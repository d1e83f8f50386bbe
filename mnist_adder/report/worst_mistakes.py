"""The picture of the worst mistakes: the images with the highest loss among those read wrongly."""

import math

import numpy as np
from matplotlib.figure import Figure

from mnist_adder.report.all_answers import Answers
from mnist_adder.report.plot import Palette, Plot, percent

MOST = 24
COLUMNS = 8
IN_WORDS = 5
NONE = "No digit was read wrongly."


def mistakes_plot(answers: Answers, chosen: list[int], pixels: np.ndarray) -> Plot:
    """Return the picture 'mistakes' of wrongly read images, each with its digit and the one read.

    Args:
        answers: the answers for all images.
        chosen: the indices of the images, the worst first.
        pixels: their grey values, uint8 (len(chosen), 28, 28).
    """
    heads = [
        (f"{answers.digit[i]}, read as {answers.read[i]}", f"{percent(float(answers.probability[i]), 0)} sure")
        for i in chosen
    ]
    words = "; ".join(" ".join(head) for head in heads[:IN_WORDS])
    return Plot(
        name="mistakes",
        title="The worst mistakes" if chosen else "No mistake",
        alt=f"Pictures of {len(chosen)} digits. The first: {words}." if chosen else NONE,
        caption="Above each image: its true digit, the digit that the network read instead, and the probability that "
        "it gave to it; the images with the highest loss come first."
        if chosen
        else NONE,
        size=(17, 2.75 * max(1, math.ceil(len(chosen) / COLUMNS))),
        draw=lambda figure, palette: _draw(figure, palette, heads, pixels),
    )


def _draw(figure: Figure, palette: Palette, heads: list[tuple[str, str]], pixels: np.ndarray) -> None:
    if not heads:
        figure.text(0.5, 0.5, NONE, ha="center", va="center", fontsize=28)
        return
    grid = figure.subplots(math.ceil(len(heads) / COLUMNS), COLUMNS, squeeze=False)
    for axes in grid.flat:
        axes.set_axis_off()
    for axes, (read, sure), image in zip(grid.flat, heads, pixels, strict=False):
        axes.imshow(image, cmap=palette.greys, vmin=0, vmax=255, interpolation="nearest")
        axes.set_title(f"{read}\n", loc="center", fontsize=17, pad=4)
        axes.annotate(
            sure, (0.5, 1), xycoords="axes fraction", xytext=(0, 5), textcoords="offset points", ha="center",
            color=palette.muted,
        )  # fmt: skip
