"""Read only what is a file, and no more of it than makes sense."""

import os
from pathlib import Path

from excel_export.shared.errors import ExportError, UserError


def refuse_pipe(path: Path) -> None:
    """Refuse a pipe or a device, which may never end.

    A path where nothing is, or a directory, passes: opening it gives a better error.

    Raises:
        UserError: the path is a pipe or a device.
    """
    if os.path.exists(path) and not os.path.isfile(path) and not os.path.isdir(path):
        raise UserError(f"{path} is a pipe or a device, not a file")


def read_text(path: Path, most: int, what: str, encoding: str = "utf-8-sig") -> str:
    """Read a small file of text; by default UTF-8, with or without a mark at its beginning.

    Raises:
        ExportError: it is larger than `most` bytes, or cannot be read; `what` says what it should be, such as 'rubric'.
        UnicodeDecodeError: it has another encoding.
    """
    return read_bytes(path, most, what).decode(encoding).replace("\r\n", "\n")


def read_bytes(path: Path, most: int, what: str) -> bytes:
    """Read a small file.

    Raises:
        ExportError: it is larger than `most` bytes, or cannot be read; `what` says what it should be.
    """
    try:
        if path.stat().st_size > most:
            raise ExportError(f"{path}: too large for a {what}")
        return path.read_bytes()
    except OSError as error:
        raise ExportError(f"{path}: cannot read the {what} ({error.strerror or error})") from None
