"""The list of a class as a learning platform exports it or a teacher types it, and distinct names for its students.

Known formats are Moodle's participants and grading worksheet, Canvas' gradebook, and a plain list of names, with or
without a heading; in UTF-8 or UTF-16; with columns separated by commas, semicolons or tabs.
"""

import codecs
import csv
import io
import re
import tomllib
import unicodedata
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from itertools import chain, count
from pathlib import Path

from excel_classroom.practice.key import Student
from excel_export.shared.errors import ExportError
from excel_export.shared.files import no_device
from excel_export.shared.reading import read_bytes

MOST_STUDENTS = 2_000
"""More names than any class has: such a list is the wrong file."""
LARGEST = 16 << 20
"""In bytes: a larger table is refused before it is read."""
LONGEST_NAME = 60
"""In characters: the name of a student's file is cut there, without the suffix."""
HEADINGS: Mapping[str, list[str]] = tomllib.loads((files(__package__) / "headings.toml").read_text("utf-8"))
"""The known titles of columns in lower case, by the field that they hold: name, first, last, id, email, platform."""
_NO_STUDENTS = ("points possible", "student, test", "manual posting")
_SEPARATOR = re.compile(r"sep=(.)\r?\n", re.I)
"""A first line 'sep=;', which tells Excel what separates the columns."""
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


@dataclass(frozen=True)
class ClassList:
    r"""A class list from a file: for 'name\nAda', the students, the heading ('name',) and the rows (('Ada',),)."""

    people: tuple[Student, ...]
    """The students, in the order of their rows."""
    heading: tuple[str, ...]
    """The titles of the columns; () for a plain list without a heading."""
    rows: tuple[tuple[str, ...], ...]
    """All rows below the heading, also those of no student, such as Canvas' 'Points Possible'."""
    who: tuple[Student | None, ...]
    """For each of `rows` its student; None if the row is no student's."""


def read_class(path: Path, name_column: str | None = None, id_column: str | None = None) -> ClassList:
    r"""Return the list of a class, read from a CSV file: 'name,id\nAda,s17' gives one student.

    Args:
        path: the file.
        name_column: the title of the column of names; None for the known ones, such as 'name'.
        id_column: the title of the column of IDs; None for the known ones.

    Raises:
        ExportError: the file cannot be read, has no such column, or does not hold 1 to `MOST_STUDENTS` names.
    """
    if path.suffix.lower() in (".xlsx", ".xls", ".ods"):
        raise ExportError(f"{path}: a workbook: save the list of names as CSV in UTF-8")
    rows = read_rows(path)
    columns = _columns(path, rows[0], {"name": name_column, "id": id_column}) if rows else {}
    heading, body = (rows[0], rows[1:]) if columns else ((), rows)
    if not columns and all(len(row) == 2 and row[1].startswith(" ") for row in rows):
        body = [[",".join(row)] for row in rows]  # Lovelace, Ada
    is_canvas = {"student", "section"} <= {title.strip().casefold() for title in heading}
    who = [_person(row, columns or {"name": 0}, turned=is_canvas) for row in body]
    people = tuple(each for each in who if each)
    if not people or len(people) > MOST_STUDENTS:
        raise ExportError(f"{path}: {len(people)} names: a class list has 1 to {MOST_STUDENTS:,}")
    return ClassList(people, tuple(heading), tuple(tuple(row) for row in body), tuple(who))


def read_rows(path: Path) -> list[list[str]]:
    """Return the rows of a CSV file as texts, without empty rows: [['name', 'id'], ['Ada', 's17']].

    Raises:
        ExportError: the file cannot be read, or is no table.
    """
    content = read_bytes(path, LARGEST, "table")
    encoding = next((name for mark, name in _BOMS if content.startswith(mark)), "utf-8")
    try:
        text = content.decode(encoding)
        said = _SEPARATOR.match(text)
        # Excel writes a semicolon where the comma is the decimal sign.
        head = re.sub(r'"[^"]*"', "", text.lstrip().partition("\n")[0])
        delimiter = said[1] if said else max(",;\t", key=head.count)
        lines = list(csv.reader(io.StringIO(text[said.end() if said else 0 :], newline=""), delimiter=delimiter))
    except (UnicodeDecodeError, csv.Error):
        raise ExportError(f"{path}: no table: save it as CSV in UTF-8") from None
    return [line for line in lines if any(cell.strip() for cell in line)]


