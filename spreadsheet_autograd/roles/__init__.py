"""Tells from derivatives which cells are gradients, of which cell and of which loss."""
