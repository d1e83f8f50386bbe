"""The errors that a user can cause and correct."""


class UserError(Exception):
    """An error in what the user gave. The message is one line: what is wrong, and what to do about it."""

    def __init__(self, message: str) -> None:
        super().__init__(" ".join(message.splitlines()))  # the names of classes and parameters may hold anything


class ExportError(UserError):
    """A module or a workbook that cannot be exported or read as it is."""


class UnsupportedOperator(ExportError):
    """The module uses an operator, or a setting of one, that no file under `excel_export/ops/` covers."""


def first_line(error: Exception) -> str:
    r"""Return the first line of an error's message without a full stop at its end, or the error's class if it has no
    message.

    Example:
        >>> first_line(ValueError("no number.\nmore"))
        'no number'
    """
    return (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")
