"""The Start sheet: the inputs and the result, the cells that a learner may change, and links to all other sheets."""
