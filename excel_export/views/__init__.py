"""A network as people look at it, on sheets and pages: its steps, the terms of a number, tensors as pictures."""
