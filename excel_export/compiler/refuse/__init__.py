"""Refusals of what no workbook can show or hold, one file for each kind of reason."""
