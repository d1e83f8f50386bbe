"""The network: layers, loss, accuracy, and checkpoints."""
