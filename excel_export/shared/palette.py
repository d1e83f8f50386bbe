"""The colours that workbooks, pages and annotated copies have in common, as RRGGBB."""

INK, GREY, PAPER = "1F2933", "535F6C", "FFFFFF"
FORWARD, FORWARD_PALE = "0B5394", "E8F1FA"
BACKWARD, BACKWARD_PALE = "B45309", "FDF0E1"
STORY = "F5F7FA"
"""The background of a page."""
HIGHLIGHT = "FFD54A"
"""The part of a page that is explained at the moment."""
