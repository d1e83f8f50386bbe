"""A compiler from PyTorch modules to spreadsheets: forward and backward pass as live formulas."""

from importlib import import_module
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Any

from excel_export.shared.collection import collection_paused

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from torch import nn

    from excel_export.book.sheet import Story
    from excel_export.exporter import export
    from excel_export.optim import LearningRule
    from excel_export.pages.document import About
    from excel_export.pages.inputs import Examples
    from excel_export.pages.write_page import page
    from excel_export.parameters import load_parameters
    from excel_export.report import Report, verify
    from excel_export.shared.errors import ExportError, UnsupportedOperator
    from excel_export.shared.terminal import STAGES
    from excel_export.sheets.training.learning_rates import LearningRates
    from excel_export.sheets.training.training_options import Training
    from excel_export.workbook.read import read_tensors

    def load_spreadsheet(path: str | Path, loss: str, parameters: str | Sequence[str]) -> nn.Module:
        """Of `spreadsheet_autograd`, found by its entry point."""
        ...


__all__ = [
    "STAGES", "About", "Examples", "ExportError", "LearningRates", "LearningRule", "Report", "Story", "Training",
    "UnsupportedOperator", "export", "load_parameters", "load_spreadsheet", "page", "read_tensors", "verify",
]  # fmt: skip

_HOMES = {
    "STAGES": "shared.terminal",
    "About": "pages.document",
    "Examples": "pages.inputs",
    "ExportError": "shared.errors",
    "LearningRates": "sheets.training.learning_rates",
    "LearningRule": "optim",
    "Report": "report",
    "Story": "book.sheet",
    "Training": "sheets.training.training_options",
    "UnsupportedOperator": "shared.errors",
    "export": "exporter",
    "load_parameters": "parameters",
    "page": "pages.write_page",
    "read_tensors": "workbook.read",
    "verify": "report",
}


def __getattr__(name: str) -> Any:
    # PyTorch takes seconds to load: only what needs it loads it, so that --help answers at once.
    if name in _HOMES:
        with collection_paused():
            return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    if name in __all__:  # of a package that stands upon this one
        for point in entry_points(group="excel_export.functions", name=name):
            return point.load()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
