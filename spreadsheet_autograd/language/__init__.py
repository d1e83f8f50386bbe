"""Formulas of spreadsheets: their trees, how they are read, and how they are written again."""
