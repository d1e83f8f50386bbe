"""A workbook as a graph of cells, computed at its own numbers and at others."""