def _columns(path: Path, heading: Sequence[str], asked: Mapping[str, str | None]) -> dict[str, int]:
    titles = [cell.strip().casefold() for cell in heading]
    found: dict[str, int] = {}
    for what, known in HEADINGS.items():
        title = asked.get(what)
        if title is not None and title.strip().casefold() not in titles:
            raise ExportError(f"{path}: there is no column '{title}'; there are: {', '.join(heading)}")
        places = [titles.index(each) for each in ([title.strip().casefold()] if title else known) if each in titles]
        if places:
            found[what] = places[0]
    if found and not found.keys() & {"name", "first", "last"}:
        shown = ", ".join(cell.strip() for cell in heading)
        raise ExportError(f"{path}: no column of names among {shown}: say which with --name-column")
    return found


def _person(row: Sequence[str], columns: Mapping[str, int], *, turned: bool) -> Student | None:
    """Return the student of a row; None if it is no student's. `turned` means 'Last, First', as Canvas writes names."""
    cells = {what: row[k].strip() if k < len(row) else "" for what, k in columns.items()}
    name = cells.get("name") or " ".join(filter(None, (cells.get("first"), cells.get("last"))))
    name = " ".join(name.split())
    if not name or name.casefold() in _NO_STUDENTS:
        return None
    last, comma, first = name.partition(", ")
    if comma and turned:
        name = f"{first} {last}"
    number = re.search(r"\d+$", cells.get("platform", ""))
    return Student(name, cells.get("id", ""), cells.get("email", ""), number[0] if number else "")


def numbered(text: str, before: str, after: str, is_taken: Callable[[str], object]) -> str:
    """Return a text, or if it is taken, the first free one with a number between `before` and `after`, from 2 on.

    Example:
        >>> numbered("Ada.xlsx", "Ada ", ".xlsx", {"Ada.xlsx", "Ada 2.xlsx"}.__contains__)
        'Ada 3.xlsx'
    """
    tried = chain([text], (f"{before}{number}{after}" for number in count(2)))
    return next(each for each in tried if not is_taken(each))


def distinct(people: Sequence[Student]) -> list[str]:
    """Return a name for each student, no two alike: students with the same name get their ID, or else a number.

    Example:
        >>> distinct([Student("Ada", id="s17"), Student("Ada"), Student("Ada"), Student("Alan")])
        ['Ada s17', 'Ada', 'Ada 2', 'Alan']
    """
    counts = Counter(person.name for person in people)
    texts: list[str] = []
    for person in people:
        text = person.name
        if counts[text] > 1 and (person.id or person.email):
            text = f"{text} {person.id or person.email.partition('@')[0]}"
        texts.append(numbered(text, f"{text} ", "", texts.__contains__))
    return texts


def file_name(text: str, taken: set[str]) -> str:
    """Return a file name for a student that every system accepts, and add it in lower case to the set `taken`.

    Example:
        >>> taken = {"ada.xlsx"}
        >>> file_name("Ada", taken), file_name("Å/B: C.", taken)
        ('Ada 2.xlsx', 'Å_B_ C.xlsx')
    """
    kept = (each if unicodedata.category(each)[0] in "LMN" or each in "_ .,()-'" else "_" for each in text)
    stem = no_device("".join(kept).strip(" .")[:LONGEST_NAME].strip(" .") or "student")
    file = numbered(f"{stem}.xlsx", f"{stem} ", ".xlsx", lambda name: name.casefold() in taken)
    taken.add(file.casefold())
    return file
