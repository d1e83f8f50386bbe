"""Give every formula of a finished workbook its stored value, and make the file's bytes reproducible.

openpyxl writes formulas without values, so previewers, Protected View and pandas show blanks. `store_values`
lets a real spreadsheet engine compute them and puts them into the XML. Nothing else inside the file changes
but the dates in `docProps/core.xml`: they are fixed, like the zip's own, so that the same input gives the
same bytes.
"""

from __future__ import annotations

import functools
import math
import os
import posixpath
import re
import shutil
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree
from xml.sax.saxutils import escape, unescape

import ironcalc
from openpyxl.utils import column_index_from_string

# Level 9 saves almost nothing over 6 and costs far more time; see benchmarks/recalculate.py.
COMPRESS_LEVEL = 6
EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest date a zip can hold
SHOWN = 5

_CELL = re.compile(
    rb'<c r="([A-Z]+)([0-9]+)"((?: [a-z]+="[^"]*")*)>'
    rb"(<f(?: [^>]*)?>[^<]*</f>)(?:<v ?/>|<v>[^<]*</v>)?</c>"
)
_TYPE = re.compile(rb' t="[^"]*"')
_FORMULA = re.compile(rb"<f[ />]")
_DATE = re.compile(rb"(<dcterms:(?:created|modified)\b[^>]*>)[^<]*")
_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"

_column = functools.cache(lambda letters: column_index_from_string(letters.decode()))


class RecalculationError(Exception):
    """The engine could not compute a workbook; the message names the first cells and their formulas."""


def store_values(path: Path | str, *, allow_errors: bool = False) -> int:
    """Compute every formula of the workbook at `path`, store the values in it, and return how many there are.

    With `allow_errors`, a cell may hold an error value such as `#N/A`.

    Raises:
        RecalculationError: when the engine can't load or evaluate the workbook, or when a formula can't be
            parsed or gives an error value; `path` is left as it was.
        OSError: when `path` can't be read or its folder can't be written.
        zipfile.BadZipFile: when `path` is no workbook.

    """
    path = Path(path)
    with zipfile.ZipFile(path) as workbook:
        sheets = sheet_parts(workbook)
    model = _evaluate(path)
    numbers = {part: number for number, part in enumerate(sheets.values())}
    names = list(sheets)
    failures: list[str] = []
    stored = 0

    def fill(part: str, xml: bytes) -> bytes:
        nonlocal stored
        if part not in numbers:
            return xml
        number = numbers[part]
        errors: list[tuple[bytes, bytes, str]] = []
        filled, count = _fill(xml, functools.partial(model.get_cell_value, number), errors)
        if count != len(_FORMULA.findall(xml)):
            raise RecalculationError(f"{path}: sheet {names[number]!r} holds a formula of an unknown form")
        failures.extend(f"{names[number]}!{_describe(*error)}" for error in errors)
        stored += count
        return filled

    def check() -> None:
        if failures and not allow_errors:
            shown = "; ".join(failures[:SHOWN])
            more = f" … and {len(failures) - SHOWN} more" if len(failures) > SHOWN else ""
            raise RecalculationError(f"{path}: {len(failures)} formula(s) give no value: {shown}{more}")

    _rewrite(path, fill, check)
    return stored


def repack(path: Path | str) -> None:
    """Make the bytes of the workbook at `path` reproducible and leave its formulas without stored values.

    Raises:
        OSError: when `path` can't be read or its folder can't be written.
        zipfile.BadZipFile: when `path` is no workbook.

    """
    _rewrite(Path(path), lambda part, xml: xml, lambda: None)


def sheet_parts(workbook: zipfile.ZipFile) -> dict[str, str]:
    """Return the part of each worksheet by the sheet's name, in the order of the tabs."""
    relations = ElementTree.fromstring(workbook.read("xl/_rels/workbook.xml.rels"))
    targets = {relation.get("Id"): relation.get("Target", "") for relation in relations}
    sheets = ElementTree.fromstring(workbook.read("xl/workbook.xml")).iter(f"{_MAIN}sheet")
    parts = {sheet.get("name", ""): targets[sheet.get(_RELATION)] for sheet in sheets}
    return {name: posixpath.join("/xl", target)[1:] for name, target in parts.items()}


def _evaluate(path: Path) -> ironcalc.Model:
    try:
        model = ironcalc.load_from_xlsx(str(path), "en", "UTC", "en")
        model.evaluate()
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:  # a panic in the engine is no Exception
        raise RecalculationError(f"{path}: the engine can't compute this workbook: {error}") from error
    return model


def _fill(
    xml: bytes, value_of: Callable[[int, int], Any], errors: list[tuple[bytes, bytes, str]]
) -> tuple[bytes, int]:
    """Return the sheet with a value in each formula cell, and their number; add error cells to `errors`."""

    def cell(match: re.Match[bytes]) -> bytes:
        column, row, attributes, formula = match.groups()
        value = value_of(int(row), _column(column))
        if b" t=" in attributes:
            attributes = _TYPE.sub(b"", attributes)
        if type(value) is float and math.isfinite(value):
            return b'<c r="%b%b"%b>%b<v>%b</v></c>' % (column, row, attributes, formula, repr(value).encode())
        kind, text = _typed(value)
        if kind == "e":
            errors.append((column + row, formula, text))
        head = b'<c r="%b%b"%b t="%b">' % (column, row, attributes, kind.encode())
        return b"%b%b<v>%b</v></c>" % (head, formula, escape(text).encode())

    return _CELL.subn(cell, xml)


def _typed(value: object) -> tuple[str, str]:
    if isinstance(value, bool):
        return "b", str(int(value))
    if isinstance(value, str):
        return ("e" if value.startswith("#") else "str"), value
    return "e", "#NUM!"


def _describe(cell: bytes, formula: bytes, value: str) -> str:
    text = unescape(re.sub(rb"<[^>]*>", b"", formula).decode(), {"&quot;": '"', "&apos;": "'"})
    shown = text if len(text) <= 100 else text[:97] + "..."
    return f"{cell.decode()} (={shown} gives {value})"


def _rewrite(path: Path, change: Callable[[str, bytes], bytes], check: Callable[[], None]) -> None:
    handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".tmp", dir=path.parent)
    try:
        with zipfile.ZipFile(path) as old, os.fdopen(handle, "wb") as file, zipfile.ZipFile(file, "w") as new:
            for part, data in _changed(old, change):
                entry = zipfile.ZipInfo(part, EPOCH)
                entry.create_system = 3
                entry.external_attr = 0o644 << 16
                entry.compress_type = zipfile.ZIP_DEFLATED
                new.writestr(entry, data, compresslevel=COMPRESS_LEVEL)
        check()
        shutil.copymode(path, temporary)
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise


def _changed(old: zipfile.ZipFile, change: Callable[[str, bytes], bytes]) -> Iterator[tuple[str, bytes]]:
    for part in sorted(old.namelist()):  # "[Content_Types].xml" comes first, as file-type sniffers expect
        data = old.read(part)
        if part == "docProps/core.xml":
            data = _DATE.sub(rb"\g<1>1980-01-01T00:00:00Z", data)
        yield part, change(part, data)
