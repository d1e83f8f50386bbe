"""Write a file whole or not at all, whatever happens: an error, a full disk, Ctrl-C, kill -9, a power cut.

The content goes into a temporary file beside the target (a rename within one file system is a single step), is
forced onto the disk, and is then renamed over the target.

A run that is killed can't remove its temporary file, so the next one that writes the same target does. It must spare
those of runs that are still at work. A process id in the name wouldn't tell: ids are used again, and mean nothing to
another host or container. So a run holds a lock on its temporary file for as long as it works, which the system
releases when the process dies, however it dies: what can be locked is nobody's. Windows has no such lock and needs
none: there, a file that somebody holds open can't be removed. In a network folder without locks, nothing is removed.
"""

from __future__ import annotations

import errno
import os
import re
import secrets
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import BufferedWriter
from pathlib import Path

from excel_export.shared.errors import UserError

if sys.platform != "win32":
    import fcntl

# Names may have 255 bytes, and fewer on some encrypted file systems; the random part comes on top.
LONGEST_TAIL = 100


def write_atomically(path: Path, content: bytes) -> None:
    """Write the whole file, or leave what was there.

    Raises:
        UserError: the file can't be written; it names the file.
    """
    try:
        with replacing(path) as file:
            file.write(content)
    except OSError as error:
        raise UserError(f"can't write {path}: {error.strerror or error}") from None


def make_directory(path: Path) -> None:
    """Make the directory, unless it is there, and try to write to it.

    Raises:
        UserError: it can't be made, or can't be written to.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
        with temporary_beside(path / "directory"):
            pass
    except OSError as error:
        raise UserError(f"can't write to the directory {path}: {error.strerror or error}") from None


@contextmanager
def replacing(path: Path) -> Iterator[BufferedWriter]:
    """Yield a new file that takes the place of the one at `path` on success, and vanishes on failure.

    A link is followed: what it points to is replaced. The permissions of a file that is there are kept. What is
    yielded lies on the disk, under its `name`, which has the suffix of what it
    replaces.

    Raises:
        OSError: `path` can't be written, is a folder, or is no ordinary file; whatever was there is as it was.
    """
    target = Path(os.path.realpath(path))
    _check(target)
    with temporary_beside(target) as file:
        if target.exists():
            # A rename would replace even a read-only file. And on Windows, one that is open elsewhere fails here,
            # before the work, not after it.
            target.open("r+b").close()
            shutil.copymode(target, file.name)
        yield file
        file.flush()
        os.fsync(file.fileno())
        if sys.platform == "win32":
            file.close()  # no open file can be renamed there
        os.replace(file.name, target)
        _sync_folder(target.parent)


@contextmanager
def temporary_beside(target: Path) -> Iterator[BufferedWriter]:
    """Yield a new file in the folder of `target`, and remove it at the end; remove those of dead runs first.

    Raises:
        OSError: the folder isn't there or can't be written.
    """
    tail = os.fsencode(target.name)[-LONGEST_TAIL:].decode(errors="ignore")
    _sweep(target.parent, tail)
    while True:
        temporary = target.parent / f".tmp-{secrets.token_hex(8)}-{tail}"
        try:
            with open(str(temporary), "xb") as file:
                # Between the creation and the lock, another run may have taken the file for a dead run's.
                if _lock(file.fileno()) and temporary.exists():
                    yield file
                    return
        finally:
            with suppress(OSError):
                temporary.unlink()


def _check(target: Path) -> None:
    if target.is_symlink():
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
    if target.is_dir():
        raise IsADirectoryError(errno.EISDIR, "it is a folder: name a file")
    if not target.parent.is_dir():
        raise FileNotFoundError(errno.ENOENT, f"there is no folder {target.parent}")
    if target.exists() and not target.is_file():
        raise OSError(errno.EINVAL, "it is no ordinary file")


def _sweep(folder: Path, tail: str) -> None:
    """Remove the temporary files of dead runs, as far as that is possible."""
    ours = re.compile(rf"\.tmp-[0-9a-f]{{16}}-{re.escape(tail)}")
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if ours.fullmatch(entry.name) and entry.is_file(follow_symlinks=False):
                with suppress(OSError):
                    _remove_if_dead(entry.path)


def _remove_if_dead(path: str) -> None:
    if sys.platform == "win32":
        os.unlink(path)
        return
    with open(path, "r+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.unlink(path)


def _lock(descriptor: int) -> bool:
    """Lock a new file; False when another run was faster. Without locks there is nobody to lose it to."""
    if sys.platform != "win32":
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError:
            pass
    return True


def _sync_folder(folder: Path) -> None:
    """Force the rename onto the disk, where the system can."""
    if sys.platform != "win32":
        with suppress(OSError):
            descriptor = os.open(folder, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
