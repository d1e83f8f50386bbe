"""The comparison of a workbook's tensors with PyTorch's."""

from __future__ import annotations

import html
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from torch import nn

from excel_export.compiler.confirm.confirmation import confirmed_trace
from excel_export.compiler.reference.arguments import Inputs
from excel_export.graph.subgraphs import part
from excel_export.shared.difference import TOLERANCE, difference
from excel_export.shared.errors import ExportError
from excel_export.workbook.read import read_tensors

FRAME = 760
"""The height in pixels of the frame in which a notebook shows a page."""
SHOWN_ROWS = 8
"""The most rows of the table that a notebook shows."""


@dataclass(frozen=True)
class TensorRow:
    """One tensor of the comparison, with its difference from PyTorch's: TensorRow('grad.fc.weight', (2, 3), 1e-16)."""

    key: str
    """The tensor's name, as in `read_tensors`: 'grad.fc.weight'."""
    shape: tuple[int, ...]
    """The tensor's shape."""
    error: float
    """The difference, relative to the tensor's largest element, or absolute if that is below 1. It is infinite if the
    workbook lacks the tensor or holds something that is no number."""


@dataclass(frozen=True, repr=False)
class Report:
    """The comparison of a file with PyTorch by tensor: print(report) shows a table; report.ok is True if all agree."""

    path: Path
    """The file, a workbook or a page."""
    table: list[TensorRow]
    """One row for each tensor, in the order of the expected ones."""
    formulas: int = 0
    """The number of formulas in the workbook."""
    note: str = ""
    """A remark for the reader of the comparison; '' for none."""
    first_sheets: tuple[str, ...] = ("Start",)
    """The names of the sheets to begin with, in their order."""
    tried: int = 0
    """The number of sets of other numbers on which the recorded network was compared with the module before the file
    was written."""
    edits: int = 0
    """The number of edits after which an engine computed the finished file again; see `excel_export.edits`."""

    @property
    def how_to_begin(self) -> str:
        """A line that says what to open: 'open net.xlsx: begin on the sheet Start', or 'open net.html in a browser'."""
        if self.path.suffix.lower() != ".xlsx":
            return f"open {self.path} in a browser"
        first, *others = self.first_sheets
        return f"open {self.path}: begin on the sheet {first}" + "".join(f", then {name}" for name in others)

    @property
    def max_error(self) -> float:
        """The largest of the errors: 1e-16; 0.0 for an empty table, infinite if a tensor is missing."""
        return max((row.error for row in self.table), default=0.0)

    @property
    def largest_difference(self) -> str:
        """The largest of the errors as a text for people: '0', 'less than 0.000000001', or, if larger, '1e-02'."""
        if self.max_error == 0:
            return "0"
        return "less than 0.000000001" if self.max_error < TOLERANCE else f"{self.max_error:.0e}"

    @property
    def tried_words(self) -> str:
        """The numbers and edits that were compared: 'on 6 other sets of numbers, and after 2 edits of the file'.

        Without edits the part after the comma is missing; if `tried` is 0, the text is ''.
        """
        sets = f"on {self.tried} other sets of numbers" if self.tried else ""
        return f"{sets}, and after {self.edits} edits of the file" if sets and self.edits else sets

    @property
    def complaint(self) -> str:
        """A line about the tensors that differ, "net.xlsx: 'grad.w' differs from PyTorch's by 1.0e-02, the first of 4
        tensors that do".

        The first is the one that is computed first. At least one tensor must differ, else it raises ValueError.
        """
        values = [row for row in self.table if not row.key.startswith("grad.")]
        gradients = [row for row in self.table if row.key.startswith("grad.")]
        first, *others = [row for row in values + gradients[::-1] if row.error > TOLERANCE]
        more = f", the first of {1 + len(others)} tensors that do" if others else ""
        return f"{self.path}: '{first.key}' differs from PyTorch's by {first.error:.1e}{more}"

    @property
    def ok(self) -> bool:
        """True if no tensor differs by more than `TOLERANCE`, 1e-9, as `max_error` measures it."""
        return self.max_error <= TOLERANCE

    def show(self, height: int = FRAME) -> Any:
        """Return the written page, net.html, in a frame, as IPython's HTML object, which a notebook shows.

        Args:
            height: the height of its frame, in pixels.

        Raises:
            ExportError: the report is not of a page, or IPython is not installed.
        """
        if not self._is_page:
            raise ExportError(f"{self.path} is no page: excel_export.page writes one")
        try:
            from IPython.display import HTML
        except ImportError as error:
            raise ExportError("a page is shown in a notebook: pip install ipython") from error
        return HTML(self._frame(height))

    @property
    def _is_page(self) -> bool:
        return self.path.suffix.lower() in (".html", ".htm")

    def _frame(self, height: int) -> str:
        inside = html.escape(self.path.read_text(encoding="utf-8"))
        return f'<iframe srcdoc="{inside}" width="100%" height="{height}" style="border:0"></iframe>'

    def _repr_html_(self) -> str:
        worst = sorted(self.table, key=lambda row: -row.error)[:SHOWN_ROWS]
        cells = "".join(
            f"<tr><td>{html.escape(row.key)}</td><td>{row.shape}</td><td>{row.error:.1e}</td></tr>" for row in worst
        )
        rest = len(self.table) - len(worst)
        more = f"<tr><td colspan=3>and {rest} more, which differ less</td></tr>" if rest else ""
        head = "<tr><th>tensor</th><th>shape</th><th>difference</th></tr>"
        table = f"<p>{html.escape(self._verdict)}</p><table>{head}{cells}{more}</table>"
        return table + (self._frame(FRAME) if self._is_page and self.path.exists() else "")

    def __repr__(self) -> str:
        """Return three lines: the file, whether it agrees with PyTorch, and how to begin."""
        return f"Report of {self.path}\n{self._verdict}\n{self.how_to_begin}"

    @property
    def _verdict(self) -> str:
        verdict = "agree with PyTorch" if self.ok else "DO NOT all agree with PyTorch"
        return f"{len(self.table)} tensors {verdict}; largest error {self.max_error:.1e}"

    def __str__(self) -> str:
        """Return the whole table as text, one line for each tensor."""
        width = max((len(row.key) for row in self.table), default=0)
        lines = [f"{row.key:<{width}}  {row.shape!s:<18}  {row.error:.1e}" for row in self.table]
        lines.append(self._verdict)
        lines += [f"tried {self.tried_words}"] if self.tried else []
        return "\n".join([*lines, self.note] if self.note else lines)


