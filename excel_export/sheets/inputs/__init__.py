"""Yellow cells: the contents that a learner may type, and the contents in use instead of others."""
