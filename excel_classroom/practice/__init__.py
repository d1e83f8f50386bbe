"""Practice workbooks: blanks, marks, variants, and the key that a teacher keeps."""
