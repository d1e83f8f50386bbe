"""A recorded graph held against PyTorch's own run of the module: what differs is refused."""
