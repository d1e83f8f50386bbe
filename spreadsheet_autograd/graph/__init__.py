"""A workbook as a graph of cells that can be computed with other numbers."""
