"""The sheets of a workbook, in their order: the plain ones, those that teach, and an author's own.

The teaching sheets stand in files under `excel_export/sheets/`. They are found by name and imported when a workbook has
them, so that an export without them does not load them.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from excel_export.book import inputs_in_use, network_sheet, tensors_sheet
from excel_export.book.sheet import SheetSpec
from excel_export.shared.errors import ExportError

PLAIN: Sequence[SheetSpec[Any]] = (inputs_in_use.SHEET, network_sheet.SHEET, tensors_sheet.SHEET)
"""*Network* and its two hidden sheets: the typed inputs in use, and the places of all tensors."""
TEACHING = "excel_export.sheets"
"""The folder of all other sheets. Each `SheetSpec` in one of its files is a sheet."""


def find_sheets(
    teaching: Sequence[SheetSpec[Any]] | None = None, own: Sequence[SheetSpec[Any]] = ()
) -> list[SheetSpec[Any]]:
    """Return the sheets of a workbook, by their `order`: 'Inputs in use', 'Network' and 'Tensors', and further ones.

    Args:
        teaching: the further sheets; () for none, None for all in files under excel_export/sheets.
        own: an author's sheets; a changed copy of another sheet, `replace(UPDATE, order=7)`, takes its place.

    Raises:
        ExportError: two sheets have the same name and different functions `draw`.
    """
    return _in_order([*PLAIN, *(_teaching_sheets() if teaching is None else teaching), *own])


def own_sheets() -> list[SheetSpec[Any]]:
    """Return the `SheetSpec`s of excel_export in the order of drawing: 'Inputs in use', 'Network', …, 'Start'."""
    return find_sheets()


def _teaching_sheets() -> Iterator[SheetSpec[Any]]:
    folder = importlib.import_module(TEACHING)
    for item in pkgutil.walk_packages(folder.__path__, f"{TEACHING}."):
        module = importlib.import_module(item.name)
        yield from (thing for thing in vars(module).values() if isinstance(thing, SheetSpec))


def _in_order(sheets: Iterable[SheetSpec[Any]]) -> list[SheetSpec[Any]]:
    found: dict[str, SheetSpec[Any]] = {}
    for sheet in sheets:
        if sheet.name in found and found[sheet.name].draw != sheet.draw:
            raise ExportError(f"there are two sheets '{sheet.name}'")
        found[sheet.name] = sheet
    return sorted(found.values(), key=lambda sheet: sheet.order)
