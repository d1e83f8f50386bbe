"""Exercises for a class: workbooks with blanks, marking, reports, and similar hand-ins."""
