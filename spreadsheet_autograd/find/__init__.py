"""Finds the headings, the claimed gradients and the updates of parameters in a sheet."""
