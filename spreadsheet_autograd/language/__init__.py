"""Spreadsheet formulas: syntax trees, parsing and writing."""
