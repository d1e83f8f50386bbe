"""Judge what was found: gradients by derivatives, updates by trying them."""
