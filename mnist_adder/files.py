"""Writing files so that nobody ever sees half of one."""

from pathlib import Path

from excel_export.files import replacing, temporary_beside
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
