"""The teaching workbook: the network as `excel_export` writes it, and the sheets around it."""
