"""Cells for every tensor of a graph, and the formulas that stand in them."""
