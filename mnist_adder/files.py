"""Writing files so that nobody ever sees half of one."""

import os
import tempfile
from pathlib import Path

from mnist_adder.errors import UserError


def make_directory(path: Path) -> None:
    """Make sure that the directory exists and can be written to; UserError when not."""
    try:
        path.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path):
            pass
    except OSError as error:
        raise UserError(f"can't write to the directory {path}: {error.strerror}") from None


def write_atomically(path: Path, content: bytes) -> None:
    """Write the whole file or leave what was there; UserError, naming the file, when it can't be written."""
    temporary = None
    try:
        # In the same directory, because a file can be renamed in one step only within its file system.
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
            temporary = Path(file.name)
            file.write(content)
        # The temporary file is private; the result gets the permissions of any other new file.
        temporary.chmod(0o666 & ~_umask())
        os.replace(temporary, path)
    except OSError as error:
        raise UserError(f"can't write {path}: {error.strerror}") from None
    finally:
        if temporary is not None:
            temporary.unlink(missing_ok=True)


def _umask() -> int:
    # The only portable way to read it is to set it.
    umask = os.umask(0)
    os.umask(umask)
    return umask
