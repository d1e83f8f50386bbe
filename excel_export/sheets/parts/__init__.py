"""What several sheets are made of."""
