"""The Explain sheet: any number, forward or backward, as the full list of what it comes from."""
