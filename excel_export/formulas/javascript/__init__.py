"""Formulas written as JavaScript: a loop for all elements of a tensor whose formulas differ in their places only."""
