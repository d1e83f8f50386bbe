"""Turns a graph into cells: places each tensor and writes its formulas."""
