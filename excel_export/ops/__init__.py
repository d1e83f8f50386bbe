"""One file per operator: its forward formula, its backward formula, and the words that explain both."""
