"""A compiler from PyTorch modules to spreadsheets: forward pass and backward pass as live formulas."""

from excel_export.errors import ExportError, UnsupportedOperator
from excel_export.exporter import export
from excel_export.read import read_tensors
from excel_export.report import Report, verify
from excel_export.sheets.start import Story

__all__ = ["ExportError", "Report", "Story", "UnsupportedOperator", "export", "read_tensors", "verify"]
