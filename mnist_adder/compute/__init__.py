"""Where and how everything is computed: the device, the precision, and steps that are recorded.

Nothing in this room changes a result by more than rounding does.
"""
