"""Do two engines compute the same of a workbook: every number, every text, and no error?"""

from __future__ import annotations

import random
import re
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from excel_export.sheets import update
from excel_export.sheets.explain import explain_tables, hidden_table
from excel_export.workbook.read import AFTER, read_index
from tests.support.cells import cell
from tests.support.dependents import Walk
from tests.support.engines import Recalculated, Value, sheet_parts
from tests.support.sheets import load_sheet

RELATIVE, SMALLEST = 1e-9, 1e-12
"""How far numbers may be apart: as a part of the largest term of their sum, and whatever it is."""
_NINE_DIGITS, _SIX_DIGITS = 1e-8, 1e-5
SHORTER = dict.fromkeys(("Training steps", "Rate steps"), _NINE_DIGITS) | dict.fromkeys(
    ("After ten times", "After too large", "Nudged far up", "Nudged far down"), _SIX_DIGITS
)
"""The sheets of which a file stores fewer digits, and how far apart numbers may be there."""
MOST_LOOKED_AT = 10_000
"""Of a range of more cells, INDEX takes one: it is no sum."""
_ERROR = re.compile(r"#(?:REF!|NULL!|DIV/0!|VALUE!|NUM!|NAME\?|N/A|N/IMPL|SPILL!|CALC!|ERROR)")
_NUMBER = re.compile(r"\d+(?:[.,]\d+)?(?:E[-+]\d+)?")
Edit = dict[tuple[str, str], Value]


def edits(path: Path, seed: int = 0) -> list[Edit]:
    """What to type: three numbers to be explained, and others into a parameter and the learning rate."""
    rng, walk = random.Random(seed), _names(path)
    found: list[Edit] = [{}]
    if "explain_tensor" in walk:
        labels = _explained(path)
        found = [{walk["explain_tensor"]: label} for label in rng.sample(labels, min(3, len(labels)))]
    entries = read_index(path)
    learning = {entry.key for entry in entries if entry.what == AFTER and entry.grid.sheet == update.NAME}
    entry = rng.choice([entry for entry in entries if entry.what == "value" and entry.key in learning])
    index = tuple(rng.randrange(n) for n in entry.grid.shape)
    at = entry.grid.at(*index)
    changed: Edit = {(at.sheet, cell(at.row, at.col)): rng.uniform(-0.5, 0.5)}
    if "learning_rate" in walk:
        changed[walk["learning_rate"]] = 0.037
    return [*found, found[-1] | changed]


def differences(
    path: Path,
    one: Recalculated,
    other: Recalculated,
    same_texts: bool = True,
    shorter: Mapping[str, float] | None = None,
) -> Iterator[str]:
    """Yield what is an error in the second, or is not the same in both.

    Args:
        path: the workbook.
        one: as one engine computed it.
        other: as another did.
        same_texts: whether texts must be the same, too.
        shorter: the sheets of which one has fewer digits, and how far apart the two may be there.
    """
    with zipfile.ZipFile(path) as workbook:
        sheets = [*sheet_parts(workbook)]
    walk: Walk | None = None
    for sheet in sheets:
        first, second = one.cells(sheet), other.cells(sheet)
        relative = (shorter or {}).get(sheet, RELATIVE)
        for place in first.keys() | second.keys():
            a, b = first.get(place, ""), second.get(place, "")
            where = f"{sheet}!{cell(*place)}"
            if isinstance(b, str) and _ERROR.match(b):
                yield f"{where} is {b}"
            elif isinstance(a, str) or isinstance(b, str):
                if same_texts and a != b and not _differ_in_a_digit(str(a), str(b)):
                    yield f"{where} is {b!r}, not {a!r}"
            elif abs(a - b) > relative * max(abs(a), abs(b)) + SMALLEST:
                walk = walk or Walk(path)
                if abs(a - b) > relative * _largest_term(walk, (sheet, *place), one):
                    yield f"{where} is {b}, not {a}"


def _largest_term(walk: Walk, place: tuple[str, int, int], computed: Recalculated) -> float:
    """The size of the largest number that a formula reads, and of what that is made of itself."""
    sizes = [0.0]
    for depth, area in _terms(walk, place):
        cells = computed.cells(area.sheet)
        numbers = [cells.get((row, col)) for _, row, col in area.cells()]
        sizes += [abs(each) for each in numbers if isinstance(each, float | int) and depth < 3]
    return max(sizes)


def _terms(walk: Walk, place: tuple[str, int, int], depth: int = 0) -> Iterator[tuple[int, object]]:
    for area in walk.reads.get(place, ()):
        if (area.bottom - area.top + 1) * (area.right - area.left + 1) <= MOST_LOOKED_AT:
            yield depth, area
            if depth < 1:
                for each in area.cells():
                    yield from _terms(walk, each, depth + 1)


def _differ_in_a_digit(one: str, other: str) -> bool:
    """Whether two texts are the same but for the last digit of a number, which engines round in their own ways."""
    if _NUMBER.sub("0", one) != _NUMBER.sub("0", other):
        return False
    pairs = zip(_NUMBER.findall(one), _NUMBER.findall(other), strict=True)
    return all(len(a) == len(b) and abs(_value(a) - _value(b)) <= 1.01 * _unit(a) for a, b in pairs)


def _value(text: str) -> float:
    return float(text.replace(",", "."))


def _unit(text: str) -> float:
    mantissa, _, power = text.partition("E")
    return 10.0 ** (int(power or 0) - len(mantissa.replace(",", ".").partition(".")[2]))


def _names(path: Path) -> Mapping[str, tuple[str, str]]:
    with zipfile.ZipFile(path) as workbook:
        text = workbook.read("xl/workbook.xml").decode()
    found = re.findall(r"<definedName name=\"(\w+)\"[^>]*>'([^<]+)'!\$([A-Z]+)\$(\d+)</definedName>", text)
    return {name: (sheet.replace("''", "'"), f"{col}{row}") for name, sheet, col, row in found}


def _explained(path: Path) -> list[str]:
    """What Explain's list offers."""
    tables = load_sheet(path, explain_tables.NAME)
    return [str(name) for (name,) in tables.iter_rows(hidden_table.FIRST, max_col=1, values_only=True) if name]
