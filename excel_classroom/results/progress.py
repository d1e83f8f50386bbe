"""A run over many files: several at a time, with the results so far on the disk.

After Ctrl-C, or worse, a run with --resume goes on from there.
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Lock
from typing import Any, TypeVar

from excel_export.shared.errors import UserError
from excel_export.shared.files import failure_words
from excel_export.shared.sandbox import NotGraded, end_all

Item = TypeVar("Item")
Found = TypeVar("Found")
Remembered = Callable[[Path, object, Callable[[], dict[str, Any]]], dict[str, Any]]
"""A function from a file, the options as JSON types and a computation to the computation's result, perhaps an earlier
one."""


def each_of(do: Callable[[Item], Found], items: Iterable[Item], took: Callable[[Found], None], threads: int) -> None:
    """Call do(item) for each item in `threads` threads, and took(result) in this one, as soon as each is ready.

    Results come in any order. If one of them raises an error, the processes that run for other items are ended, and the
    error is raised.
    """
    with ThreadPoolExecutor(threads) as pool:
        waiting = [pool.submit(do, item) for item in items]
        try:
            for each in as_completed(waiting):
                took(each.result())
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            end_all()
            raise


@contextmanager
def remembering(table: Path, *, resume: bool) -> Iterator[Remembered]:
    """Return a context that gives a function which stores what it computes, so that a stopped run can be resumed.

    In `with remembering(table, resume=True) as remembered:`, `remembered(path, options, compute)` returns `compute()`,
    a dict, or what was stored for the same content of the file and equal `options`. It raises `NotGraded` for a file
    that can't be read. The store, '.grades.progress' beside grades.csv, is deleted when the block ends without error.

    Args:
        table: the path of grades.csv.
        resume: True to use what a former run stored, False to begin anew.

    Raises:
        UserError: nothing can be written there.
    """
    kept, lock = table.with_name(f".{table.stem}.progress"), Lock()
    known: dict[str, Any] = {}
    if resume and kept.exists():
        for line in kept.read_bytes().splitlines():
            with suppress(ValueError, KeyError, TypeError):  # the last line of a process that was killed
                read = json.loads(line)
                known[read["job"]] = read["answer"]
    try:
        file = kept.open("ab" if resume else "wb")
    except OSError as error:
        raise UserError(f"can't write {kept}: {failure_words(error)}") from None

    def remembered(path: Path, what: object, compute: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        digest = hashlib.sha256(json.dumps(what, sort_keys=True).encode())
        try:
            digest.update(path.read_bytes())
        except OSError as error:
            raise NotGraded(f"can't be read ({error.strerror or error})") from None
        name = digest.hexdigest()
        if name not in known:
            answer = compute()
            line = json.dumps({"job": name, "answer": answer}).encode() + b"\n"
            with lock:
                known[name] = answer
                file.write(line)
                file.flush()
        return dict(known[name])

    with file:
        yield remembered
    kept.unlink(missing_ok=True)
