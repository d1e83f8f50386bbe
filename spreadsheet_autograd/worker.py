"""The process that reads, computes and differentiates a sheet within limits of memory and time."""

import gc
from collections.abc import Mapping, Sequence
from math import inf
from pathlib import Path
from typing import Any

import torch

from excel_export.shared.errors import ExportError
from excel_export.shared.sandbox import serve
from excel_export.workbook.contents import read_submission
from spreadsheet_autograd.advice import FEWER
from spreadsheet_autograd.check import check
from spreadsheet_autograd.compare.forward_comparison import compare
from spreadsheet_autograd.find.labels import Labels
from spreadsheet_autograd.graph.defined_names import cells_of
from spreadsheet_autograd.graph.engine_values import hold_against_an_engine
from spreadsheet_autograd.graph.graph import SpreadsheetGraph
from spreadsheet_autograd.graph.read_cells import read_contents
from spreadsheet_autograd.graph.unrounded import take_out_rounding
from spreadsheet_autograd.repair.edited_forward_pass import edited_graph
from spreadsheet_autograd.words.check_json import as_json, content_of, forward_as_json

MEMORY = 6 << 30
"""The memory of the process in bytes; PyTorch alone maps more than a gigabyte."""
MOST_FORMULAS = 100_000
"""The most formulas of a workbook in which gradients are looked for."""
FOR_COMPARING = 0.8
"""The share of the time after which no further step is compared with a network."""


def compare_here(
    path: Path, network: Mapping[str, Any], loss: str = "", seconds: float = inf, cells: Sequence[str] = ()
) -> dict[str, Any]:
    """Compare a workbook with a network in this process, only for files that you trust: {'forward': [], …}.

    The result is that of `forward_as_json`. `network` is the result of `Network.sampled`; `loss` is a cell, 'M7', '' to
    find it; `cells` are ['w=B3:C4'] for the tensors whose cells are known, () for none; `seconds` is the processor time
    of this process at which to stop.
    """
    contents = read_contents(path)
    graph, labels = SpreadsheetGraph(contents), Labels(contents)
    at = cells_of(contents, loss)[0] if loss else None
    named = {name: cells_of(contents, area) for name, _, area in (each.partition("=") for each in cells)}
    hold_against_an_engine(graph)
    take_out_rounding(graph)
    return forward_as_json(labels, compare(graph, labels, network, at, FOR_COMPARING * seconds, named))


def check_here(
    path: Path,
    loss: str = "",
    claims: Sequence[str] = (),
    of: Sequence[str] = (),
    seconds: float = inf,
    *,
    with_content: bool = False,
    edits: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Check a workbook in this process, only for files that you trust: {'claims': […], 'engine': 'ironcalc', …}.

    Arguments and result are those of `check_file`: loss 'M7', claims ['P7:W7'], `of` ['C7:J7'], edits
    {'S!B3': '=A1*2'}. But `seconds` is the processor time of this process at which to stop.

    Raises:
        ExportError: the file can't be read, or has more than 100,000 formulas and no `claims` are given.
    """
    torch.set_num_threads(1)
    contents = read_contents(path)
    count = sum(bool(cell.formula) for cell in contents.cells.values())
    if count > MOST_FORMULAS and not claims:
        raise ExportError(f"{path}: holds {count:,} formulas, too many to look for gradients in all of them: {FEWER}")
    graph, labels = SpreadsheetGraph(contents), Labels(contents)
    at = cells_of(contents, loss)[0] if loss else None
    cells, by = ([cell for area in areas for cell in cells_of(contents, area)] for areas in (claims, of))
    if len(cells) != len(by):
        raise ExportError(f"--claims names {len(cells)} cells and --of {len(by)}: they must be as many")
    if at and cells:
        graph.keep([at, *cells])
    engine = hold_against_an_engine(graph)
    if edits:
        graph = edited_graph(graph, edits)
    take_out_rounding(graph)
    found = as_json(graph, labels, check(graph, labels, at, cells, by, seconds)) | {"engine": engine}
    if with_content:
        found |= {"content": content_of(graph), "properties": read_submission(path, only=()).properties}
    return found


if __name__ == "__main__":
    gc.set_threshold(200_000)  # cells make no circular garbage, and searching for it takes a tenth of the time
    serve({"check": check_here, "compare": compare_here}, MEMORY, "a sheet may")
