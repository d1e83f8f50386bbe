"""Which sheets there are: every `SheetSpec` in the files of this folder, and those that an author adds."""

import importlib
import pkgutil
from collections.abc import Iterable, Sequence
from typing import Any

import excel_export.sheets as folder
from excel_export.shared.errors import ExportError
from excel_export.sheets.sheet import SheetSpec


def own_sheets() -> list[SheetSpec[Any]]:
    """Return every sheet of this folder, in the order in which they are drawn."""
    found = pkgutil.walk_packages(folder.__path__, f"{folder.__name__}.")
    modules = [importlib.import_module(item.name) for item in found]
    return _in_order(thing for module in modules for thing in vars(module).values() if isinstance(thing, SheetSpec))


def with_own(sheets: Sequence[SheetSpec[Any]]) -> list[SheetSpec[Any]]:
    """Return an author's sheets with those of this folder; a changed copy of one of them takes its place.

    Raises:
        ExportError: two sheets have the same name.
    """
    return _in_order([*own_sheets(), *sheets])


def _in_order(sheets: Iterable[SheetSpec[Any]]) -> list[SheetSpec[Any]]:
    found: dict[str, SheetSpec[Any]] = {}
    for sheet in sheets:
        if sheet.name in found and found[sheet.name].draw != sheet.draw:
            raise ExportError(f"there are two sheets '{sheet.name}'")
        found[sheet.name] = sheet
    return sorted(found.values(), key=lambda sheet: sheet.order)
