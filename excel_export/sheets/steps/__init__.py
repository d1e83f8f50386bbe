"""The story: a sheet for each step, on which every number is computed in its place, by a formula that one can read."""
