"""Is it right? The sheets PyTorch and Nudge."""
