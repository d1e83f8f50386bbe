"""What workbooks and pages show of a network: its steps, the terms of a number, tensors as pictures."""
