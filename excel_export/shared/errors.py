"""The errors that a user can cause and correct."""


class UserError(Exception):
    """An error in what the user gave: UserError("there is no sheet 'Net': …"), one line with what to do about it."""

    def __init__(self, message: str) -> None:
        super().__init__(" ".join(message.splitlines()))  # the names of classes and parameters may hold anything


class ExportError(UserError):
    """A module or a workbook that cannot be exported or read: ExportError("'x' is sparse: give x.to_dense()")."""


class UnsupportedOperator(ExportError):
    """Raised if no file in excel_export/ops/ covers an operator of the module, torch.linalg.svd, or its setting."""


def first_line(error: Exception) -> str:
    r"""Return the first line of an error's message without a full stop at its end; its class if it has none.

    Example:
        >>> first_line(ValueError("no number.\nmore"))
        'no number'
    """
    return (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")
