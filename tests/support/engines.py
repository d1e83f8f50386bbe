"""Recalculate a workbook with independent spreadsheet engines, never trusting a stored value.

    @each_engine
    def test_something(engine, tmp_path):
        edit("made.xlsx", {("inputs", "B3"): 0.5}, tmp_path / "edited.xlsx")
        assert recalculate(tmp_path / "edited.xlsx", engine, tmp_path).value("loss", "B2") == ...

What each does in its own way:

- ironcalc takes numbers closer than 2e-16 for equal.
- formualizer refuses very many formulas, on a sheet (a workbook with its training sheets) or in all, a sheet of more
  than 256 columns (the slice's Network), and a sum of more than 256 terms.
- libreoffice writes 15 significant digits in every format, so its values are only good to a relative 5e-15; and it
  takes a difference of two almost equal numbers as 0.
- formulon does as Excel does: numbers below 2.2e-308 are 0, numbers that are equal in 15 digits are equal, and their
  difference is 0 where it is the last step of a formula. A formula may not hold a number such as 1E-310. It is slow
  to load. One instance of the engine serves a process: after a crash inside it, every later call fails, too.
- cellrune takes a difference of two almost equal numbers as 0, as Excel does, and refuses a sum of more than 256 terms.
- gnumeric keeps every bit. It reads no sheet name with an apostrophe, and INDEX(A1:C1,2) of a single row is #REF! to
  it: INDEX(A1:C1,1,2) works everywhere.
"""

from __future__ import annotations

import importlib.util
import os
import posixpath
import re
import shutil
import subprocess
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from xml.etree import ElementTree
from xml.sax.saxutils import escape

import pytest
from lxml import etree
from openpyxl.utils import range_boundaries
from openpyxl.utils.cell import coordinate_to_tuple

from tests.support import libreoffice

Value = float | str | bool
TIMEOUT = 600  # seconds
CELLRUNE_TERMS = 250
FORMUALIZER_LIMITS = ("formula cell count limit", "worksheet width limit", "Formula AST height limit")

# None of the project's own code: a harness that shared it would share its mistakes.
_FORMULA_CELL = re.compile(
    rb"<c\b([^>]*)>\s*(<f\b[^>]*/>|<f\b[^>]*>[^<]*</f>)\s*(?:<v\b[^>]*/>|<v\b[^>]*>[^<]*</v>)?\s*</c>"
)
_FORMULA = re.compile(rb"<(?:[^\s<>/:]+:)?f[\s/>]")
"""Where there are as many of these as cells that were stripped, no other formula is left, and no parser need look."""
_TYPE = re.compile(rb'\st="[^"]*"')
_SMALL = 20_000_000
"""Up to so many bytes a part of a copy is not compressed: it is read once, and soon gone."""
_MAIN = {"main": "http://schemas.openxmlformats.org/spreadsheetml/2006/main"}
_RELATION_ID = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_WITH_VALUE = etree.XPath("//main:c[main:f][main:v/text()]", namespaces=_MAIN)
_STRIPPED = b"no formula has a stored value"
"""The comment in the zip of a copy of ours: such a copy need not be stripped again."""


def _parsed(xml: bytes) -> etree._Element:
    return etree.fromstring(xml, etree.XMLParser(huge_tree=True))


def sheet_parts(workbook: zipfile.ZipFile) -> dict[str, str]:
    """Return the part of each sheet by the sheet's name, in the order of the tabs."""
    relations = etree.fromstring(workbook.read("xl/_rels/workbook.xml.rels"))
    targets = {relation.get("Id"): relation.get("Target", "") for relation in relations}
    sheets = etree.fromstring(workbook.read("xl/workbook.xml")).iterfind(".//main:sheet", _MAIN)
    return {sheet.get("name"): posixpath.join("/xl", targets[sheet.get(_RELATION_ID)])[1:] for sheet in sheets}


def strip_values(source: Path | str, target: Path | str) -> Path:
    """Write a copy of the workbook in which no formula has a stored value.

    Raises AssertionError when the copy would still hold one.
    """
    with zipfile.ZipFile(source) as workbook:
        is_stripped = workbook.comment == _STRIPPED
    if is_stripped:
        return Path(shutil.copy(source, target))
    return _copy(source, target, lambda part, xml: xml)


def edit(source: Path | str, changes: Mapping[tuple[str, str], Value], target: Path | str) -> Path:
    """Write a copy in which constant cells hold new values, as if typed, and no formula has a stored value.

    Raises KeyError when a sheet or a cell isn't there, ValueError when a cell holds a formula.
    """
    with zipfile.ZipFile(source) as workbook:
        parts = sheet_parts(workbook)
    by_part: dict[str, dict[str, Value]] = {}
    for (sheet, cell), value in changes.items():
        by_part.setdefault(parts[sheet], {})[cell] = value

    def change(part: str, xml: bytes) -> bytes:
        for cell, value in by_part.get(part, {}).items():
            xml = _type_into(xml, cell, value)
        return xml

    return _copy(source, target, change)


