"""Take the formulas out of some cells of a workbook, as it is written, before it has values."""

from __future__ import annotations

import io
import re
import zipfile
from collections import defaultdict
from collections.abc import Sequence

from excel_export.formulas.reference import Reference
from excel_export.xlsx.recalculate import rewritten, sheet_parts


def without_formulas(package: bytes, cells: Sequence[Reference]) -> bytes:
    """Return a copy of a workbook in which some cells, each with a formula, hold nothing, and look as before."""
    by_sheet: dict[str, list[bytes]] = defaultdict(list)
    for cell in cells:
        by_sheet[cell.sheet].append(cell.area.encode())
    with zipfile.ZipFile(io.BytesIO(package)) as workbook:
        names = {part: name for name, part in sheet_parts(workbook).items()}

    def emptied(part: str, data: bytes) -> bytes:
        areas = by_sheet.get(names.get(part, ""))
        if not areas:
            return data
        formulas = rb'(<c r="(?:%b)" s="[0-9]+")><f>[^<]*</f><v></v></c>' % b"|".join(areas)
        data, count = re.subn(formulas, rb"\1/>", data)
        assert count == len(areas), part
        return data

    return rewritten(package, emptied)
