"""One file for each command that works on anybody's sheet: each has a `command`."""
