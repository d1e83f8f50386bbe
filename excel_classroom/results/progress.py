"""A run over many files: several at a time, and what has been computed so far stands on the disk.

After Ctrl-C, or worse, a run with --resume goes on from there.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import IO, Any, TypeVar

from excel_export.shared.errors import UserError
from excel_export.shared.files import why
from excel_export.shared.sandbox import NotGraded, end_all

Item = TypeVar("Item")
Found = TypeVar("Found")


def each_of(do: Callable[[Item], Found], items: Iterable[Item], took: Callable[[Found], None], threads: int) -> None:
    """Do something with each item, several at a time; `took` is told what came out, in any order, in this thread.

    Whatever breaks it off ends the processes that the other threads wait for.
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


class Progress:
    """Remembers answers."""

    def __init__(self, table: Path, *, resume: bool) -> None:
        """Take the answers of a former run, where they are wanted."""
        self._path, self._lock = table.with_name(f".{table.stem}.progress"), Lock()
        self._known: dict[str, Any] = {}
        if resume and self._path.exists():
            for line in self._path.read_bytes().splitlines():
                try:
                    read = json.loads(line)
                    self._known[read["job"]] = read["answer"]
                except (ValueError, KeyError, TypeError):
                    continue  # the last line of a process that was killed
        self._mode = "ab" if resume else "wb"
        self._file: IO[bytes] | None = None

    def __enter__(self) -> Progress:
        try:
            self._file = self._path.open(self._mode)
        except OSError as error:
            raise UserError(f"can't write {self._path}: {why(error)}") from None
        return self

    def __exit__(self, kind: type[BaseException] | None, value: object, trace: TracebackType | None) -> None:
        if self._file:
            self._file.close()
        if kind is None:  # all is done
            self._path.unlink(missing_ok=True)

    def remembered(self, path: Path, what: object, compute: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        """Compute an answer, or answer as before for the same file and the same question, which JSON can hold.

        Raises:
            NotGraded: the file can't be read.
        """
        digest = hashlib.sha256(json.dumps(what, sort_keys=True).encode())
        try:
            digest.update(path.read_bytes())
        except OSError as error:
            raise NotGraded(f"can't be read ({error.strerror or error})") from None
        name = digest.hexdigest()
        if name not in self._known:
            answer = compute()
            line = json.dumps({"job": name, "answer": answer}).encode() + b"\n"
            with self._lock:
                self._known[name] = answer
                if self._file:
                    self._file.write(line)
                    self._file.flush()
        return dict(self._known[name])
