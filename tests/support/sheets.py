"""One sheet of a workbook, as openpyxl reads it: to read all takes it ten times as long."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

from openpyxl import load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from tests.support.engines import sheet_parts

_EMPTY = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData/></worksheet>'


def load_sheet(path: Path, name: str, *, data_only: bool = False) -> Worksheet:
    """Read a sheet, with its styles, rules, charts and pictures; the others are there, and empty."""
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(alone := io.BytesIO(), "w") as new:
        parts = sheet_parts(old)
        others = {*parts.values()} - {parts[name]}
        for part in old.namelist():
            new.writestr(part, _EMPTY if part in others else old.read(part))
    return load_workbook(alone, data_only=data_only)[name]
