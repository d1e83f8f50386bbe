"""The Explain sheet: any number, forward or backward, as the full list of the terms from which it is computed."""
