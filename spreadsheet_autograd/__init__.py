"""Anybody's spreadsheet as a computation graph: read, differentiated by PyTorch, and what is wrong in it."""
