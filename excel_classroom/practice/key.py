"""The key of an exercise: a teacher's file from which each student's workbook can be made again and graded."""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import asdict, dataclass, is_dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args, get_origin, get_type_hints

from excel_classroom.practice.blanks import DIRECTIONS, LEVELS, Blank, Direction, QuestionInWords
from excel_classroom.practice.private import write_private
from excel_classroom.practice.rubric import Rubric, rubric_of
from excel_export.shared.errors import ExportError
from excel_export.shared.reading import read_text

if TYPE_CHECKING:
    from excel_export.graph.graph import Graph

FORMAT = "excel-export practice key, version 2"
"""The value of "format" in a key's JSON."""
FINGERPRINT_NAME = "practice_fingerprint"
"""The defined name of the cell that holds a workbook's fingerprint."""
VARIANT_NAME = "practice_variant"
"""The defined name of the cell that holds a workbook's variant, as a rule the student's name."""
LARGEST = 64 << 20
"""In bytes: a larger file is refused before it is read."""
_DIGITS = 16
"""The length of a fingerprint in hexadecimal digits: 64 bits, short enough for a cell."""


@dataclass(frozen=True)
class Options:
    """The options of an exercise: Options(('backward',), count=8, exam=True). A key file has the same fields."""

    directions: tuple[Direction, ...] = DIRECTIONS
    """The parts of the training step from which blanks are chosen: 'forward', 'backward', 'update'."""
    count: int = 12
    """The number of blanks."""
    level: int = 2
    """1 for cells with one product only; 2 for sums of products, too."""
    exam: bool = False
    """True for an exam: no marks, no hints, and numbers in place of formulas."""
    questions: int = 0
    """The number of questions that are answered in words."""
    learning_rate: float = 0.1
    """The learning rate of the update."""


@dataclass(frozen=True)
class Student:
    """A student and the file that was handed out: Student('Ada', id='s17'). A key file has the same fields."""

    name: str
    """The name in the class list: 'Ada Lovelace'."""
    id: str = ""
    """The student's ID on the learning platform; '' if there is none."""
    email: str = ""
    """The e-mail address; '' if it is not known."""
    platform: str = ""
    """The number by which the platform names this student's files; '' if it is not known."""
    variant: str = ""
    """The text by which the numbers of the file are drawn, as a rule the name; '' for the source's own numbers."""
    file: str = ""
    """The file's name without its folder: 'Ada Lovelace.xlsx'."""
    fingerprint: str = ""
    """The 16 hexadecimal digits in the file that show that it belongs to this key and variant."""
    draw: int = 0
    """The number of draws before those of the file, from 0 on."""
    untold: tuple[tuple[int, str], ...] = ()
    """Pairs of a blank, from 0 on, and a known mistake that gives its right answer with this file's numbers."""

    def is_same(self, other: Student) -> bool:
        """Return whether two are one person: by the ID if both have one, else likewise by the e-mail, else by the name.

        Example:
            >>> ada = Student("Ada", id="s17")
            >>> ada.is_same(Student("A. Lovelace", id="s17")), ada.is_same(Student("Ada"))
            (True, True)
        """
        if self.id and other.id:
            return self.id == other.id
        if self.email and other.email:
            return self.email.casefold() == other.email.casefold()
        return self.name.casefold() == other.name.casefold()


