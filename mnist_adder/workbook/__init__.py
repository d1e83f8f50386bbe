"""The teaching workbook: the exported network and the sheets around it."""
