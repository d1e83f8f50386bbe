"""What no workbook can show or hold: one file for each reason why an export is refused."""
