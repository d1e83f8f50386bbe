"""Grades hand-ins against PyTorch; formulas of students run in a separate process."""
