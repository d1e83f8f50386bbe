"""One file for each command of the exporter: each has a `command`."""
