"""Private files, such as keys, solutions, grades and reports: their owner alone may read them, on systems with file
modes.
"""

from pathlib import Path

from excel_export.shared.files import make_directory, write_atomically

FILE = 0o600
"""The mode of a private file: its owner reads and writes it."""
FOLDER = 0o700
"""The mode of a private folder: its owner alone may look into it."""


def write_private(path: Path, content: bytes) -> None:
    """Write a whole file that its owner alone may read (mode 0o600), or leave the old one unchanged.

    Raises:
        UserError: the file cannot be written.
    """
    write_atomically(path, content, mode=FILE)


def make_private_directory(path: Path) -> None:
    """Make a directory for its owner alone (mode 0o700); the mode of one that exists already is not changed.

    Raises:
        UserError: it cannot be made, or cannot be written to.
    """
    is_new = not path.exists()
    make_directory(path)
    if is_new:
        path.chmod(FOLDER)
