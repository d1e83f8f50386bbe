"""What all packages need: errors, files written whole, the terminal."""
