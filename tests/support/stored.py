"""Workbooks on the disk, with the values of their formulas stored or taken away, as the exporter does it in memory."""

from __future__ import annotations

from pathlib import Path

from excel_export.shared.files import replacing
from excel_export.xlsx.recalculate import RecalculationError, rewritten, with_values


def store_values(path: Path | str, *, allow_errors: bool = False) -> int:
    """Compute every formula of a workbook, store the values in it, and return how many there are."""
    path = Path(path)
    workbook = path.read_bytes()
    with replacing(path) as file:
        try:
            filled, formulas = with_values(workbook, file, allow_errors=allow_errors)
        except RecalculationError as error:
            raise RecalculationError(f"{path}: {error}") from error
        file.write(filled)
    return formulas


def repack(path: Path | str) -> None:
    """Make the bytes of a workbook reproducible and leave its formulas without stored values."""
    path = Path(path)
    packed = rewritten(path.read_bytes(), lambda part, data: data)
    with replacing(path) as file:
        file.write(packed)
