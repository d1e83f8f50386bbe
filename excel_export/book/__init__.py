"""A workbook in the making: the sheet Network, the description of any other sheet, and what sheets give each other."""
