"""Checks a file in a locked-in process; an .ods file is converted to .xlsx first."""

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

SECONDS = 300
"""The longest time for one file, in seconds."""
CONVERSION = 120
"""The longest time for LibreOffice, in seconds."""
OPEN_DOCUMENT = (".ods", ".fods")
OLD = (".xls", ".xlsb")
WORKBOOKS = (".xlsx", ".xlsm", *OPEN_DOCUMENT, *OLD)
"""The files that are looked for in a folder; those of old formats are reported and not read."""


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
    """Check a workbook, and return the object that `check --json` prints: {'claims': […], 'losses': […], …}.

    `as_json` describes it. 'engine' is added: 'ironcalc', or 'the stored values'.

    Args:
        path: the file.
        loss: the cell of the loss, such as 'M7'; '' to find it.
        claims: the cells to be judged as gradients, such as 'P7:W7'; () to find them.
        of: the cells by which the claims are the derivatives, such as 'C7:J7', as many cells.
        seconds: the seconds that it may take.
        with_content: True to add 'content', the cells with the `edits`, {'S': [[row, column, value, formula], …]}, and
            'properties' of the file, {'creator': 'Ada', …}.
        edits: formulas to check the workbook with, by their cells, such as {'Sheet1!B3': '=A1*2'}; None for none.

    Raises:
        ExportError: the file can't be read, or takes more time or memory than it may.
    """
    with _asking(path, seconds) as asked:
        return asked("check", loss=loss, claims=[*claims], of=[*of], with_content=with_content, edits=dict(edits or {}))


def compare_file(
    path: Path, network: Network, loss: str = "", seconds: int = SECONDS, cells: Sequence[str] = ()
) -> dict[str, Any]:
    """Compare the forward pass of a workbook with a network, and return {'forward': [differences], 'compared': […], …}.

    `forward_as_json` describes it. The network runs in this process; the process that reads the file gets only numbers.

    Args:
        path: the file.
        network: the network.
        loss: the cell of the loss, such as 'M7'; '' to find it.
        seconds: the seconds that it may take.
        cells: the cells of some parameters and inputs, such as 'fc1.weight=B3:C4', if the sheet has other numbers
            there.

    Raises:
        ExportError: the file can't be read, or takes more time or memory than it may.
    """
    with _asking(path, seconds) as asked:
        compared = partial(asked, "compare", loss=loss, cells=[*cells])
        found = compared(network=network.sampled())
        if found["unmatched"]:  # numbers without a cell may stand in formulas: do not draw these
            found = compared(network=network.sampled([(str(name), int(k)) for name, k in found["unmatched"]]))
    return found


@contextmanager
def _asking(path: Path, seconds: int) -> Iterator[Callable[..., dict[str, Any]]]:
    """Yield a function that sends a job on the file to a locked-in process; errors become one line with the path."""
    if not path.is_file():
        raise ExportError(f"{path}: no such file")
    if path.suffix.lower() in OLD:
        raise ExportError(f"{path}: an old or binary format that isn't read: save it as .xlsx")
    # A process of LibreOffice may still write there while the folder is removed.
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
