"""Formulas read, not written: the cells that one reads, its linear form, and how a person writes it."""
