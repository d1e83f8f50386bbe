"""Where and how everything is computed: the device, the precision, one process or several.

Nothing in this room changes a result by more than rounding does.
"""
