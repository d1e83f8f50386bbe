"""Records what PyTorch computes, forward and backward, as formulas of single ATen calls."""
