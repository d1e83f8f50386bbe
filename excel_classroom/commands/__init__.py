"""One file for each command of a classroom: each has a `command`."""
