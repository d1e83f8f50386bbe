"""What is given out: one practice workbook, or one for each student of a class, and the key that a teacher keeps."""

from __future__ import annotations

import csv
import io
import re
import secrets
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from excel_export.practice.exercise import Exercise, make_exercise
from excel_export.practice.key import Key, Options, Student, fingerprint, load
from excel_export.practice.source import Network, digest_of
from excel_export.shared.errors import ExportError
from excel_export.shared.files import make_directory, write_atomically
from excel_export.shared.reading import read_text

SOLUTIONS = "solutions"
"""The folder of the workbooks that are filled in."""
MOST_STUDENTS, LONGEST_NAME, LARGEST_LIST = 2_000, 60, 1 << 20
_HEADS = {"name", "names", "student", "students"}


@dataclass(frozen=True)
class Handout:
    """Makes the files of one exercise."""

    network: Network
    title: str
    key: Key

    def make(self, variant: str) -> Exercise:
        """Make the workbook of a variant; '' has the network's own numbers.

        Raises:
            ExportError: see `make_exercise`.
        """
        graph = self.network.variant(self.key.secret, variant).graph
        return make_exercise(graph, self.key.options, self.key.secret, variant, self.title)

    def write_one(self, path: Path, variant: str, solution: Path | None, *, keep: bool = False) -> Student:
        """Write one workbook, unless it is kept, and where it is asked for, its solution."""
        exercise = self.make(variant)
        if solution:
            write_atomically(solution, exercise.solution)
        if not keep:
            write_atomically(path, exercise.workbook)
        return _student(self.key.secret, variant, path, exercise)

    def given_out(self, folder: Path, names: Sequence[str]) -> set[str]:
        """Tell whose workbooks are in a folder already: they may hold work.

        Raises:
            ExportError: one of these files is none of this key's.
        """
        known = {student.variant for student in self.key.students}
        files = dict(zip(names, file_names(names), strict=True))
        there = {name for name in names if (folder / files[name]).exists()}
        if there - known:
            stranger = folder / files[min(there - known)]
            raise ExportError(f"{stranger} is there already, and of another exercise: name another folder")
        return there

    def write_class(
        self,
        folder: Path,
        names: Sequence[str],
        given_out: Collection[str],
        solutions: Path | None,
        progress: Callable[[float], None],
    ) -> Iterator[Student]:
        """Write a workbook for each student into a folder, one after the other; what was given out is kept."""
        for directory in (folder, solutions):
            if directory:
                make_directory(directory)
        for k, (name, file) in enumerate(zip(names, file_names(names), strict=True)):
            progress(k / len(names))
            solution = solutions / file if solutions else None
            yield self.write_one(folder / file, name, solution, keep=name in given_out)


def _student(secret: str, variant: str, path: Path, exercise: Exercise) -> Student:
    return Student(variant, variant, path.name, fingerprint(secret, variant), exercise.blanks)


def key_for(source: str, network: Network, options: Options, path: Path | None, *, secret: bool) -> Key:
    """Return the key at a path, or a new one.

    Args:
        source: FILE.py:FACTORY, or the name of a lesson.
        network: what it makes.
        options: what is asked for.
        path: where the key is kept; None where it is not.
        secret: whether nobody may foresee the numbers; else they are the same again without a key.

    Raises:
        ExportError: the key there belongs to something else.
    """
    digest = digest_of(network)
    if path is None or not path.exists():
        return Key(secrets.token_hex(16) if secret else "", source, options, digest)
    key = load(path)
    if (key.source, key.options) != (source, options):
        raise ExportError(f"{path}: the key of another exercise ({key.source}): name another file, or the same options")
    if key.digest != digest:
        # The files that were given out would be graded by other numbers.
        raise ExportError(f"{path}: {source} has changed since this key was written: name another file")
    return key


def read_names(path: Path) -> list[str]:
    """Read the names of a class: the first column of a CSV file, with or without a heading.

    Raises:
        ExportError: it cannot be read, holds no names, or one twice.
    """
    if path.suffix.lower() in (".xlsx", ".xls", ".ods"):
        raise ExportError(f"{path}: a workbook: save the list of names as CSV in UTF-8")
    try:
        text = read_text(path, LARGEST_LIST, "list of names")
        first = [row[0].strip() for row in csv.reader(io.StringIO(text), delimiter=_delimiter(text)) if row]
    except (UnicodeDecodeError, csv.Error):
        raise ExportError(f"{path}: no list of names: save it as CSV in UTF-8") from None
    names = [name for name in first if name]
    if names and names[0].lower() in _HEADS:
        names = names[1:]
    if not names or len(names) > MOST_STUDENTS:
        raise ExportError(f"{path}: {len(names)} names: a class has 1 to {MOST_STUDENTS:,}")
    twice = next((name for k, name in enumerate(names) if name in names[:k]), None)
    if twice:
        raise ExportError(f"{path}: '{twice}' stands there twice: write the names so that they differ")
    return names


def _delimiter(text: str) -> str:
    """What parts the columns: Excel writes a semicolon where the comma is the decimal sign."""
    head = text.partition("\n")[0]
    return max(",;\t", key=head.count)


def file_names(names: Sequence[str]) -> list[str]:
    """Return the name of a file for each student, which every system can keep; no two are equal."""
    taken: set[str] = set()
    files = []
    for name in names:
        stem = re.sub(r"[^\w .,()-]", "_", name).strip(" .")[:LONGEST_NAME] or "student"
        serial, file = 1, stem
        while file.lower() in taken:
            serial += 1
            file = f"{stem} {serial}"
        taken.add(file.lower())
        files.append(f"{file}.xlsx")
    return files
