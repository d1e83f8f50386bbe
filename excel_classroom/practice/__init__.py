"""Exercise workbooks: blanks, marks, variants, and the teacher's key."""
