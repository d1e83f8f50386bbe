"""Find what a sheet says: headings, claims to be a gradient, and updates of parameters."""
