"""What PyTorch computes: the module copied, called and run in float64 with PyTorch's own autograd."""
