"""Gives every tensor of a graph cells, and every cell its formula."""
