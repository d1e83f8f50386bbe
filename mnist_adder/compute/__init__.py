"""Device, precision, and recorded training steps.

Nothing in this room changes a result by more than rounding does.
"""
