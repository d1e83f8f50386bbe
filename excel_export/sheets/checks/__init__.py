"""Is it right? The sheets Check, PyTorch and Nudge."""
