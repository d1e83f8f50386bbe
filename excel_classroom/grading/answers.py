"""What stands in a blank: a formula, a number, a number that was typed as text, or nothing that is an answer."""

import math
import re
import unicodedata
from dataclasses import dataclass, field
from datetime import date, timedelta

from excel_export.workbook.contents import Cell

LONGEST_SHOWN, LONGEST_NUMBER = 200, 60
NUMBER, FORMULA, TEXT, NOTHING = "number", "formula", "text", "empty"
FIRST_DAY, LAST_DAY, DAY_0 = 36_526, 55_153, date(1899, 12, 30)
"""The years 2000 to 2050, as a spreadsheet counts days."""
_MINUS = str.maketrans(dict.fromkeys("−–—‒﹣－⁻", "-"))
_ONE_SIGN = re.compile(r"(?<=\d)\s*([¼-¾⅐-⅞])")
"""A fraction that is one sign, behind a number."""
_MIXED = re.compile(r"([+-]?)(\d+)\s+(\d+)\s*/\s*(\d+)")
_NAME = re.compile(r"^[∂δ∇]?[^\W\d][\w∂δ/()]{0,20}\s*=\s*")
_UNIT = re.compile(r"(\d)\s+(?!x10)[^\W\d_][\w/²³°]{0,9}$")
_BRACKETS = re.compile(r"^\(([+-].*)\)$")
_SCALED = re.compile(r"(.+?)[·×*x]10\^?([+-]?\d+)")


@dataclass
class Answer:
    """What stands in a blank, and what it gives; it is computed in one process, and judged in another."""

    cell: Cell
    """What is computed, with defined names written out."""
    kind: str
    text: str
    """As it was typed."""
    stored: float | None = None
    """The number that the student's own program stored beside a formula."""
    notes: list[str] = field(default_factory=list)
    outside: list[str] = field(default_factory=list)
    """The cells outside of the exercise that it reads."""
    copied: list[str] = field(default_factory=list)
    """The sheets with answers that it reads."""
    external: list[str] = field(default_factory=list)
    """External references in the student's formulas."""
    number: float | None = None
    """The number in the student's sheet."""
    shows_nothing: bool = False
    given: float | None = None
    """The right number, given what the student has in the other blanks."""
    alone: float | None = None
    """What a formula that is not right gives with the right formulas in all others."""
    is_unknown: bool = False
    """Whether the engine can't compute it."""
    holds: bool | None = None
    """Whether a formula is right with other inputs, too; None where there is no formula."""
    elsewhere: list[float | None] = field(default_factory=list)
    """What a formula gives with each set of other inputs; where that isn't right, with the right formulas in all other
    blanks. Empty where there is no formula."""
    is_reference: bool = False
    """True for a formula that only takes over the number of another cell."""
    stands: bool = False
    """Whether another cell of the exercise shows its number."""


def read_answer(cell: Cell, truth: float, within: float) -> Answer:
    """Read what stands in a blank; of two ways to read a number, the one that is right counts."""
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
    """What stands in a cell, as a text."""
    content = f"={cell.formula}" if cell.formula else "" if cell.value is None else cell.value
    text = f"{content:.15g}" if isinstance(content, float) else str(content)
    return text if len(text) <= longest else text[: longest - 1] + "…"


def readings(text: str) -> tuple[float, ...]:
    """Return what a text may mean as a number, the likeliest first; nothing where it is none.

    '0,5' and '1/2' and '50 %' are 0.5, '−0.5' with a minus of any kind is −0.5. '1,234' is 1.234 or 1234, and '1 1/2'
    is 1.5. A name before a number, a unit behind it, and brackets around it with its sign are passed over.
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
    """A number with its decimal point, in each way of reading its commas and points."""
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
