"""A training: its graph, once for every step."""
