"""The story: a sheet for each step, on which every number is computed where it stands, by a formula one can read."""