@dataclass(frozen=True)
class Key:
    """The key of an exercise, from which files are made and graded: Key('3f…', 'net.py:tiny', Options(), blanks=…)."""

    secret: str
    """The text without which a file's numbers cannot be foreseen; '' if anybody may make them again."""
    source: str
    """FILE.py:FACTORY, or the name of a lesson."""
    options: Options
    """The options with which the exercise was made."""
    digest: str = ""
    """The hash of the network with its own numbers (see `digest_of`): another network would give other answers."""
    folder: str = ""
    """The working directory in which the key was made, where the source was found."""
    blanks: tuple[Blank, ...] = ()
    """The empty cells that learners fill in, in the order of their numbers."""
    questions: tuple[QuestionInWords, ...] = ()
    """The questions to be answered in words; () for none."""
    withheld: tuple[tuple[str, str], ...] = ()
    """The other cells that are left empty, since they would give an answer away: pairs of sheet and cell,
    ('N1', 'C7')."""
    rubric: str = ""
    """The text of the rubric as a teacher wrote it; '' for the proposed one."""
    students: tuple[Student, ...] = ()
    """The students who have a file."""

    @cached_property
    def read_rubric(self) -> Rubric:
        """The rubric: the points of each blank, {'forward': (1.0, 1.0), …}, and the tolerance."""
        return rubric_of(self.rubric)

    def student(self, fingerprint: str) -> Student | None:
        """Return the student whose file has a fingerprint, '3fa96c…'; None if it is none of this key's."""
        return next((each for each in self.students if each.fingerprint == fingerprint), None)

    def with_students(self, more: tuple[Student, ...]) -> Key:
        """Return a new key with further students; a student with the variant of one of these, 'Ada', is replaced."""
        again = {each.variant for each in more}
        return replace(self, students=(*(each for each in self.students if each.variant not in again), *more))

    def right_numbers(self, graph: Graph) -> list[float]:
        """Return PyTorch's number for each blank, by the graph of a variant: [6.0, 7.0]."""
        tensors, rate, numbers = graph.tensors, self.options.learning_rate, []
        for blank in self.blanks:
            step = rate * tensors[f"grad.{blank.tensor}"][blank.index] if blank.direction == "update" else 0.0
            numbers.append(float(tensors[blank.tensor][blank.index] - step))
        return numbers

    def save(self, path: Path) -> None:
        """Write the key as JSON, {"format": …, "secret": …}, into a file that its owner alone may read.

        Raises:
            UserError: the file cannot be written.
        """
        text = json.dumps({"format": FORMAT, **asdict(self)}, ensure_ascii=False, indent=1)
        write_private(path, text.encode())


def fingerprint(secret: str, variant: str) -> str:
    """Return 16 hexadecimal digits that mark a variant's file: 'e886901efa4d0b7d'. Only the secret gives it."""
    return keyed_hash(secret, "fingerprint", variant).hex()[:_DIGITS]


def keyed_hash(secret: str, purpose: str, variant: str) -> bytes:
    """Return 32 bytes that depend on all three texts, and that nobody can foresee without the key's secret.

    `purpose` is their use, 'numbers 0', so that each use gets other bytes; `variant` is the student's, 'Ada'.
    """
    return hmac.new(secret.encode(), f"{purpose}\0{variant}".encode(), hashlib.sha256).digest()


def load(path: Path) -> Key:
    """Return the key in a file, week3.key.json, as `Key.save` writes it.

    Raises:
        ExportError: there is no such file, or it is no key of this version.
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
        key: Key = _of_kind(Key, read)
        if key.options.level not in LEVELS:
            raise ValueError("unknown options")
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise ExportError(f"{path}: a damaged key ({type(error).__name__}: {error})") from None
    return key


def _of_kind(hint: Any, item: Any) -> Any:
    inner, kind = get_args(hint), hint
    if is_dataclass(hint):
        hints = get_type_hints(hint)
        return kind(**{name: _of_kind(hints[name], own) for name, own in item.items()})
    if get_origin(hint) is tuple and isinstance(item, list):
        each = inner[:1] * len(item) if inner[-1] is Ellipsis else inner
        return tuple(_of_kind(own, part) for own, part in zip(each, item, strict=True))
    kinds = (int, float) if hint is float else hint
    is_kind = item in inner if get_origin(hint) is Literal else isinstance(item, kinds)
    if not is_kind:
        raise TypeError(f"{item!r} is no {hint}")
    return item
