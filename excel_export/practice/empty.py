"""Take the formulas out of some cells of a workbook, as it is written, before it has values."""

from __future__ import annotations

import io
import re
import zipfile
from collections import defaultdict
from collections.abc import Sequence

from excel_export.formulas.reference import Reference
from excel_export.xlsx.recalculate import sheet_parts


def without_formulas(package: bytes, cells: Sequence[Reference]) -> bytes:
    """Return a copy of a workbook in which some cells, each with a formula, hold nothing, and look as before."""
    by_sheet: dict[str, list[Reference]] = defaultdict(list)
    for cell in cells:
        by_sheet[cell.sheet].append(cell)
    copied = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(package)) as old, zipfile.ZipFile(copied, "w") as new:
        names = {part: name for name, part in sheet_parts(old).items()}
        for part in old.namelist():
            data = old.read(part)
            for cell in by_sheet.get(names.get(part, ""), ()):
                formula = rb'(<c r="%b" s="[0-9]+")><f>[^<]*</f><v></v></c>' % cell.area.encode()
                data, count = re.subn(formula, rb"\1/>", data)
                assert count == 1, cell
            new.writestr(part, data)
    return copied.getvalue()
