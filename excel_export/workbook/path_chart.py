"""Charts of paths in a plane: of each point one cell holds x, and another one y."""

from collections.abc import Sequence
from dataclasses import dataclass

from openpyxl.chart import ScatterChart, Series

from excel_export.formulas import Reference
from excel_export.workbook.charts import THICK, THIN, frame, line_of, styled, write_titles
from excel_export.workbook.styles import FAINT


@dataclass(frozen=True)
class Path:
    """Points that are joined, one after another."""

    xs: Reference
    """The cells of a column."""
    ys: Reference
    name: Reference
    """The cell that names it."""
    color: str
    dash: str = "solid"
    dots: bool = True
    """Whether each point has a dot; without, the line is thin."""


@dataclass(frozen=True)
class PathChart:
    """Paths over a plane; all cells are on the chart's own sheet."""

    area: Reference
    """The cells it covers."""
    title: str
    x_title: str
    y_title: str
    paths: Sequence[Path]
    alt: str
    """What it shows, in words."""
    x_limits: tuple[float, float]
    y_limits: tuple[float, float]

    @property
    def drawn(self) -> ScatterChart:
        """As openpyxl's object."""
        drawn = ScatterChart()
        drawn.style, drawn.scatterStyle = 13, "lineMarker"
        write_titles(drawn, self.title, self.x_title, self.y_title)
        for axis, (low, high) in ((drawn.x_axis, self.x_limits), (drawn.y_axis, self.y_limits)):
            axis.number_format = "General"
            axis.majorGridlines.spPr = line_of(FAINT)
            axis.scaling.min, axis.scaling.max = low, high
        # Each axis says where on the other one it lies: at its lower end.
        drawn.x_axis.crosses = drawn.y_axis.crosses = None
        drawn.x_axis.crossesAt, drawn.y_axis.crossesAt = self.y_limits[0], self.x_limits[0]
        frame(drawn, x=0.08, y=0.1, w=0.89, h=0.68)
        for path in self.paths:
            series = Series(path.ys.fixed.everywhere, path.xs.fixed.everywhere)
            drawn.series.append(styled(series, path, THICK if path.dots else THIN, path.dots))
        return drawn
