"""Makes a small network from a large one: which filters it keeps, how it is taught, and how alike both answer."""
