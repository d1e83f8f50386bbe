"""Read ordinary files only, and no larger ones than make sense."""

import os
from pathlib import Path

from excel_export.shared.errors import ExportError, UserError


def refuse_pipe(path: Path) -> None:
    """Refuse a path that is a pipe or a device, such as '/dev/zero', which may never end.

    A folder, or a path where nothing is, is not refused here: opening it gives a better error.

    Raises:
        UserError: the path is a pipe or a device.
    """
    if os.path.exists(path) and not os.path.isfile(path) and not os.path.isdir(path):
        raise UserError(f"{path} is a pipe or a device, not a file")


def read_text(path: Path, most: int, what: str, encoding: str = "utf-8-sig") -> str:
    """Return the text of a small file; by default UTF-8, with or without a byte order mark.

    Args:
        path: the file.
        most: the largest size, in bytes.
        what: the kind of file, for errors, such as 'rubric'.
        encoding: of the text.

    Raises:
        ExportError: it is larger than `most` bytes, or cannot be read.
        UnicodeDecodeError: it has another encoding.
    """
    return read_bytes(path, most, what).decode(encoding).replace("\r\n", "\n")


def read_bytes(path: Path, most: int, what: str) -> bytes:
    """Return the content of a small file.

    Args:
        path: the file.
        most: the largest size, in bytes.
        what: the kind of file, for errors, such as 'rubric'.

    Raises:
        ExportError: the file is larger than `most` bytes, or cannot be read.
    """
    try:
        if path.stat().st_size > most:
            raise ExportError(f"{path}: too large for a {what}")
        return path.read_bytes()
    except OSError as error:
        raise ExportError(f"{path}: cannot read the {what} ({error.strerror or error})") from None
