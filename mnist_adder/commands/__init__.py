"""The commands of `mnist-adder`, one file each.

PyTorch takes seconds to load. So a command imports what needs it only when it runs, and `--help` is fast.
"""
