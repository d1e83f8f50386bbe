"""Find what a sheet says: headings, claims to be a gradient, updates of parameters, and losses."""
