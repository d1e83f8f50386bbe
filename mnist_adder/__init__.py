"""The reference trainer: a network that reads a digit and adds a number to it.

The rooms, from the bottom to the top; each imports only from those before it:

    data        the images, and how they become batches
    compute     the device, the precision, one process or several
    network     the layers, the loss, the answers, the checkpoints
    training    recipes, the training loop, the run folder
    report      the pictures of a training
    workbook    the teaching workbook
    commands    one file for each command
"""
