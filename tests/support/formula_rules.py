"""How a formula must be written, beyond what a parser of formulas asks for; none of the project's own code.

A sheet's name is quoted wherever it stands: Excel wants that of every name that looks like a cell in A1 or R1C1 style
(`fc1`, `rc`), and nobody wants to know which names do. A number has an upper-case E, as the standard writes it
(ECMA-376 part 1, 18.17.2), and a decimal point before it, without which one independent engine does not read it. A
range of one cell, B3:B3, is a value to one engine and a range to the others.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

LONGEST_FORMULA, LONGEST_LITERAL, MOST_ARGUMENTS = 8_192, 255, 255
_LITERAL = re.compile(r'"((?:[^"]|"")*)"')
_ERROR = re.compile(r"#(?:REF|NULL|DIV/0|VALUE|NUM)!")
_QUOTED_SHEET = re.compile(r"'((?:[^']|'')+)'!")
_PLAIN_SHEET = re.compile(r"""([^\s'"!,;:()+*/^&=<>{}-]*)!""")
_NUMBER_WITH_EXPONENT = re.compile(r"(?<![\w.$])(?:\d+\.?\d*|\.\d+)[Ee][-+]?\d+")
_RANGE = re.compile(r"(\$?[A-Z]{1,3}\$?[0-9]+):(\$?[A-Z]{1,3}\$?[0-9]+)(?![\w(])")
_AS_THE_STANDARD_WRITES_IT = re.compile(r"\d+\.\d+E[-+]?\d+")


def formula_faults(place: str, formula: str, sheets: Collection[str]) -> Iterator[str]:
    """Yield in words what is wrong with a formula at a place; `sheets` are the names of all sheets, in lower case."""
    if units(formula) > LONGEST_FORMULA:
        yield f"{place}: formula of {units(formula)} characters"
    if formula.startswith("=") or "#REF!" in formula:
        yield f"{place}: formula {formula[:60]!r}"
    if '"' in formula:
        for literal in _LITERAL.findall(formula):
            yield from (f"{place}: {fault}" for fault in _literal_faults(literal.replace('""', '"'), sheets))
        formula = _LITERAL.sub("", formula)
        if '"' in formula:
            yield f"{place}: a literal without an end"
    if "!" in formula:
        formula = _ERROR.sub("", formula)
        yield from (f"{place}: {fault}" for fault in _sheet_faults(formula, sheets))
        formula = _QUOTED_SHEET.sub("", formula)
    for number in _NUMBER_WITH_EXPONENT.findall(formula):
        if not _AS_THE_STANDARD_WRITES_IT.fullmatch(number):
            yield f"{place}: the number {number}"
    if ":" in formula:
        yield from (f"{place}: the range {a}:{b} of one cell" for a, b in _RANGE.findall(formula) if a == b)
    if formula.count(",") >= MOST_ARGUMENTS and _most_arguments(formula) > MOST_ARGUMENTS:
        yield f"{place}: a function of {_most_arguments(formula)} arguments"


def _literal_faults(text: str, sheets: Collection[str]) -> Iterator[str]:
    if units(text) > LONGEST_LITERAL:
        yield f"literal of {units(text)} characters"
    if text.startswith("#") and not _ERROR.match(text):  # where a link leads
        yield from _sheet_faults(text[1:], sheets)


def _sheet_faults(formula: str, sheets: Collection[str]) -> Iterator[str]:
    for name in _QUOTED_SHEET.findall(formula):
        if name.replace("''", "'").lower() not in sheets:
            yield f"no sheet {name!r}"
    yield from (f"sheet {name!r} without quotes" for name in _PLAIN_SHEET.findall(_QUOTED_SHEET.sub("", formula)))


def _most_arguments(formula: str) -> int:
    most, open_ = 0, [1]
    for character in formula:
        if character == "(":
            open_.append(1)
        elif character == ")":
            most = max(most, open_.pop())
        elif character == ",":
            open_[-1] += 1
    return most


def units(text: str) -> int:
    """The length as Excel counts it, in UTF-16: two for a character beyond the first 65,536."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2
