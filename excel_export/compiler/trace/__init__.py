"""A recorder of what a module does to tensors, and the graph that comes of it."""
