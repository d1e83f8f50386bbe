"""From a graph to cells: the place of each tensor, and the formulas in it."""
