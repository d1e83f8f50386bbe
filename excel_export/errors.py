"""What can go wrong for reasons a user can mend."""


class ExportError(Exception):
    """An error the user caused: one line that says what is wrong and what to do."""

    def __init__(self, message: str) -> None:
        super().__init__(" ".join(message.splitlines()))  # the names of classes and parameters may hold anything


class UnsupportedOperator(ExportError):
    """The module uses an operator, or a setting of one, that no file under `excel_export/ops/` covers."""
