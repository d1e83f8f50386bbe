"""Keys, solutions, grades and reports: only their owner may read them, where the system knows that."""

from pathlib import Path

from excel_export.shared.files import make_directory, write_atomically

FILE = 0o600
"""The mode of a private file: its owner reads and writes it."""
FOLDER = 0o700
"""The mode of a private folder: its owner alone may look into it."""


def write_private(path: Path, content: bytes) -> None:
    """Write the whole file, or leave what was there; nobody but its owner may read it.

    Raises:
        UserError: the file can't be written; it names the file.
    """
    write_atomically(path, content, mode=FILE)


def make_private_directory(path: Path) -> None:
    """Make the directory for its owner alone; one that is there already keeps who may look into it.

    Raises:
        UserError: it can't be made, or can't be written to.
    """
    is_new = not path.exists()
    make_directory(path)
    if is_new:
        path.chmod(FOLDER)
