"""Autograd for any spreadsheet: reads it as a computation graph, differentiates it, and finds mistakes."""
