"""Checks a file in a sandboxed process; an .ods file is converted to .xlsx first."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from excel_export.shared.errors import ExportError
from excel_export.shared.sandbox import NotGraded, run_job
from spreadsheet_autograd.advice import MORE_TIME
from spreadsheet_autograd.libreoffice import as_xlsx

if TYPE_CHECKING:
    from spreadsheet_autograd.compare.network import Network

SECONDS, CONVERSION = 300, 120
OPEN_DOCUMENT = (".ods", ".fods")
OLD = (".xls", ".xlsb")
WORKBOOKS = (".xlsx", ".xlsm", *OPEN_DOCUMENT, *OLD)
"""What is looked for in a folder; files of old formats are named there, and not read."""


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
    """Check a workbook, and return what `check --json` prints; `with_content`, also its cells and properties.

    With `edits`, formulas by their cells, it is checked as if these stood there.

    Raises:
        ExportError: it can't be read, or takes more time or memory than it may.
    """
    with _asking(path, seconds) as asked:
        return asked("check", loss=loss, claims=[*claims], of=[*of], with_content=with_content, edits=dict(edits or {}))


def compare_file(
    path: Path, network: Network, loss: str = "", seconds: int = SECONDS, cells: Sequence[str] = ()
) -> dict[str, Any]:
    """Compare the forward pass of a workbook with a network; what `check --json` prints besides then.

    The network runs in this process, and the one that reads the file gets its numbers. `cells` says where some of what
    it is given stands, such as 'fc1.weight=B3:C4', where the sheet has other numbers.

    Raises:
        ExportError: it can't be read, or takes more time or memory than it may.
    """
    with _asking(path, seconds) as asked:
        compared = partial(asked, "compare", loss=loss, cells=[*cells])
        found = compared(network=network.sampled())
        if found["unmatched"]:  # what no cell holds may stand inside formulas: it keeps its own numbers
            found = compared(network=network.sampled([(str(name), int(k)) for name, k in found["unmatched"]]))
    return found


@contextmanager
def _asking(path: Path, seconds: int) -> Iterator[Callable[..., dict[str, Any]]]:
    """What asks a process about the file, or about what LibreOffice makes of an .ods file; one line if it fails."""
    if not path.is_file():
        raise ExportError(f"{path}: no such file")
    if path.suffix.lower() in OLD:
        raise ExportError(f"{path}: an old or binary format that isn't read: save it as .xlsx")
    # What LibreOffice leaves running may still write there while it is being cleared.
    with TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        try:
            is_other = path.suffix.lower() in OPEN_DOCUMENT
            workbook = as_xlsx(path, Path(folder), CONVERSION) if is_other else path
        except ExportError as error:
            raise ExportError(f"{path}: {error}") from None
        try:
            yield lambda do, **job: run_job("spreadsheet_autograd.worker", do, workbook, seconds, **job)
        except NotGraded as error:
            what = f": {MORE_TIME}" if "seconds" in str(error) else ""
            raise ExportError(f"{path}: {error}{what}") from None
