"""Judges gradients by derivatives and updates by trying them with other numbers."""
