"""Trains a network that reads a digit and adds a number to it.

The rooms, from the bottom to the top; each imports only from those before it:

    data        the images, and how they become batches
    compute     the device, the precision, and steps that are recorded
    network     the layers, the loss, the answers, the checkpoints
    training    recipes, the training loop, the run folder
    distillation  a small network that a large one teaches
    report      the pictures of a training
    workbook    the teaching workbook
    commands    one file for each command
"""
