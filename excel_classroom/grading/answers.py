"""The answer in a blank: a formula, a number, a number that was typed as text, or a text or nothing."""

import math
import re
import unicodedata
from dataclasses import dataclass, field
from datetime import date, timedelta

from excel_export.workbook.contents import Cell

LONGEST_SHOWN = 200
"""In characters: a longer content is cut in messages and on pages."""
LONGEST_NUMBER = 60
"""In characters: a longer text is not read as a number."""
NUMBER, FORMULA, TEXT, NOTHING = "number", "formula", "text", "empty"
"""The kinds of an answer."""
FIRST_DAY = 36_526
"""2000-01-01 in a spreadsheet's days."""
LAST_DAY = 55_153
"""2050-12-31 in a spreadsheet's days."""
DAY_0 = date(1899, 12, 30)
"""The day from which a spreadsheet counts."""
_MINUS = str.maketrans(dict.fromkeys("−–—‒﹣－⁻", "-"))
_ONE_SIGN = re.compile(r"(?<=\d)\s*([¼-¾⅐-⅞])")
"""A fraction that is one character, such as ½, behind a digit."""
_MIXED = re.compile(r"([+-]?)(\d+)\s+(\d+)\s*/\s*(\d+)")
_NAME = re.compile(r"^[∂δ∇]?[^\W\d][\w∂δ/()]{0,20}\s*=\s*")
_UNIT = re.compile(r"(\d)\s+(?!x10)[^\W\d_][\w/²³°]{0,9}$")
_BRACKETS = re.compile(r"^\(([+-].*)\)$")
_SCALED = re.compile(r"(.+?)[·×*x]10\^?([+-]?\d+)")


@dataclass
class Answer:
    """A student's answer in a blank: Answer(cell, 'number', '0,5', number=0.5) for 0.5 typed as text."""

    cell: Cell
    """The cell as it is computed, with defined names written out."""
    kind: str
    """What it is taken for: 'number', 'formula', 'text' or 'empty'."""
    text: str
    """The content as it was typed: '=C5*D6', '0,5'."""
    stored: float | None = None
    """The number that the student's own program stored beside a formula; None if there is none."""
    notes: list[str] = field(default_factory=list)
    """Sentences for the student on how the answer was read: 'a formula typed as text'."""
    outside: list[str] = field(default_factory=list)
    """The cells, not handed out by us, that the answer's formula reads: 'Sheet1!B3'."""
    copied: list[str] = field(default_factory=list)
    """The names of the sheets with the solution that the answer's formula reads: 'Answers'."""
    external: list[str] = field(default_factory=list)
    """What the student's formulas read outside of the file: 'another file', 'WEBSERVICE'."""
    number: float | None = None
    """The number that the engine computes in the student's sheet, 0.5; None if the blank shows none."""
    shows_nothing: bool = False
    """True if the cell shows an empty text."""
    given: float | None = None
    """The number of the right formula with the student's answers in all other blanks; None if it gives none."""
    alone: float | None = None
    """The number of a wrong formula, if all other blanks held the right formulas; None if it is right or gives none."""
    is_unknown: bool = False
    """True if the engine can't compute the formula, such as a function that it doesn't know."""
    holds: bool | None = None
    """True if a formula is right with other inputs, too; None for an answer that is no formula."""
    elsewhere: list[float | None] = field(default_factory=list)
    """The number of a formula with each set of other inputs; if that is wrong, with the right formulas in all other
    blanks."""
    is_reference: bool = False
    """True for a formula that only takes over the number of another cell."""
    stands: bool = False
    """In an exam, True if a cell that was handed out shows the same number, to 4 decimals; it may be copied."""


