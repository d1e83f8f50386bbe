"""A lock on a folder, so that two trainings never write into the same one."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from excel_export.shared.errors import UserError
from excel_export.shared.files import make_directory

if sys.platform != "win32":
    import fcntl


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Make a folder unless it is there, and keep other trainings out of it until the end.

    The system releases the lock when the process ends, in whatever way. There is none on Windows, nor in a network
    folder without locks. A folder that was made and is still empty at the end is removed.

    Raises:
        UserError: another training holds it, or it can't be written to.
    """
    made = [path for path in (folder, *folder.parents) if not path.exists()]
    make_directory(folder)
    descriptor = None
    try:
        if sys.platform != "win32":
            descriptor = os.open(folder, os.O_RDONLY)
            _lock(descriptor, folder)
        yield
    finally:
        if descriptor is not None:
            os.close(descriptor)
        for path in made:
            with suppress(OSError):  # something was written to it
                path.rmdir()


def _lock(descriptor: int, folder: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise UserError(
            f"another training is writing to {folder}: wait until it has ended, or name another folder with --out"
        ) from None
    except OSError:  # this file system has no locks
        pass
