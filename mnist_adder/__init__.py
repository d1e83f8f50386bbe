"""The reference trainer: a network that reads a digit and adds a number to it."""
