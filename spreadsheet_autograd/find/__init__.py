"""Finds headings, claimed gradients and parameter updates in a sheet."""
