"""Decides by derivatives which cells are gradients, by which cell, and of which loss."""
