"""The graph of a training run: one copy of the network's graph per step."""
