"""The Lens: the whole of one step on one screen."""
