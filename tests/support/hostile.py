"""Files that no student's program writes: each must get one clear line, in bounded time and memory."""

from collections.abc import Callable
from pathlib import Path

import openpyxl

from excel_classroom.practice.blanks import Blank
from excel_classroom.practice.key import Key
from tests.support.altered import part_of, rewritten

LAUGHS = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]><x>&b;</x>'


STUDENTS = ("bomb", "outside", "deep", "slow", "many")
"""Whose files are hostile inside."""


HEAVY = ("deep.xlsx", "slow.xlsx", "many.xlsx")


def hostile_files(out: Path, key: Key, folder: Path) -> dict[str, str]:
    """Write ten hostile files, made of good ones, and return by name what must be said of each."""
    folder.mkdir(exist_ok=True)
    good = {name: out / f"{name}.xlsx" for name in STUDENTS}
    blank = {student.name: key.blanks[0] for student in key.students}
    content = good["bomb"].read_bytes()
    (folder / "cut.xlsx").write_bytes(content[: len(content) // 2])
    (folder / "empty.xlsx").write_bytes(b"")
    (folder / "old.xlsx").write_bytes(bytes.fromhex("d0cf11e0a1b11ae1") + bytes(4096))
    (folder / "web.html").write_text("<script>alert(1)</script>")
    _part(good["bomb"], folder / "laughs.xlsx", "xl/workbook.xml", lambda xml: LAUGHS.encode())
    big = part_of(good["bomb"], blank["bomb"].sheet)
    _part(good["bomb"], folder / "bomb.xlsx", big, lambda xml: xml + b" " * (1 << 27))
    far = part_of(good["outside"], blank["outside"].sheet)
    _part(good["outside"], folder / "outside.xlsx", far, lambda xml: xml.replace(b' r="K', b' r="ZZZZ', 1))
    _answer(good["deep"], blank["deep"], folder / "deep.xlsx", "=" + "(" * 4000 + "1" + ")" * 4000)
    _answer(good["slow"], blank["slow"], folder / "slow.xlsx", "=SUM(Slow!A1:A9000)", slow_sheet)
    _answer(good["many"], blank["many"], folder / "many.xlsx", "=SUM(Many!A1:A21000)", _many)
    # The last three are graded, but for the answer that is too much: HEAVY.
    return {
        "cut.xlsx": "not a workbook", "empty.xlsx": "not a workbook", "old.xlsx": "password or an old format",
        "web.html": "no .xlsx file", "laughs.xlsx": "document type", "bomb.xlsx": "unpack to more than",
        "outside.xlsx": "not a workbook",
    }  # fmt: skip


def _part(good: Path, path: Path, part: str, change: Callable[[bytes], bytes]) -> None:
    rewritten(good, path, lambda name, data: change(data) if name == part else data)


def _answer(
    good: Path, blank: Blank, path: Path, answer: str, more: Callable[[openpyxl.Workbook], None] = lambda book: None
) -> None:
    book = openpyxl.load_workbook(good)
    more(book)
    book[blank.sheet][blank.cell] = answer
    book.save(path)


def slow_sheet(book: openpyxl.Workbook) -> None:
    """A sheet that takes minutes to compute."""
    sheet = book.create_sheet("Slow")
    for row in range(1, 9001):
        sheet.cell(row, 1, "=SUMPRODUCT($B$1:$B$9000,$B$1:$B$9000)")
        sheet.cell(row, 2, row)


def _many(book: openpyxl.Workbook) -> None:
    sheet = book.create_sheet("Many")
    for row in range(1, 21_001):
        sheet.cell(row, 1, 1)
