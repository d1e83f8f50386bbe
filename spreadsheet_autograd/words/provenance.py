"""What tells where a file comes from: who saved it when, and the pictures and charts in it."""

from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import Any

from excel_export.shared.errors import ExportError
from excel_export.workbook.contents import read_submission
from excel_export.workbook.package import Package

DRAWN = ("image", "chart")
MOST_DRAWINGS = 200


def provenance_of(path: Path) -> dict[str, Any]:
    """Return the properties of a file, and the digests of its drawings. It runs in the process that is locked in."""
    drawings: set[str] = set()
    with Package(path) as package:
        for part in islice(_drawings(package), MOST_DRAWINGS):
            with suppress(ExportError):  # a picture that is missing hinders nobody
                drawings.add(package.digest(part))
    return {"properties": read_submission(path, only=()).properties, "drawings": sorted(drawings)}


def _drawings(package: Package) -> Iterator[str]:
    for sheet in package.sheets.values():
        for kind, part in _related(package, sheet) if sheet else ():
            if kind.endswith("/drawing"):
                yield from (each for what, each in _related(package, part) if what.rpartition("/")[2] in DRAWN)


def _related(package: Package, part: str) -> list[tuple[str, str]]:
    try:
        return [*package.related(part).values()]
    except ExportError:
        return []  # a part without relations
