"""The key: what a teacher keeps, so that each student's file can be made again and graded."""

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
FINGERPRINT_NAME = "practice_fingerprint"
"""The defined name of the cell that holds a workbook's fingerprint."""
VARIANT_NAME = "practice_variant"
"""The defined name of the cell that holds a workbook's variant, as a rule the student's name."""
LARGEST = 64 << 20
"""In bytes: a larger file is refused before it is read; a key of 2,000 students has about 2 MB."""
_DIGITS = 16
"""Of a fingerprint, in hexadecimal digits: 64 bits, short enough for a cell."""


@dataclass(frozen=True)
class Options:
    """What was asked for."""

    directions: tuple[Direction, ...] = DIRECTIONS
    count: int = 12
    level: int = 2
    exam: bool = False
    questions: int = 0
    """How many questions are to be answered in words."""
    learning_rate: float = 0.1


@dataclass(frozen=True)
class Student:
    """Somebody of a class, and what was handed out to them."""

    name: str
    id: str = ""
    """As the learning platform has it."""
    email: str = ""
    platform: str = ""
    """The number by which the platform names this student's files."""
    variant: str = ""
    """The text that the numbers of the file are drawn by; '' for the numbers of the source as they are."""
    file: str = ""
    """The file's name, without its folder."""
    fingerprint: str = ""
    draw: int = 0
    """How often numbers were drawn before those of the file."""
    untold: tuple[tuple[int, str], ...] = ()
    """The blanks, counted from 0, and the known mistakes that these numbers don't tell from the right answer."""

    def is_same(self, other: Student) -> bool:
        """Whether two are one: by the ID, or else by the e-mail, or else by the name."""
        if self.id and other.id:
            return self.id == other.id
        if self.email and other.email:
            return self.email.casefold() == other.email.casefold()
        return self.name.casefold() == other.name.casefold()


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
    questions: tuple[QuestionInWords, ...] = ()
    withheld: tuple[tuple[str, str], ...] = ()
    """The cells that stay empty, too, since they would give an answer away: the sheet and the name of each."""
    rubric: str = ""
    """What a blank is worth and what counts as right, as a teacher wrote it; '' is what is proposed."""
    students: tuple[Student, ...] = ()

    @cached_property
    def read_rubric(self) -> Rubric:
        """What a blank is worth, and what counts as right."""
        return rubric_of(self.rubric)

    def student(self, fingerprint: str) -> Student | None:
        """Whose file a fingerprint belongs to; None where it is none of this key's."""
        return next((each for each in self.students if each.fingerprint == fingerprint), None)

    def with_students(self, more: tuple[Student, ...]) -> Key:
        """The key with further students; who has a file already gets the new one."""
        again = {each.variant for each in more}
        return replace(self, students=(*(each for each in self.students if each.variant not in again), *more))

    def right_numbers(self, graph: Graph) -> list[float]:
        """PyTorch's number for each blank, in a network with some numbers."""
        tensors, rate, numbers = graph.tensors, self.options.learning_rate, []
        for blank in self.blanks:
            step = rate * tensors[f"grad.{blank.tensor}"][blank.index] if blank.direction == "update" else 0.0
            numbers.append(float(tensors[blank.tensor][blank.index] - step))
        return numbers

    def save(self, path: Path) -> None:
        """Write the key, for its owner's eyes alone.

        Raises:
            UserError: the file cannot be written.
        """
        text = json.dumps({"format": FORMAT, **asdict(self)}, ensure_ascii=False, indent=1)
        write_private(path, text.encode())


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
        key: Key = _of_kind(Key, read)
        if key.options.level not in LEVELS:
            raise ValueError("unknown options")
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise ExportError(f"{path}: a damaged key ({type(error).__name__}: {error})") from None
    return key


def _of_kind(hint: Any, item: Any) -> Any:
    """What was read, which must be of a kind; of a dataclass, its fields must be of the kinds that they say."""
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
