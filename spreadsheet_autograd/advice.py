"""Advice at the end of an error message, for the person who runs the command."""

FEWER = "name what to check with --loss, --claims and --of"
MORE_TIME = "allow more with --seconds, or name what to check with --loss, --claims and --of"
MORE_TIME_FOR_GRADIENTS = "allow more with --seconds, or name some with --loss, --claims and --of"
MORE_TIME_FOR_LOSSES = "allow more with --seconds, or name one with --loss, --claims and --of"
WHICH_LOSS = "name it with --loss"
