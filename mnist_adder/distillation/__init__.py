"""Distils a small network from a large one and compares their answers."""
