"""One file per command: its options, and what it prints.

PyTorch takes seconds to load, so a command imports what needs it when it runs: `--help` doesn't wait.
"""
