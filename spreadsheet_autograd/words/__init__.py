"""What was found, as JSON and in words."""
