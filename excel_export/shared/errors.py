"""Errors that a user can mend, of both packages."""


class UserError(Exception):
    """Something the user gave is wrong: one line that says what, and what to do about it."""

    def __init__(self, message: str) -> None:
        super().__init__(" ".join(message.splitlines()))  # the names of classes and parameters may hold anything


class ExportError(UserError):
    """A module, or a workbook, that cannot be exported or read as it is."""


class UnsupportedOperator(ExportError):
    """The module uses an operator, or a setting of one, that no file under `excel_export/ops/` covers."""


def first_line(error: Exception) -> str:
    """Return the first line of an error's message, without a closing full stop."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")
