"""Compare the recorded graph with PyTorch's own runs of the module, and refuse what differs."""
