"""What to do, behind a colon, where a file can't be checked whole: for who runs the command. A student can't do it."""

FEWER = "name what to check with --loss, --claims and --of"
MORE_TIME = "allow more with --seconds, or name what to check with --loss, --claims and --of"
MORE_TIME_FOR_GRADIENTS = "allow more with --seconds, or name some with --loss, --claims and --of"
MORE_TIME_FOR_LOSSES = "allow more with --seconds, or name one with --loss, --claims and --of"
WHICH_LOSS = "name it with --loss"


def without_advice(words: str) -> str:
    """What is the matter, and no more."""
    for advice in (FEWER, MORE_TIME, MORE_TIME_FOR_GRADIENTS, MORE_TIME_FOR_LOSSES, WHICH_LOSS):
        words = words.removesuffix(f": {advice}")
    return words
