"""What PyTorch computes: a module copied, called and run in float64, under PyTorch's own autograd."""
