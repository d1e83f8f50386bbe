"""Training: what decides it (the recipe), how it runs (the loop), and the folder that it writes."""
