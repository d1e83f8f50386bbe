"""The learning curves: loss and mistakes, epoch by epoch."""

from collections.abc import Sequence
from statistics import mean

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullLocator

from mnist_adder.report.plot import Palette, Plot, percent
from mnist_adder.training.history import History

# The axis is logarithmic when the largest value is this many times the smallest.
WIDE = 5
# The least distance of two labels, as a fraction of the axis.
APART = 0.16
SPLIT_NAMES = {"train": "training", "held_out": "held out", "test": "test"}


def curves_plot(history: History) -> Plot:
    """Return the picture 'curves': charts of loss, wrong digits and wrong sums by epoch, a line for each set of images.

    The sets are the training images, the test images, and those held out, if there are any.
    """
    last = {name: values[-1] for name, values in history.columns.items()}
    first = {name: values[0] for name, values in history.columns.items()}
    return Plot(
        name="curves",
        title="Learning, epoch by epoch",
        alt=f"Three line charts over {len(history.epochs)} epochs. On test images the loss goes from "
        f"{first['test_loss']:.3g} to {last['test_loss']:.3g}, the share of digits read wrongly from "
        f"{percent(1 - first['test_digit_accuracy'])} to {percent(1 - last['test_digit_accuracy'])}, of wrong sums "
        f"from {percent(1 - first['test_sum_accuracy'])} to {percent(1 - last['test_sum_accuracy'])}.",
        caption="All lines should fall; a test line far above the training line means that the network knows its "
        "training images better than new ones.",
        size=(17, 6.5),
        draw=lambda figure, palette: _draw(figure, palette, history),
    )


def panels(history: History) -> dict[str, dict[str, list[float]]]:
    """Return a value for each epoch, by chart and kind of images: {'Loss': {'train': [0.5, …], 'test': […]}, …}.

    The other charts are 'Digits read wrongly' and 'Sums given wrongly', in percent. With images that were held out,
    'held_out' stands between 'train' and 'test'.
    """
    wrong = {
        name: [100 * (1 - share) for share in values]
        for name, values in history.columns.items()
        if name.endswith("_accuracy")
    }
    values = {**history.columns, **wrong}
    headings = {"Loss": "loss", "Digits read wrongly": "digit_accuracy", "Sums given wrongly": "sum_accuracy"}
    splits = [split for split in SPLIT_NAMES if f"{split}_loss" in history.columns]
    return {heading: {split: values[f"{split}_{metric}"] for split in splits} for heading, metric in headings.items()}


def _draw(figure: Figure, palette: Palette, history: History) -> None:
    shown = panels(history)
    for axes, (heading, lines) in zip(figure.subplots(1, len(shown)), shown.items(), strict=True):
        unit = "" if heading == "Loss" else "\u00a0%"
        axes.set_title(heading)
        axes.set_xlabel("epoch")
        axes.xaxis.set_major_locator(MaxNLocator(5, integer=True))
        axes.grid(axis="y")
        for split, values in lines.items():
            # A single point makes no line.
            axes.plot(history.epochs, values, color=getattr(palette, split), marker="o" if len(values) == 1 else "")
        _scale(axes, [value for values in lines.values() for value in values], unit)
        _label(axes, palette, history.epochs[-1], {split: values[-1] for split, values in lines.items()}, unit)


def _scale(axes: Axes, values: list[float], unit: str) -> None:
    smallest, largest = min(values), max(values)
    if smallest > 0 and largest > WIDE * smallest:
        axes.set_yscale("log")
        axes.set_ylabel("logarithmic scale", fontsize="small")
        axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5) if largest < 200 * smallest else (1,)))
        axes.yaxis.set_minor_locator(NullLocator())
    else:
        axes.set_ylim(bottom=0, top=1.05 * largest or 1)
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}{unit}"))


def _label(axes: Axes, palette: Palette, epoch: int, ends: dict[str, float], unit: str) -> None:
    axes.get_ylim()  # makes matplotlib choose the limits, which the heights depend on
    to_fraction = axes.transData + axes.transAxes.inverted()
    heights = {split: float(to_fraction.transform((epoch, value))[1]) for split, value in ends.items()}
    rising = sorted(heights, key=lambda split: heights[split])
    heights = dict(zip(rising, spread_apart([heights[split] for split in rising]), strict=True))
    for split, value in ends.items():
        axes.annotate(
            f"{SPLIT_NAMES[split]}\n{value:.3g}{unit}",
            (epoch, heights[split]),
            xycoords=axes.get_xaxis_transform(),
            xytext=(9, 0),
            textcoords="offset points",
            va="center",
            color=getattr(palette, split),
            fontweight="bold",
            linespacing=1,
        )


def spread_apart(heights: Sequence[float]) -> list[float]:
    """Return heights, fractions of the axis in rising order, moved as little as possible to be 0.16 from each other.

    It minimises the sum of the squared moves: an isotonic regression, by its max-min formula (R. E. Barlow et al.,
    "Statistical inference under order restrictions", 1972). The lowest is at least 0.08.

    Example:
        >>> [round(height, 2) for height in spread_apart([0.5, 0.5])]
        [0.42, 0.58]
    """
    places = range(len(heights))
    slack = [height - APART * i for i, height in enumerate(heights)]
    level = [max(min(mean(slack[j : k + 1]) for k in places[i:]) for j in places[: i + 1]) for i in places]
    return [max(APART / 2, value) + APART * i for i, value in enumerate(level)]
