"""The Start sheet: what this is, the result, what a learner may change, and where to go."""
