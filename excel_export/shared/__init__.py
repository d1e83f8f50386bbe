"""Helpers that all packages use: errors, atomic writing of files, cells and formulas, the terminal, the sandbox."""
