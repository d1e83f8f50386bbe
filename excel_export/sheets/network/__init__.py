"""The Network sheets, the list of their steps, and the forward pass again with other parameters."""
