"""Judges gradients by derivatives, and updates by their results at other numbers."""
