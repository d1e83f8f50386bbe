"""The findings as text and as JSON."""
