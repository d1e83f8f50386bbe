"""A network as one page for a browser: the same steps, formulas and words as the workbook's."""
