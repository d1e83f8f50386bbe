"""What a check leaves for a teacher: copies with notes, and tables. It knows what was found, and no sheet."""
