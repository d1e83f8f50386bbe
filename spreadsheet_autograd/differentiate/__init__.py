"""Copies a workbook and adds the derivative by each cell, as live formulas."""
