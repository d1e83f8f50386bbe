"""The results of a check as JSON and as sentences."""
