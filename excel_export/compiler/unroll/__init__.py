"""The graph of a training: one copy of the network's graph per step."""
