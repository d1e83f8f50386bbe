"""Exercises for a class: marking, reports, workbooks with blanks, and a search for similar submissions."""
