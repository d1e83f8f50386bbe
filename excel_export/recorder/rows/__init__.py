"""The table of rows: for each ATen call that computes numbers, its forward formula."""

from excel_export.recorder.rows import choices, elementwise, products, reductions, windows  # noqa: F401
from excel_export.recorder.rows.table import ROWS, Cells, Row

__all__ = ["ROWS", "Cells", "Row"]
