"""The Lens: the whole of one step on one screen."""

from excel_export.sheets.lens.page import draw

__all__ = ["draw"]
