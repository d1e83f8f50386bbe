"""A picture with its title and texts, drawn on a light or on a dark background."""

from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from matplotlib import rc_context
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure


def percent(share: float, decimals: int = 2) -> str:
    r"""Return a fraction, 0 to 1, in percent; '100 %' and '0 %' are written for exactly 1 and 0 only.

    Example:
        >>> percent(0.98765), percent(0.98765, decimals=0), percent(0.999999)
        ('98.77\xa0%', '99\xa0%', '>\xa099.99\xa0%')
    """
    if share in (0, 1):
        return f"{100 * share:.0f}\u00a0%"
    text, step = f"{100 * share:.{decimals}f}", 10**-decimals
    if float(text) == 0:
        text = f"<\u00a0{step:.{decimals}f}"
    elif float(text) == 100:
        text = f">\u00a0{100 - step:.{decimals}f}"
    return f"{text}\u00a0%"


def duration(seconds: float) -> str:
    r"""Return a time in hours and minutes, below an hour in minutes and seconds, below a minute in tenths of a second.

    Example:
        >>> duration(3725), duration(500), duration(7.25)
        ('1\xa0h 2\xa0min', '8\xa0min 20\xa0s', '7.2\xa0s')
    """
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours}\u00a0h {minutes}\u00a0min"
    return f"{minutes}\u00a0min {rest}\u00a0s" if minutes else f"{seconds:.1f}\u00a0s"


DOTS_PER_INCH = 110


@dataclass(frozen=True)
class Palette:
    """The colours of a picture, each as '#ffffff'; colour-blind people can tell them apart (M. Okabe and K. Ito).

    Attributes:
        paper, ink, muted: the background, texts, and less important texts.
        faint: the lines of the grid.
        train, held_out, test: the lines for these kinds of images.
        few_wrong, many_wrong: the ends of the scale of mistakes.
        greys: the name of Matplotlib's colour map for a digit, 'gray_r', which looks as if written on the paper.
    """

    paper: str
    ink: str
    muted: str
    faint: str
    train: str
    held_out: str
    test: str
    few_wrong: str
    many_wrong: str
    greys: str

    @property
    def mistakes(self) -> LinearSegmentedColormap:
        """The colour map from `few_wrong` at 0 to `many_wrong` at 1, which a black-and-white printer shows, too."""
        return LinearSegmentedColormap.from_list("mistakes", [self.few_wrong, self.many_wrong])


LIGHT = Palette(
    paper="#ffffff",
    ink="#1a1a1a",
    muted="#5c5c5c",
    faint="#dcdcdc",
    train="#0072b2",
    held_out="#00795a",
    test="#c04c00",
    few_wrong="#fff0e0",
    many_wrong="#b03a00",
    greys="gray_r",
)
DARK = Palette(
    paper="#16181c",
    ink="#f2f2f2",
    muted="#b0b4ba",
    faint="#3a3e45",
    train="#56b4e9",
    held_out="#2fc79a",
    test="#f0a030",
    few_wrong="#33261a",
    many_wrong="#ffa040",
    greys="gray",
)


@dataclass(frozen=True)
class Plot:
    """A picture of a report, drawn when it is written.

    Attributes:
        name: the name of its file without '.png': 'curves'.
        title: its heading on the page.
        alt: a description for people who can't see it.
        caption: an explanation for the page.
        size: width and height, in inches.
        draw: the function that draws it into a Figure of Matplotlib: plot.draw(figure, palette).
    """

    name: str
    title: str
    alt: str
    caption: str
    size: tuple[float, float]
    draw: Callable[[Figure, Palette], None]

    def figure(self, palette: Palette) -> Figure:
        """Return the picture as a Figure of Matplotlib, drawn in the colours of a palette, as for a dark screen."""
        with rc_context(_settings(palette)):
            figure = Figure(figsize=self.size, layout="constrained")
            self.draw(figure, palette)
        return figure

    def png(self, palette: Palette) -> bytes:
        """Return the picture as the bytes of a PNG file, 110 dots an inch, in the colours of a palette.

        The same values give the same bytes.
        """
        stream = BytesIO()
        with rc_context(_settings(palette)):
            self.figure(palette).savefig(stream, format="png", dpi=DOTS_PER_INCH, metadata={"Software": None})
        return stream.getvalue()


def _settings(palette: Palette) -> dict[Any, Any]:
    return {
        "font.size": 17,
        "font.family": "DejaVu Sans",
        "text.color": palette.ink,
        "figure.facecolor": palette.paper,
        "axes.facecolor": palette.paper,
        "axes.edgecolor": palette.muted,
        "axes.labelcolor": palette.muted,
        "axes.titlesize": 20,
        "axes.titleweight": "bold",
        "axes.titlelocation": "left",
        "axes.titlepad": 14,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.axisbelow": True,
        "grid.color": palette.faint,
        "xtick.color": palette.muted,
        "ytick.color": palette.muted,
        "lines.linewidth": 3,
    }
