"""Which row and which column of the Lens holds what. Everything is to be seen in a window of 1366 by 768 pixels."""

from __future__ import annotations

NAME = "Lens"
ROWS, SIDE = 10, 9
"""Rows and columns of a map: ten rows, for the ten digits."""
INPUT, MET, MADE = 2, 12, 22
"""The first column of each map; one column stands between two of them."""
LAST = MADE + SIDE - 1
CELL_WIDTH, GAP_WIDTH = 5.15, 3.3
STEP, LABEL, BOXES, WORDS, CHOICE, HEADS, MAPS = 1, 2, 3, 5, 6, 7, 8
ARITHMETIC, PATHS, MATH, LINKS = MAPS + ROWS, MAPS + ROWS + 1, MAPS + ROWS + 2, MAPS + ROWS + 3
HEIGHTS = {STEP: 27, LABEL: 22, BOXES: 30, BOXES + 1: 15, WORDS: 55, CHOICE: 20, HEADS: 30, ARITHMETIC: 40, PATHS: 19,
           MATH: 17, LINKS: 17} | dict.fromkeys(range(MAPS, MAPS + ROWS), 14.25)  # fmt: skip
BOX_WIDTH, BOX_COUNT = 3, 9
CHOICES = (2, 8, 14, 20)
"""The first columns of the four indices that can be chosen: a name, a cell and a button each."""
TARGET = 26
"""The first column of the choice between several tensors of one step."""
HIDDEN = LAST + 2
"""From this column on, the sheet works things out."""
