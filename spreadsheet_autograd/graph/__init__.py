"""A workbook as a graph of cells, which can be computed and differentiated at other numbers."""