def _type_into(xml: bytes, cell: str, value: Value) -> bytes:
    match = re.search(rb'<c\b([^>]*\br="%b"[^>]*?)(?:/>|>(.*?)</c>)' % cell.encode(), xml, re.DOTALL)
    if match is None:
        raise KeyError(f"no cell {cell}")
    if re.search(rb"<f\b", match[2] or b""):
        raise ValueError(f"{cell} holds a formula")
    attributes = _TYPE.sub(b"", match[1]).rstrip()
    if isinstance(value, str):
        text = escape(value).encode()
        new = b'<c%b t="inlineStr"><is><t xml:space="preserve">%b</t></is></c>' % (attributes, text)
    elif isinstance(value, bool):
        new = b'<c%b t="b"><v>%d</v></c>' % (attributes, value)
    else:
        new = b"<c%b><v>%b</v></c>" % (attributes, repr(float(value)).encode())
    return xml[: match.start()] + new + xml[match.end() :]


def _copy(source: Path | str, target: Path | str, change: Callable[[str, bytes], bytes]) -> Path:
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        sheets = set(sheet_parts(old).values())
        for info in old.infolist():
            data = old.read(info)
            if info.filename in sheets:
                # <v></v> as openpyxl leaves it: without it, ironcalc prints a warning for each cell
                data = change(info.filename, data)
                data, count = _FORMULA_CELL.subn(_without_value, data)
                if len(_FORMULA.findall(data)) != count:
                    _assert_stripped(data, info.filename)
            how = zipfile.ZIP_STORED if len(data) < _SMALL else zipfile.ZIP_DEFLATED
            new.writestr(info, data, how, compresslevel=1)
        new.comment = _STRIPPED
    return Path(target)


def _without_value(cell: re.Match[bytes]) -> bytes:
    return b"<c%b>%b<v></v></c>" % (_TYPE.sub(b"", cell[1]), cell[2])


def _assert_stripped(xml: bytes, part: str) -> None:
    for cell in _WITH_VALUE(_parsed(xml)):
        raise AssertionError(f"{part}: the formula in {cell.get('r')} still has a stored value")


def canonical_parts(path: Path | str) -> dict[str, str | bytes]:
    """Return every part of the file, XML in a form that doesn't depend on whether openpyxl found lxml."""
    with zipfile.ZipFile(path) as workbook:
        parts = {part: workbook.read(part) for part in workbook.namelist()}
    is_xml = re.compile(r"\.(xml|rels|vml)$").search
    return {part: ElementTree.canonicalize(data) if is_xml(part) else data for part, data in parts.items()}


@dataclass(frozen=True)
class Recalculated:
    """A workbook that one engine has computed; `path` is a file that holds all its values.

    Numbers come as float, whatever the file says; an error value comes as its text, such as `#DIV/0!`.
    """

    path: Path

    @cached_property
    def _sheets(self) -> dict[str, dict[tuple[int, int], Value]]:
        """The values of the sheets that were asked for: to read a large workbook whole takes seconds."""
        return {}

    def _cells(self, sheet: str) -> dict[tuple[int, int], Value]:
        if sheet not in self._sheets:
            with zipfile.ZipFile(self.path) as workbook:
                cells = _parsed(workbook.read(sheet_parts(workbook)[sheet])).iter("{*}c")
            found = {coordinate_to_tuple(cell.get("r")): self._value(cell) for cell in cells}
            self._sheets[sheet] = {place: value for place, value in found.items() if value is not None}
        return self._sheets[sheet]

    @cached_property
    def _texts(self) -> list[str]:
        """The texts that cells share."""
        with zipfile.ZipFile(self.path) as workbook:
            if "xl/sharedStrings.xml" not in workbook.namelist():
                return []
            items = _parsed(workbook.read("xl/sharedStrings.xml")).iter("{*}si")
        return ["".join(each.text or "" for each in item.iter("{*}t")) for item in items]

    def _value(self, cell: etree._Element) -> Value | None:
        kind, text = cell.get("t", "n"), cell.findtext("{*}v")
        if kind == "inlineStr":
            return "".join(each.text or "" for each in cell.iter("{*}t"))
        if not text:
            return None
        if kind == "b":
            return text == "1"
        return float(text) if kind == "n" else self._texts[int(text)] if kind == "s" else text

    def cells(self, sheet: str) -> dict[tuple[int, int], Value]:
        """Return all cells of a sheet that hold something, by row and column."""
        return self._cells(sheet)

    def value(self, sheet: str, cell: str) -> Value | None:
        """Return one cell's value."""
        return self._cells(sheet).get(coordinate_to_tuple(cell.replace("$", "")))

    def texts(self, sheet: str) -> list[str]:
        """Return the texts of a sheet, in no order."""
        return [value for value in self.cells(sheet).values() if isinstance(value, str)]

    def values(self, sheet: str, cells: str) -> list[list[Value | None]]:
        """Return the values of a range such as `B2:D5`, row by row."""
        found = self._cells(sheet)
        left, top, right, bottom = range_boundaries(cells)
        return [[found.get((row, col)) for col in range(left, right + 1)] for row in range(top, bottom + 1)]


