"""A network as a web page, with the same steps, formulas and texts as its workbook."""
