"""Records the tensor operations of a module as a graph."""
