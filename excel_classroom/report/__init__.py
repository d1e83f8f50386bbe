"""What a check leaves for a teacher: pages, copies with notes, and tables. It knows what was found, and no sheet."""
