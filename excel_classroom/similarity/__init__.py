"""Similarity: which workbooks of several people have in common what hardly any other has. It knows no exercise."""
