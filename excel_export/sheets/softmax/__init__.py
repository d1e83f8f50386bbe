"""The Softmax sheet: from logits to their loss on one screen."""

from excel_export.sheets.softmax.softmax import NAME, draw

__all__ = ["NAME", "draw"]
