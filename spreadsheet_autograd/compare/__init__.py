"""Compares the forward pass of a sheet with a PyTorch network."""
