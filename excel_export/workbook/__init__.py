"""The .xlsx file: its cells and styles, writing, recalculating, reading."""
