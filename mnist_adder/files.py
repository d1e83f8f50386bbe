"""Writing files so that nobody ever sees half of one, and reading only what is a file."""

import os
from pathlib import Path

from excel_export.shared.files import replacing, temporary_beside
from mnist_adder.errors import UserError


def make_directory(path: Path) -> None:
    """Make sure that the directory exists and can be written to; UserError when not."""
    try:
        path.mkdir(parents=True, exist_ok=True)
        with temporary_beside(path / "directory"):
            pass
    except OSError as error:
        raise UserError(f"can't write to the directory {path}: {error.strerror or error}") from None


def write_atomically(path: Path, content: bytes) -> None:
    """Write the whole file or leave what was there; UserError, naming the file, when it can't be written."""
    try:
        with replacing(path) as file:
            file.write(content)
    except OSError as error:
        raise UserError(f"can't write {path}: {error.strerror or error}") from None


def refuse_pipe(path: Path) -> None:
    """Raise UserError when it is a pipe or a device, which may never end; what isn't there is left to who opens it."""
    if os.path.exists(path) and not os.path.isfile(path) and not os.path.isdir(path):
        raise UserError(f"{path} is a pipe or a device, not a file")
