"""Check a file in a process that is locked in; an .ods file is an .xlsx file first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from excel_export.shared.errors import ExportError
from excel_export.shared.sandbox import NotGraded, ask
from spreadsheet_autograd.advice import MORE_TIME
from spreadsheet_autograd.libreoffice import as_xlsx

if TYPE_CHECKING:
    from spreadsheet_autograd.compare.network import Network

SECONDS, CONVERSION = 300, 120
OPEN_DOCUMENT = (".ods", ".fods")
WORKBOOKS = (".xlsx", ".xlsm", *OPEN_DOCUMENT)


def check_file(
    path: Path,
    loss: str = "",
    claims: Sequence[str] = (),
    of: Sequence[str] = (),
    seconds: int = SECONDS,
    *,
    with_content: bool = False,
    edits: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Check a workbook, and return what `check --json` prints; `with_content`, also what stands in its cells.

    With `edits`, formulas by their cells, it is checked as if these stood there.

    Raises:
        ExportError: it can't be read, or takes more time or memory than it may.
    """
    with _as_xlsx(path) as workbook, _one_line(path):
        return _ask(
            "check", workbook, seconds, loss=loss, claims=[*claims], of=[*of], with_content=with_content,
            edits=dict(edits or {}),
        )  # fmt: skip


def compare_file(
    path: Path, network: Network, loss: str = "", seconds: int = SECONDS, cells: Sequence[str] = ()
) -> dict[str, Any]:
    """Compare the forward pass of a workbook with a network; what `check --json` prints besides then.

    The network runs in this process, and the one that reads the file gets its numbers. `cells` says where some of what
    it is given stands, such as 'fc1.weight=B3:C4', where the sheet has other numbers.

    Raises:
        ExportError: it can't be read, or takes more time or memory than it may.
    """
    with _as_xlsx(path) as workbook, _one_line(path):
        asked: dict[str, Any] = {"loss": loss, "cells": [*cells]}
        found = _ask("compare", workbook, seconds, network=network.sampled(), **asked)
        if found["unmatched"]:  # what no cell holds may stand inside formulas: it keeps its own numbers
            fixed = [(str(name), int(k)) for name, k in found["unmatched"]]
            found = _ask("compare", workbook, seconds, network=network.sampled(fixed), **asked)
    return found


def _ask(do: str, path: Path, seconds: int, **job: Any) -> dict[str, Any]:
    return ask("spreadsheet_autograd.worker", do, path, seconds, **job)


@contextmanager
def _one_line(path: Path) -> Iterator[None]:
    """Say why a file gets no answer."""
    try:
        yield
    except NotGraded as error:
        what = f": {MORE_TIME}" if "seconds" in str(error) else ""
        raise ExportError(f"{path}: {error}{what}") from None


@contextmanager
def _as_xlsx(path: Path) -> Iterator[Path]:
    """The file itself, or what LibreOffice makes of an .ods file."""
    if not path.is_file():
        raise ExportError(f"{path}: no such file")
    if path.suffix.lower() not in OPEN_DOCUMENT:
        yield path
        return
    # What LibreOffice leaves running may still write there while it is being cleared.
    with TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        try:
            made = as_xlsx(path, Path(folder), CONVERSION)
        except ExportError as error:
            raise ExportError(f"{path}: {error}") from None
        yield made
