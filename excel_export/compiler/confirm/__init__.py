"""Compares a recorded graph with PyTorch's own run of the module and refuses differences."""
