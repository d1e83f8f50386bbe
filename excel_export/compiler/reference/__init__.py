"""Runs a copy of the module in float64 under PyTorch's own autograd."""
