"""One file for each command of `excel-export`: each has a `command`."""