def recalculate(path: Path | str, engine: str, folder: Path) -> Recalculated:
    """Strip the workbook of its stored values, compute it with `engine`, and keep the result in `folder`.

    Raises RuntimeError when the engine fails; a missing one skips the test, or fails it where CI is set.
    """
    require_engine(engine)
    folder.mkdir(parents=True, exist_ok=True)
    stripped = strip_values(path, folder / f"{Path(path).stem}.stripped.xlsx")
    target = folder / f"{Path(path).stem}.{engine}.xlsx"
    target.unlink(missing_ok=True)
    try:
        ENGINES[engine](stripped, target)
    except (OSError, subprocess.SubprocessError) as error:
        raise RuntimeError(f"{engine} can't recalculate {path}: {error}") from error
    if not target.exists():
        raise RuntimeError(f"{engine} wrote nothing for {path}")
    return Recalculated(target)


def recalculate_edits(
    path: Path | str, edits: Sequence[Mapping[tuple[str, str], Value]], engine: str, folder: Path
) -> Iterator[Recalculated]:
    """Compute the workbook after each of several edits, with one start of LibreOffice for all of them."""
    require_engine(engine)
    copies = [edit(path, changes, folder / f"edit {k}.xlsx") for k, changes in enumerate(edits)]
    if engine == "libreoffice":
        yield from map(Recalculated, libreoffice.save_as("xlsx", copies, folder / "computed"))
    else:
        yield from (recalculate(copy, engine, folder) for copy in copies)


def _libreoffice(source: Path, target: Path) -> None:
    work = target.with_suffix(".work")
    try:
        [made] = libreoffice.save_as("xlsx", [source], work)
        os.replace(made, target)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _ironcalc(source: Path, target: Path) -> None:
    import ironcalc

    try:
        model = ironcalc.load_from_xlsx(str(source), "en", "UTC", "en")
        model.evaluate()
        model.save_to_xlsx(str(target))
    except ironcalc.WorkbookError as error:
        raise RuntimeError(f"ironcalc can't recalculate {source}: {error}") from error


def _formualizer(source: Path, target: Path) -> None:
    import formualizer

    try:
        formualizer.recalculate_xlsx_file(str(source), str(target))
    except OSError as error:
        if any(limit in str(error) for limit in FORMUALIZER_LIMITS):
            pytest.skip(f"formualizer: {error}")
        raise


def _formulon(source: Path, target: Path) -> None:
    import formulon

    try:
        with formulon.Workbook.load(source.read_bytes()) as workbook:
            workbook.recalc()
            target.write_bytes(workbook.save())
    except formulon.FormulonError as error:
        raise RuntimeError(f"formulon can't recalculate {source}: {error}") from error


def _cellrune(source: Path, target: Path) -> None:
    import cellrune

    try:
        with cellrune.Workbook.open_path(source) as workbook:
            if workbook.calculate()["unavailable_count"] and _most_terms(source) > CELLRUNE_TERMS:
                pytest.skip(f"cellrune: a sum of more than {CELLRUNE_TERMS} terms")
            workbook.save(target)
    except cellrune.CellRuneError as error:
        raise RuntimeError(f"cellrune can't recalculate {source}: {error}") from error


def _most_terms(source: Path) -> int:
    with zipfile.ZipFile(source) as workbook:
        formulas = (re.findall(rb"<f[^>]*>([^<]*)", workbook.read(part)) for part in sheet_parts(workbook).values())
        return max(1 + formula.count(b"+") for each in formulas for formula in each)


def _gnumeric(source: Path, target: Path) -> None:
    command = ["ssconvert", "--recalc", str(source), str(target)]
    done = subprocess.run(command, capture_output=True, timeout=TIMEOUT)
    if done.returncode:
        raise RuntimeError(f"gnumeric can't recalculate {source}: {done.stderr.decode(errors='replace')[-500:]}")


ENGINES: dict[str, Callable[[Path, Path], None]] = {
    "libreoffice": _libreoffice,
    "ironcalc": _ironcalc,
    "formualizer": _formualizer,
    "formulon": _formulon,
    "cellrune": _cellrune,
    "gnumeric": _gnumeric,
}
OPTIONAL = {"gnumeric"}
"""Engines that may be missing even where the environment variable CI is set."""
each_engine = pytest.mark.parametrize("engine", ENGINES)
"""`tests/conftest.py` marks all but ironcalc as slow, except in files that choose by themselves."""


def is_available(engine: str) -> bool:
    """Tell whether the engine is installed."""
    if engine == "libreoffice":
        return libreoffice.soffice() is not None
    if engine == "gnumeric":
        return shutil.which("ssconvert") is not None
    return importlib.util.find_spec(engine) is not None


def available_engines() -> list[str]:
    """Return the names of the engines that are installed."""
    return [engine for engine in ENGINES if is_available(engine)]


def require_engine(engine: str) -> None:
    """Skip the test when the engine isn't installed; where CI is set, fail it, unless the engine is optional."""
    if not is_available(engine):
        needed = os.environ.get("CI") and engine not in OPTIONAL
        (pytest.fail if needed else pytest.skip)(f"{engine} is not installed")
