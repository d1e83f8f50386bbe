"""Formulas as values: places, references, expressions, and what an operator is."""
