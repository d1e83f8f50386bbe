"""The key: what a teacher keeps, so that each student's file can be made again and graded."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from excel_classroom.practice.blanks import DIRECTIONS, LEVELS, Blank, Direction
from excel_classroom.practice.questions import QuestionInWords
from excel_classroom.practice.rubric import Rubric, rubric_of
from excel_export.shared.errors import ExportError
from excel_export.shared.files import write_atomically
from excel_export.shared.reading import read_text

FORMAT = "excel-export practice key, version 2"
FINGERPRINT_NAME, VARIANT_NAME = "practice_fingerprint", "practice_variant"
"""The defined names of the cells of a workbook that say which variant it is."""
LARGEST = 64 << 20
_DIGITS = 16


@dataclass(frozen=True)
class Options:
    """What was asked for."""

    directions: tuple[Direction, ...] = DIRECTIONS
    count: int = 12
    level: int = 2
    exam: bool = False
    live: bool = False
    """Whether an exam keeps its formulas; else numbers stand there."""
    questions: int = 0
    """How many questions are to be answered in words."""
    learning_rate: float = 0.1


@dataclass(frozen=True)
class Student:
    """One file that was handed out."""

    name: str
    variant: str
    """The text that its numbers are drawn by; '' for the numbers of the source as they are."""
    file: str
    """The file's name, without its folder."""
    fingerprint: str
    draw: int = 0
    """How often numbers were drawn before those of the file."""
    id: str = ""
    """As the learning platform has it."""
    email: str = ""
    platform: str = ""
    """The number by which the platform names this student's files."""


@dataclass(frozen=True)
class Key:
    """The key of one exercise."""

    secret: str
    source: str
    """FILE.py:FACTORY, or the name of a lesson."""
    options: Options
    digest: str = ""
    """Of the network as it was: another one makes other numbers."""
    folder: str = ""
    """Where the source was found."""
    blanks: tuple[Blank, ...] = ()
    """What all are asked for."""
    questions: tuple[QuestionInWords, ...] = ()
    """What they are asked for in words."""
    withheld: tuple[tuple[str, str], ...] = ()
    """The cells that stay empty, too, since they would give an answer away: the sheet and the name of each."""
    rubric: str = ""
    """What a blank is worth and what counts as right, as a teacher wrote it; '' is what is proposed."""
    students: tuple[Student, ...] = field(default=())

    @cached_property
    def read_rubric(self) -> Rubric:
        """What a blank is worth, and what counts as right."""
        return rubric_of(self.rubric)

    def student(self, fingerprint: str) -> Student | None:
        """Whose file a fingerprint belongs to; None where it is none of this key's."""
        matches = (each for each in self.students if hmac.compare_digest(each.fingerprint, fingerprint))
        return next(matches, None)

    def with_students(self, more: tuple[Student, ...]) -> Key:
        """The key with further students; who has a file already gets the new one."""
        again = {each.variant for each in more}
        return replace(self, students=(*(each for each in self.students if each.variant not in again), *more))

    def save(self, path: Path) -> None:
        """Write the key, for its owner's eyes alone.

        Raises:
            UserError: the file cannot be written.
        """
        text = json.dumps({"format": FORMAT, **asdict(self)}, ensure_ascii=False, indent=1)
        write_atomically(path, text.encode(), mode=0o600)


def fingerprint(secret: str, variant: str) -> str:
    """Return what marks a file as one of a key's: nobody can make it without the secret."""
    return keyed_hash(secret, "fingerprint", variant).hex()[:_DIGITS]


def keyed_hash(secret: str, purpose: str, variant: str) -> bytes:
    """Return 32 bytes for a variant that nobody can foresee without the secret, one kind for each purpose."""
    return hmac.new(secret.encode(), f"{purpose}\0{variant}".encode(), hashlib.sha256).digest()


def load(path: Path) -> Key:
    """Read a key.

    Raises:
        ExportError: there is no such file, or it is no key.
    """
    try:
        read = json.loads(read_text(path, LARGEST, "key", "utf-8"))
    except (ValueError, RecursionError):
        raise ExportError(f"{path}: no key: it is not JSON") from None
    written = read.pop("format", None) if isinstance(read, dict) else None
    if written == FORMAT.replace("2", "1"):
        raise ExportError(f"{path}: a key of an earlier version of this program: only that one can read it")
    if written != FORMAT:
        raise ExportError(f"{path}: no key: it does not say '{FORMAT}'")
    try:
        return _key(read)
    except (KeyError, TypeError, ValueError) as error:
        raise ExportError(f"{path}: a damaged key ({type(error).__name__}: {error})") from None


def _key(read: Mapping[str, Any]) -> Key:
    options = _made(Options, {**read["options"], "directions": tuple(read["options"]["directions"])})
    if not set(options.directions) <= set(DIRECTIONS) or options.level not in LEVELS:
        raise ValueError("unknown options")
    lists = {
        "blanks": tuple(map(_blank, read["blanks"])),
        "questions": tuple(_made(QuestionInWords, each) for each in read["questions"]),
        "withheld": tuple((str(sheet), str(cell)) for sheet, cell in read["withheld"]),
        "students": tuple(_made(Student, each) for each in read["students"]),
    }
    key: Key = _made(Key, {**read, "options": options, **lists})
    return key


def _blank(read: Mapping[str, Any]) -> Blank:
    blank: Blank = _made(Blank, {**read, "index": tuple(read["index"]), "reads": tuple(read["reads"])})
    if blank.direction not in DIRECTIONS or not all(isinstance(k, int) for k in (*blank.index, *blank.reads)):
        raise ValueError("a blank makes no sense")
    return blank


def _made(kind: Any, values: Mapping[str, Any]) -> Any:
    """Make a dataclass of what was read, whose fields must be of the kinds that they say."""
    for each in fields(kind):
        simple: tuple[type, ...] = {"str": (str,), "int": (int,), "bool": (bool,), "float": (int, float)}.get(
            str(each.type), ()
        )
        if simple and each.name in values and not isinstance(values[each.name], simple):
            raise TypeError(f"{each.name} is no {each.type}")
    return kind(**values)
