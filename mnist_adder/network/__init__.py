"""The network: its layers, its loss, its answers and how often they are right, and the files that hold it."""
