"""What both packages need: errors, files written whole, the terminal."""
