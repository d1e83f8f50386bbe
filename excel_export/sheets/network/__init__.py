"""The Network sheets, and the forward pass again with other parameters."""
