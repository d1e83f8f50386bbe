"""The commands, one file each: its options, and what it prints.

PyTorch takes seconds to load. So a command imports what needs it only when it runs, and `--help` is fast.
"""
