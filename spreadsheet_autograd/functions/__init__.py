"""The spreadsheet functions, each with its value and its derivative."""
