"""The same graph once for every step of a training."""
