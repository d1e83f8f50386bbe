"""Errors that a user can mend."""


class UserError(Exception):
    """Something the user gave is wrong; the message is one line that says what, and what to do about it."""
