"""What formulas compute: the functions of spreadsheets, each with its value and its slope."""
