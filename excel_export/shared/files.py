"""Write a file whole or not at all, whatever happens: an error, a full disk, Ctrl-C, kill -9, a power cut.

The content is written to a temporary file beside the target and forced onto the disk. Then the file is renamed over
the target, which is a single step within one file system.

A process that is killed can't remove its temporary file, so the next one that writes the same target does. It must not
remove those of processes that are still working. A process id in the name would not help: ids are used again, and mean
nothing on another host or in a container. So each process locks its temporary file, and the system releases the lock
when the process ends, in whatever way: a file that can be locked belongs to nobody. Windows has no such lock and needs
none, because there an open file can't be removed. In a network folder without locks, nothing is removed.
"""

import errno
import os
import re
import secrets
import shutil
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from io import BufferedWriter
from pathlib import Path

from excel_export.shared.errors import UserError

if sys.platform != "win32":
    import fcntl

LONGEST_TAIL = 100
"""The bytes of the target's name that a temporary file's name ends with. A name may have 255 bytes, fewer on some
encrypted file systems; the random part comes in addition."""
_DEVICES = re.compile(r"(?:con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])(?=\.|$)", re.I)


def no_device(stem: str) -> str:
    """Return a file's stem, with an underscore before it if Windows reserves the name for a device.

    Example:
        >>> no_device("con"), no_device("convolution")
        ('_con', 'convolution')
    """
    return f"_{stem}" if _DEVICES.match(stem) else stem


def failure_words(error: OSError) -> str:
    """Return the reason why a file can't be written, with advice if another program may have it open.

    Example:
        >>> failure_words(PermissionError(13, "Permission denied"))
        'Permission denied; if it is open in another program, close it there'
    """
    advice = "; if it is open in another program, close it there" if isinstance(error, PermissionError) else ""
    return f"{error.strerror or error}{advice}"


def write_atomically(path: Path, content: bytes, *, mode: int | None = None) -> None:
    """Write a whole file, or leave the one that is there unchanged.

    Args:
        path: the file.
        content: its bytes.
        mode: its permissions, such as 0o600, where the system has them; None for those of the file that is replaced, or
            of any new file.

    Raises:
        UserError: the file can't be written; the message names it.
    """
    write_together({path: content}, mode=mode)


def write_together(contents: Mapping[Path, bytes], *, mode: int | None = None) -> None:
    """Write several whole files, so that each is the old one or the new one, also after a crash.

    All contents are on the disk before the first file is replaced. Files are replaced in their order: so the last one
    can show that all are complete.

    Args:
        contents: the bytes of each file, by its path.
        mode: the permissions of all of them, such as 0o600; None for those of the old file, or of any new file.

    Raises:
        UserError: a file can't be written; the message names it.
    """
    path = Path()
    try:
        with ExitStack() as stack:
            new: dict[Path, tuple[BufferedWriter, Path]] = {}
            for path, content in contents.items():
                file, target = new[path] = stack.enter_context(_new_file(path))
                if mode is not None:
                    os.chmod(file.name, mode)
                file.write(content)
                file.flush()
            for path, (file, _) in new.items():  # noqa: B007 - the message below names it
                os.fsync(file.fileno())
            for path, (file, target) in new.items():  # noqa: B007
                _rename(file, target)
            for folder in {target.parent for _, target in new.values()}:
                _sync_folder(folder)
    except OSError as error:
        raise UserError(f"can't write {path}: {failure_words(error)}") from None


def make_directory(path: Path) -> None:
    """Create a directory, 'out', with its parents, if it is not there, and make sure that files can be written to it.

    Raises:
        UserError: it can't be created, or can't be written to.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
        with temporary_beside(path / "directory"):
            pass
    except OSError as error:
        raise UserError(f"can't write to the directory {path}: {error.strerror or error}") from None


@contextmanager
def replacing(path: Path) -> Iterator[BufferedWriter]:
    """Open a new file that replaces the one at `path` at the end of the `with` block, or is removed if the block fails.

    Args:
        path: the file to replace. Its permissions stay; if it is a link, the file that it points to is replaced.

    Yields:
        The new file, open for writing bytes. Its `name` is its path, with the same suffix as `path`.

    Raises:
        OSError: `path` can't be written, is a folder, or is no ordinary file; what was there is unchanged.
    """
    with _new_file(path) as (file, target):
        yield file
        file.flush()
        os.fsync(file.fileno())
        _rename(file, target)
        _sync_folder(target.parent)


@contextmanager
def _new_file(path: Path) -> Iterator[tuple[BufferedWriter, Path]]:
    target = Path(os.path.realpath(path))
    _check(target)
    with temporary_beside(target) as file:
        if target.exists():
            # A rename would replace even a read-only file. And on Windows, one that is open elsewhere fails here,
            # before the work, not after it.
            target.open("r+b").close()
            shutil.copymode(target, file.name)
        yield file, target


def _rename(file: BufferedWriter, target: Path) -> None:
    if sys.platform == "win32":
        file.close()  # no open file can be renamed there
    os.replace(file.name, target)


@contextmanager
def temporary_beside(target: Path) -> Iterator[BufferedWriter]:
    """Open a new file beside `target`, .tmp-0f…-net.xlsx, to write bytes; it is removed at the end of the `with` block.

    Temporary files for the same target that ended processes left behind are removed first.

    Raises:
        OSError: the folder isn't there or can't be written.
    """
    tail = os.fsencode(target.name)[-LONGEST_TAIL:].decode(errors="ignore")
    _sweep(target.parent, tail)
    while True:
        temporary = target.parent / f".tmp-{secrets.token_hex(8)}-{tail}"
        try:
            with open(str(temporary), "xb") as file:
                # Before it was locked, another process may have removed the file.
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
    """Lock a new file; False when another process was faster, which can't be where there are no locks."""
    if sys.platform != "win32":
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError:
            pass
    return True


def _sync_folder(folder: Path) -> None:
    if sys.platform != "win32":
        with suppress(OSError):
            descriptor = os.open(folder, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
