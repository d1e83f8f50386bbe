"""The Explain sheet: any element of any gradient as the full list of its terms, from the tables of the Lens."""
