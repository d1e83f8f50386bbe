"""Names that no two have: of the students of a class, and of their files."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import chain, count

from excel_classroom.practice.class_list import Person
from excel_export.shared.files import no_device

LONGEST = 60


def numbered(text: str, before: str, after: str, is_taken: Callable[[str], object]) -> str:
    """A text; where it is taken, the first that is free with a number from 2 on between two other texts."""
    tried = chain([text], (f"{before}{number}{after}" for number in count(2)))
    return next(each for each in tried if not is_taken(each))


def distinct(people: Sequence[Person]) -> list[str]:
    """Return a text for each student by which none is like another: namesakes have their ID, or else a number."""
    counts = Counter(person.name for person in people)
    texts: list[str] = []
    for person in people:
        text = person.name
        if counts[text] > 1 and (person.id or person.email):
            text = f"{text} {person.id or person.email.partition('@')[0]}"
        texts.append(numbered(text, f"{text} ", "", texts.__contains__))
    return texts


def file_name(text: str, taken: set[str]) -> str:
    """Return the name of a file for a student, which every system can keep, and add it to those that are taken."""
    kept = (each if unicodedata.category(each)[0] in "LMN" or each in "_ .,()-'" else "_" for each in text)
    stem = no_device("".join(kept).strip(" .")[:LONGEST].strip(" .") or "student")
    file = numbered(f"{stem}.xlsx", f"{stem} ", ".xlsx", lambda name: name.casefold() in taken)
    taken.add(file.casefold())
    return file
