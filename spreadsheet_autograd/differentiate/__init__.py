"""A copy of a workbook with the derivative by each cell, as live formulas."""
