"""Many steps of learning: the sheets Training, Training steps, Learning rates, Rate steps and Examples.

A training is a table with one row a step: the inputs (`feed`), the loss, the parameters before and after.
"""
