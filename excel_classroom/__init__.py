"""Exercises for a class: workbooks with blanks, marking, reports, and a search for similar hand-ins."""
