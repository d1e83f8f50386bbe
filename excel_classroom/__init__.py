"""A classroom's work: exercises with blanks, their marks, reports of what was handed in, and who copied."""
