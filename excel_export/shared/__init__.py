"""What all packages use: errors, atomic writing of files, the terminal."""
