"""Give every formula of a finished workbook its stored value, and make the file's bytes reproducible.

openpyxl writes formulas without values, so previewers, Protected View and pandas show blanks. `with_values`
lets a real spreadsheet engine compute them and puts them into the XML. Nothing else inside the file changes
but the dates in `docProps/core.xml`: they are fixed, like the zip's own, so that the same input gives the
same bytes.
"""

from __future__ import annotations

import functools
import io
import math
import posixpath
import re
import zipfile
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from io import BufferedWriter
from types import MappingProxyType
from typing import TYPE_CHECKING
from xml.etree import ElementTree
from xml.sax.saxutils import escape, unescape

from openpyxl.utils import column_index_from_string

if TYPE_CHECKING:
    import ironcalc

# Against 6, level 9 makes a file 2 % smaller in three times the time: benchmarks/recalculate.py.
COMPRESS_LEVEL = 6
EARLIEST = (1980, 1, 1, 0, 0, 0)  # a zip can hold no earlier date
EXCEL_ERRORS = {"#NULL!", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#N/A"}
SHOWN_FAILURES = 5

_CELL = re.compile(
    rb'(<c r="([A-Z]+)([0-9]+)"(?: [a-su-z]+="[^"]*")*)( t="[^"]*")?((?: [a-z]+="[^"]*")*>'
    rb"<f(?: [^>]*)?>[^<]*</f>)(?:<v ?/>|<v>[^<]*</v>)?</c>"
)
_CONDITIONAL_FORMATS = re.compile(rb"<conditionalFormatting\b.*?</conditionalFormatting>", re.DOTALL)
_FORMULA = re.compile(rb"<f[ />]")
_DATE = re.compile(rb"(<dcterms:(?:created|modified)\b[^>]*>)[^<]*")
_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_RELATION_ID = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"

_column_number = functools.cache(lambda letters: column_index_from_string(letters.decode()))


class RecalculationError(Exception):
    """The engine could not compute a workbook; the message names the first cells and their formulas."""


@dataclass(frozen=True)
class Rounding:
    """How the values of a sheet are stored that nobody reads from the file, to keep it small."""

    digits: int
    """How many significant digits they have."""
    exact: Collection[tuple[int, int]] = ()
    """The rows and columns of those that keep all digits."""


def with_values(
    workbook: bytes,
    scratch: BufferedWriter,
    *,
    allow_errors: bool = False,
    rounding: Mapping[str, Rounding] = MappingProxyType({}),
    progress: Callable[[float], None] = lambda share: None,
) -> tuple[bytes, int]:
    """Return a workbook with the values of its formulas stored in it, and how many formulas there are.

    Args:
        workbook: the .xlsx file.
        scratch: a file for the engine, which reads nothing else; it is empty again afterwards.
        allow_errors: a formula may give an error value that Excel knows, such as `#N/A`.
        rounding: the sheets whose values are stored with fewer digits.
        progress: told which share of the values is stored, from 0 to 1, sheet by sheet, once they are computed.

    Raises:
        RecalculationError: the engine is missing, or can't load or evaluate the workbook, or a formula can't be
            parsed or gives an error value.
        OSError: when `scratch` can't be written.
        zipfile.BadZipFile: when it is no workbook.
    """
    with _open(workbook) as parts:
        sheets = {
            part: _Sheet(i, name, rounding.get(name)) for i, (name, part) in enumerate(sheet_parts(parts).items())
        }
        sizes = {part: parts.getinfo(part).file_size for part in sheets}
    model = _evaluate(workbook, scratch)
    progress(0)
    stored, total = 0, sum(sizes.values())

    def fill(part: str, xml: bytes) -> bytes:
        nonlocal stored
        if part not in sheets:
            return xml
        xml = sheets[part].fill(xml, model)
        stored += sizes[part]
        progress(stored / total)
        return xml

    filled = rewritten(workbook, fill)
    failures = [
        f"'{sheet.name}'!{cell} {_readable(formula)} gives {error}"
        for sheet in sheets.values()
        for cell, formula, error in sheet.errors
        if not allow_errors or error not in EXCEL_ERRORS
    ]
    if failures:
        shown = failures[:SHOWN_FAILURES] + ["…"] * (len(failures) > SHOWN_FAILURES)
        raise RecalculationError(f"{len(failures)} formulas have no value: {'; '.join(shown)}")
    return filled, sum(sheet.formulas for sheet in sheets.values())


def rewritten(workbook: bytes, change: Callable[[str, bytes], bytes]) -> bytes:
    """Return the zip with changed parts, the same bytes for the same parts."""
    rewritten = io.BytesIO()
    with _open(workbook) as old, zipfile.ZipFile(rewritten, "w") as new:
        for part in sorted(old.namelist()):  # "[Content_Types].xml" is first, as file sniffers expect
            data = change(part, old.read(part))
            if part == "docProps/core.xml":
                data = _DATE.sub(rb"\g<1>1980-01-01T00:00:00Z", data)
            entry = zipfile.ZipInfo(part, EARLIEST)
            entry.create_system = 3
            entry.external_attr = 0o644 << 16
            new.writestr(entry, data, zipfile.ZIP_DEFLATED, COMPRESS_LEVEL)
    return rewritten.getvalue()


def sheet_parts(workbook: zipfile.ZipFile) -> dict[str, str]:
    """Return the part of each sheet by the sheet's name, in the order of the tabs."""
    relations = ElementTree.fromstring(workbook.read("xl/_rels/workbook.xml.rels"))
    targets = {relation.get("Id"): relation.get("Target", "") for relation in relations}
    sheets = ElementTree.fromstring(workbook.read("xl/workbook.xml")).iter(f"{_MAIN}sheet")
    return {sheet.get("name", ""): posixpath.join("/xl", targets[sheet.get(_RELATION_ID)])[1:] for sheet in sheets}


def _evaluate(workbook: bytes, scratch: BufferedWriter) -> ironcalc.Model:
    _write_bare(workbook, scratch)
    try:
        import ironcalc

        model = ironcalc.load_from_xlsx(scratch.name, "en", "UTC", "en")
        model.evaluate()
    except (KeyboardInterrupt, SystemExit):
        raise
    except ImportError as error:
        raise RecalculationError("stored values need the engine: pip install ironcalc") from error
    except BaseException as error:  # a panic inside the engine is not an Exception
        raise RecalculationError(f"the engine can't compute this workbook: {error}") from error
    scratch.seek(0)
    scratch.truncate()
    return model


def _write_bare(workbook: bytes, scratch: BufferedWriter) -> None:
    """Write the workbook without its conditional formats, which change no value and take the engine long to load."""
    with _open(workbook) as old, zipfile.ZipFile(scratch, "w") as new:
        for part in old.namelist():
            new.writestr(part, _CONDITIONAL_FORMATS.sub(b"", old.read(part)))
    scratch.flush()


def _open(workbook: bytes) -> zipfile.ZipFile:
    return zipfile.ZipFile(io.BytesIO(workbook))


class _Sheet:
    def __init__(self, index: int, name: str, rounding: Rounding | None) -> None:
        self.index = index
        self.name = name
        self.rounding = rounding
        self.formulas = 0
        self.errors: list[tuple[str, bytes, str]] = []

    def fill(self, xml: bytes, model: ironcalc.Model) -> bytes:
        """Return the sheet's XML with a value in every formula cell."""
        value_of, sheet = model.get_cell_value, self.index
        digits, exact = (self.rounding.digits, self.rounding.exact) if self.rounding else (0, ())

        def with_value(match: re.Match[bytes]) -> bytes:
            head, column, row, _, formula = match.groups()
            place = sheet, int(row), _column_number(column)
            value = value_of(*place)
            if type(value) is float and math.isfinite(value):
                if digits and place[1:] not in exact:
                    return b"%b%b<v>%.*g</v></c>" % (head, formula, digits, value)
                return b"%b%b<v>%r</v></c>" % (head, formula, value)
            if isinstance(value, bool):
                kind, text = b"b", str(int(value))
            elif isinstance(value, str) and str(model.get_cell_type(*place)) == "CellType.Text":
                kind, text = b"str", value
            else:
                kind, text = b"e", value if isinstance(value, str) else "#NUM!"
                self.errors.append(((column + row).decode(), formula[formula.index(b"<f") :], text))
            return b'%b t="%b"%b<v>%b</v></c>' % (head, kind, formula, escape(text).encode())

        filled, self.formulas = _CELL.subn(with_value, xml)
        if self.formulas != len(_FORMULA.findall(xml)):
            raise RecalculationError(f"sheet {self.name!r} holds formulas in a form that openpyxl doesn't write")
        return filled


def _readable(formula: bytes) -> str:
    text = unescape(re.sub(rb"<[^>]*>", b"", formula).decode())
    return f"={text if len(text) <= 100 else text[:97] + '...'}"