def verify(
    path: str | Path,
    module: nn.Module,
    inputs: Inputs,
    *,
    start: str | None = None,
    stop: str | None = None,
    freeze_branches: bool = False,
) -> Report:
    """Run the module in float64 and compare every tensor of the workbook's stored values with PyTorch's.

    The loss and the gradients of parameters and inputs are compared with what PyTorch computes when it runs the module
    eagerly, forward and backward; the intermediate values with those of a trace whose loss and gradients are the same.

    Args:
        path: a workbook that `export` wrote, also after a spreadsheet program saved it again.
        module: the module, with the parameters that the workbook should hold.
        inputs: the inputs that the workbook should hold.
        start: the first layer whose formulas are live, as given to `export`; None for all from the beginning.
        stop: the last such layer; None for all up to the end.
        freeze_branches: True if the workbook was exported with freeze_branches=True.

    Raises:
        ExportError: the file cannot be read, the module cannot be traced, or the trace is not what PyTorch computes.
    """
    graph, note = confirmed_trace(module, inputs, freeze_branches=freeze_branches)
    return compare(Path(path), read_tensors(path), part(graph, start, stop).tensors, note=note)


def compare(
    path: Path, actual: Mapping[str, np.ndarray], expected: Mapping[str, np.ndarray], formulas: int = 0, note: str = ""
) -> Report:
    """Return a `Report` that compares tensors with the expected ones, with a row for each expected one, in their order.

    Args:
        path: the file of the report.
        actual: the tensors of the file, {'w': array}; one that is missing has an infinite error, others are ignored.
        expected: PyTorch's tensors, by the same keys.
        formulas: the number of formulas in the workbook.
        note: a remark for the reader of the report; '' for none.
    """
    rows = [TensorRow(key, array.shape, difference(actual.get(key), array)) for key, array in expected.items()]
    return Report(path, rows, formulas, note)
