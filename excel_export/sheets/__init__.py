"""The sheets of a workbook, one file per kind."""