def read_answer(cell: Cell, truth: float, within: float) -> Answer:
    """Return the answer in a blank; a text is read as a number if it can be.

    Args:
        cell: the cell as the student's file has it.
        truth: the right number.
        within: the largest difference from it. Of two ways to read a text as a number, the one within it counts.

    Example:
        >>> answer = read_answer(Cell("1,234"), truth=1.2, within=0.1)  # not 1234
        >>> answer.kind, answer.cell.value
        ('number', 1.234)
    """
    text, value = shown(cell), cell.value
    if isinstance(value, str) and not cell.formula and value.strip():
        if meant := readings(value):
            number = next((each for each in meant if abs(each - truth) <= within), meant[0])
            notes = [f"a number typed as text: {value.strip()[:LONGEST_SHOWN]!r} is read as {number:.10g}"]
            return Answer(Cell(number), NUMBER, text, notes=notes)
        if value.lstrip().startswith("="):
            formula = value.strip().removeprefix("=")
            return Answer(Cell(None, formula), FORMULA, text, notes=["a formula typed as text"])
    if cell.formula:
        return Answer(cell, FORMULA, text, value if isinstance(value, float) else None)
    if isinstance(value, float):
        found = Answer(cell, NUMBER, text)
        if FIRST_DAY <= value <= LAST_DAY and value == int(value) and abs(truth) < FIRST_DAY / 2:
            day = DAY_0 + timedelta(days=int(value))
            found.notes.append(f"the date {day:%Y-%m-%d}: perhaps a fraction that the program took for one")
        return found
    return Answer(cell, NOTHING if value is None or value == "" else TEXT, text)


def shown(cell: Cell, longest: int = LONGEST_SHOWN) -> str:
    """Return the content of a cell as a text of at most `longest` characters.

    Example:
        >>> shown(Cell(0.5)), shown(Cell(6.0, "B2*B3")), shown(Cell(None)), shown(Cell("abcdef"), 3)
        ('0.5', '=B2*B3', '', 'ab…')
    """
    content = f"={cell.formula}" if cell.formula else "" if cell.value is None else cell.value
    text = f"{content:.15g}" if isinstance(content, float) else str(content)
    return text if len(text) <= longest else text[: longest - 1] + "…"


def readings(text: str) -> tuple[float, ...]:
    """Return the numbers that a text may mean, the likeliest first; () if it means none.

    A name before a number, a unit behind it, and brackets around it are ignored.

    Example:
        >>> readings("0,5"), readings("−1/2"), readings("50 %"), readings("1,234"), readings("w = 1 1/2 m")
        ((0.5,), (-0.5,), (0.5,), (1.234, 1234.0), (1.5,))
    """
    if len(text) > LONGEST_NUMBER:
        return ()
    spelled = unicodedata.normalize("NFKC", _ONE_SIGN.sub(r" \1", text.translate(_MINUS))).replace("⁄", "/").strip()
    spelled = _UNIT.sub(r"\1", _NAME.sub("", spelled))
    if mixed := _MIXED.fullmatch(spelled):
        whole, top, bottom = map(int, mixed.groups()[1:])
        return (float(f"{mixed[1]}1") * (whole + top / bottom),) if bottom else ()
    plain = re.sub(r"\s", "", _BRACKETS.sub(r"\1", spelled)).lstrip("≈~=")
    percent = plain.endswith("%")
    plain = plain.removesuffix("%")
    numerator, slash, denominator = plain.partition("/")
    if slash:
        above, below = _decimal(numerator), _decimal(denominator)
        found: tuple[float, ...] = (above[0] / below[0],) if above and below and below[0] else ()
    else:
        found = _decimal(plain)
    return tuple(number / 100 if percent else number for number in found if math.isfinite(number))


def _decimal(text: str) -> tuple[float, ...]:
    scaled = _SCALED.fullmatch(text)
    mantissa, exponent = (scaled[1], scaled[2]) if scaled else (text, "")
    match = re.fullmatch(r"([+-]?)([\d.,'’]+)(?:[eE]([+-]?\d{1,3}))?", mantissa)
    if not match or (exponent and match[3]) or not any(each.isdigit() for each in match[2]):
        return ()
    power = f"e{exponent or match[3] or 0}"
    return tuple(float(f"{match[1]}{digits}{power}") for digits in _digits(re.sub("['’]", "", match[2])))


def _digits(text: str) -> list[str]:
    marks, last = [each for each in text if each in ".,"], max(text.rfind("."), text.rfind(","))
    whole, in_threes = re.sub("[.,]", "", text), re.fullmatch(r"[1-9]\d{0,2}([.,]\d{3})+", text)
    decimal = re.sub("[.,]", "", text[:last]) + "." + text[last + 1 :]
    if not marks:
        return [text]
    if len({*marks}) == 2:  # 1,234.5: the last one is the decimal sign.
        return [] if marks[-1] in marks[:-1] else [decimal]
    if len(marks) > 1:
        return [whole] if in_threes else []
    return [decimal, *([whole] if in_threes else [])]
