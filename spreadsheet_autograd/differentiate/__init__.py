"""Copies a workbook and adds the derivative with respect to each cell, as live formulas."""
