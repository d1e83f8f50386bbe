"""The files that were handed in: from a folder, the zip of a learning platform, or zips within both.

A zip is unpacked into a temporary folder, in pieces and within one budget of bytes; no name in it decides a path on the
disk. An .ods file is saved as .xlsx by LibreOffice, if it is installed.
"""

import os
import shutil
import stat
import zipfile
from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory

from excel_classroom.practice.class_list import numbered
from excel_classroom.practice.processes import cores
from excel_classroom.results.handed_in import CANVAS, HandedIn
from excel_classroom.results.pages import GENERATOR, REPORT, TERM
from excel_classroom.results.tables import clean
from excel_export.shared.errors import ExportError
from excel_export.workbook.package import DAMAGED, FREE, MOST_TIMES, PIECE, BoundedFile
from spreadsheet_autograd.libreoffice import as_xlsx

MOST_FILES = 10_000
"""The number of files in a folder, or in zips, from which on it is the wrong folder."""
DEEPEST = 3
"""The number of zips within one another that are unpacked."""
HIDDEN = (".", "~$", "Thumbs.db", "desktop.ini", "__MACOSX")
"""The beginnings of the names of files that are passed over."""
UNREADABLE = "a zip that can't be read: it is damaged, has a password, or holds far more than its size"
SLIPS = "slips.csv"
"""The table of slips in the report of `check`."""
SLIP_FORMULA = "the right formula there"
"""A title in that table, by which it is recognised."""


@contextmanager
def submissions_in(source: Path, ours: Collection[Path] = ()) -> Iterator[tuple[list[HandedIn], list[str]]]:
    """Yield the files of a folder or a zip, and lines about what was skipped: ['report: a report of this program'].

    It is for a `with` block, at whose end unpacked files are deleted. `ours` are the paths that this program writes,
    which are no submissions.

    Raises:
        ExportError: there is no such folder or zip, or it holds no file, or far too many.
    """
    with TemporaryDirectory(prefix="excel-export-", ignore_cleanup_errors=True) as folder:
        if source.suffix.lower() == ".zip" and source.is_file():
            found, skipped = [HandedIn(source, source.name)], list[str]()
        else:
            found, skipped = files_in(source, ours)
        files = _Unpacking(Path(folder), sum(each.path.lstat().st_size for each in found)).files(found)
        if found[0].path == source and files and files[0].path == source:
            raise ExportError(f"{source}: {UNREADABLE}")
        if not files:
            raise ExportError(f"{source}: holds no file")
        with ThreadPoolExecutor(cores()) as pool:
            yield [*pool.map(lambda each: _as_workbook(each, Path(folder)), files)], skipped


def files_in(folder: Path, ours: Collection[Path] = ()) -> tuple[list[HandedIn], list[str]]:
    """Return the files in a folder and below, in order: [HandedIn(path, 'Ada/week3.xlsx')], and what was skipped.

    `ours` are the paths that this program writes, which are passed over.

    Raises:
        ExportError: there is no such folder, or it holds no file, or far too many.
    """
    if not folder.is_dir():
        raise ExportError(f"{folder}: no such folder")
    own, found, skipped = {path.resolve() for path in ours}, list[Path](), list[str]()
    for where, folders, names in os.walk(folder):
        for name in [*folders]:
            path = Path(where, name)
            if path.is_symlink():
                found.append(path)  # it gets a line, but is not followed
            elif path.resolve() in own or _is_report(path):
                folders.remove(name)
                skipped.append(f"{_shown(path, folder)}: a report of this program")
        paths = (Path(where, name) for name in names)
        found += [path for path in paths if not path.name.startswith(HIDDEN) and path.resolve() not in own]
        if len(found) > MOST_FILES:
            raise ExportError(f"{folder}: holds more than {MOST_FILES:,} files")
    if not found:
        raise ExportError(f"{folder}: holds no file")
    return [HandedIn(path, _shown(path, folder)) for path in sorted(found, key=os.fsencode)], skipped


def _is_report(folder: Path) -> bool:
    for name, sign in ((REPORT, GENERATOR), (TERM, GENERATOR), (SLIPS, SLIP_FORMULA)):
        with suppress(OSError), (folder / name).open("rb") as page:
            return sign.encode() in page.read(1000)
    return False


def _shown(path: Path, folder: Path) -> str:
    return clean(os.fsencode(path.relative_to(folder)).decode("utf-8", "replace"))


class _Unpacking:
    def __init__(self, folder: Path, size: int) -> None:
        self._folder, self._budget, self._count = folder, FREE + MOST_TIMES * size, 0
        self._names: set[str] = set()

    def files(self, found: Sequence[HandedIn], depth: int = 0) -> list[HandedIn]:
        files: list[HandedIn] = []
        for each in found:
            is_zip = each.path.suffix.lower() == ".zip" and not each.path.is_symlink() and not each.problem
            inside = self._unpacked(each) if is_zip else None
            if inside is not None and depth < DEEPEST:
                files += self.files(inside, depth + 1)
                continue
            name = numbered(each.name, f"{each.name} (", ")", self._names.__contains__)
            self._names.add(name)
            files.append(HandedIn(each.path, name, problem=UNREADABLE if is_zip else each.problem))
        return files

    def _unpacked(self, bundle: HandedIn) -> list[HandedIn] | None:
        name = PurePosixPath(bundle.name)
        # A platform's own zip is a folder as any other. In a student's zip the name says whose it is.
        home = name if len(name.parts) > 1 or CANVAS.match(name.name) else PurePosixPath()
        found: list[HandedIn] = []
        try:
            with BoundedFile(open(bundle.path, "rb", buffering=0)) as file, zipfile.ZipFile(file) as package:
                for entry in package.infolist():
                    inside = PurePosixPath(clean(entry.filename.replace("\\", "/")))
                    parts = [part for part in inside.parts if part not in ("/", "..")]
                    if entry.is_dir() or not parts or any(part.startswith(HIDDEN) for part in parts):
                        continue
                    self._count += 1
                    if self._count > MOST_FILES:
                        raise ExportError("too many files")
                    path = self._folder / f"{self._count}{PurePosixPath(parts[-1]).suffix[:8].lower()}"
                    is_link = stat.S_ISLNK(entry.external_attr >> 16)
                    if not is_link:
                        if entry.file_size > self._budget:
                            raise ExportError("too large")
                        self._budget -= entry.file_size  # zipfile gives no more than the entry declares
                        with package.open(entry) as old, path.open("wb") as new:
                            shutil.copyfileobj(old, new, PIECE)
                    problem = "a link, no file: it is not followed" if is_link else ""
                    found.append(HandedIn(path, home.joinpath(*parts).as_posix(), problem=problem))
        except (*DAMAGED, OSError, ExportError):
            return None
        return sorted(found, key=lambda each: each.name)


def _as_workbook(each: HandedIn, folder: Path) -> HandedIn:
    if each.problem or each.path.suffix.lower() != ".ods" or each.path.is_symlink():
        return each
    try:
        return replace(each, path=as_xlsx(each.path, folder))
    except ExportError as error:
        return replace(each, problem=str(error))
