"""Grading: what students handed in, held against PyTorch. A student's formulas only run in a process of its own."""
