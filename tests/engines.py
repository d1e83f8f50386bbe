"""Recalculate a workbook with independent spreadsheet engines, never trusting a stored value.

values = recalculate("out.xlsx", "libreoffice", tmp_path)
values.value("Sheet", "B3")
"""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from xml.sax.saxutils import escape

import openpyxl
import pytest

from excel_export.recalculate import sheet_parts

Value = float | str | bool

# Own patterns, not those of excel_export.recalculate: a harness that shares them would share their mistakes.
_FORMULA_CELL = re.compile(
    rb"<c\b([^>]*)>\s*(<f\b[^>]*/>|<f\b[^>]*>[^<]*</f>)\s*(?:<v\s*/>|<v\b[^>]*>[^<]*</v>)?\s*</c>"
)
_STALE = re.compile(rb"</f>\s*<v\b[^>/]*>[^<]|<f\b[^>]*/>\s*<v\b[^>/]*>[^<]")
_TYPE = re.compile(rb'\st="[^"]*"')
_LIBREOFFICE_TIMEOUT = 300


def strip_values(source: Path | str, target: Path | str) -> Path:
    """Write a copy of the workbook in which no formula cell has a stored value."""
    return _copy(source, target, lambda part, xml: xml)


def edit(source: Path | str, changes: Mapping[tuple[str, str], Value], target: Path | str) -> Path:
    """Write a copy without stored values in which constant cells hold new values, as if somebody typed them.

    Raises KeyError when a sheet or a cell isn't there, ValueError when a cell holds a formula.
    """
    with zipfile.ZipFile(source) as workbook:
        parts = sheet_parts(workbook)
    by_part: dict[str, dict[str, Value]] = {}
    for (sheet, cell), value in changes.items():
        by_part.setdefault(parts[sheet], {})[cell] = value

    def change(part: str, xml: bytes) -> bytes:
        for cell, value in by_part.get(part, {}).items():
            xml = _set(xml, cell, value)
        return xml

    return _copy(source, target, change)


def _set(xml: bytes, cell: str, value: Value) -> bytes:
    pattern = re.compile(rb'<c\b([^>]*\br="%b"[^>]*?)(?:/>|>(.*?)</c>)' % cell.encode(), re.DOTALL)
    match = pattern.search(xml)
    if match is None:
        raise KeyError(f"no cell {cell}")
    if b"<f" in (match[2] or b""):
        raise ValueError(f"{cell} holds a formula, not a constant")
    attributes = _TYPE.sub(b"", match[1]).rstrip()
    if isinstance(value, bool):
        new = b'<c%b t="b"><v>%d</v></c>' % (attributes, value)
    elif isinstance(value, str):
        text = escape(value).encode()
        new = b'<c%b t="inlineStr"><is><t xml:space="preserve">%b</t></is></c>' % (attributes, text)
    else:
        new = b"<c%b><v>%b</v></c>" % (attributes, repr(value).encode())
    return xml[: match.start()] + new + xml[match.end() :]


def _copy(source: Path | str, target: Path | str, change: Callable[[str, bytes], bytes]) -> Path:
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        sheets = set(sheet_parts(old).values())
        for info in old.infolist():
            data = old.read(info)
            if info.filename in sheets:
                data = _strip(change(info.filename, data), info.filename)
            new.writestr(info, data, zipfile.ZIP_DEFLATED)
    return Path(target)


def _strip(xml: bytes, part: str) -> bytes:
    xml, count = _FORMULA_CELL.subn(
        lambda match: b"<c%b>%b<v></v></c>" % (_TYPE.sub(b"", match[1]), match[2]), xml
    )
    formulas = len(re.findall(rb"<f\b", xml))
    if count != formulas or _STALE.search(xml):
        raise AssertionError(f"{part}: {count} of {formulas} formulas stripped")
    return xml


@dataclass(frozen=True)
class Recalculated:
    """A workbook that one engine has computed; `path` is a file with stored values at full precision."""

    path: Path

    @cached_property
    def _workbook(self) -> openpyxl.Workbook:
        return openpyxl.load_workbook(self.path, data_only=True)

    def value(self, sheet: str, cell: str) -> Value | None:
        """Return one cell's value."""
        return _uniform(self._workbook[sheet][cell].value)

    def values(self, sheet: str, cells: str) -> list[list[Value | None]]:
        """Return the values of a range such as `B2:D5`, row by row."""
        return [[_uniform(cell.value) for cell in row] for row in self._workbook[sheet][cells]]


def _uniform(value: object) -> Value | None:
    if isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    return value  # type: ignore[return-value]


def recalculate(path: Path | str, engine: str, folder: Path) -> Recalculated:
    """Strip the workbook of its stored values, compute it with `engine`, and keep the result in `folder`.

    Raises RuntimeError when the engine fails.
    """
    folder.mkdir(parents=True, exist_ok=True)
    stripped = strip_values(path, folder / f"{Path(path).stem}.stripped.xlsx")
    target = folder / f"{Path(path).stem}.{engine}.xlsx"
    target.unlink(missing_ok=True)
    ENGINES[engine](stripped, target)
    if not target.exists():
        raise RuntimeError(f"{engine} wrote nothing for {path}")
    return Recalculated(target)


def _libreoffice(source: Path, target: Path) -> None:
    work = target.parent / f"{target.stem}.work"
    profile = work / "profile"
    command = ["soffice", "--headless", "--norestore", f"-env:UserInstallation={profile.resolve().as_uri()}"]
    command += ["--convert-to", "xlsx:Calc MS Excel 2007 XML", "--outdir", str(work), str(source)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_LIBREOFFICE_TIMEOUT)
        written = work / source.name
        if not written.exists():
            raise RuntimeError(f"LibreOffice failed: {done.stdout}{done.stderr}")
        os.replace(written, target)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _ironcalc(source: Path, target: Path) -> None:
    import ironcalc

    model = ironcalc.load_from_xlsx(str(source), "en", "UTC", "en")
    model.evaluate()
    model.save_to_xlsx(str(target))


def _formualizer(source: Path, target: Path) -> None:
    import formualizer

    formualizer.recalculate_xlsx_file(str(source), str(target))


ENGINES: dict[str, Callable[[Path, Path], None]] = {
    "libreoffice": _libreoffice,
    "ironcalc": _ironcalc,
    "formualizer": _formualizer,
}


def is_available(engine: str) -> bool:
    """Tell whether the engine is installed."""
    if engine == "libreoffice":
        return shutil.which("soffice") is not None
    return importlib.util.find_spec(engine) is not None


def available_engines() -> Iterator[str]:
    """Yield the names of the engines that are installed."""
    return (engine for engine in ENGINES if is_available(engine))


def require_engine(engine: str) -> str:
    """Return the engine's name; where it is missing, skip the test, or fail it when CI is set."""
    if not is_available(engine):
        reason = f"{engine} is not installed"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    return engine
