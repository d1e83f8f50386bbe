"""A picture with its words, drawn on light or on dark paper."""

from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from matplotlib import rc_context
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

DOTS_PER_INCH = 110


@dataclass(frozen=True)
class Palette:
    """Colours that also the colour-blind can tell apart (blue, green and orange, after M. Okabe and K. Ito)."""

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
    """The colour map in which a picture of a digit looks as if written on the paper."""

    @property
    def mistakes(self) -> LinearSegmentedColormap:
        """From few mistakes to many; it differs in lightness too, so it survives a black-and-white printer."""
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
    """A picture: the name of its file, its words, and how to draw it; `size` is in inches, width by height.

    `alt` says what is to be seen to who can't see it, `caption` how to read it.
    """

    name: str
    title: str
    alt: str
    caption: str
    size: tuple[float, float]
    draw: Callable[[Figure, Palette], None]

    def figure(self, palette: Palette) -> Figure:
        """Draw it."""
        with rc_context(_settings(palette)):
            figure = Figure(figsize=self.size, layout="constrained")
            self.draw(figure, palette)
        return figure

    def png(self, palette: Palette) -> bytes:
        """Draw it as a PNG file; the same numbers give the same bytes."""
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
