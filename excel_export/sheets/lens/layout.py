"""Which row and which column of the Lens holds what.

All of it is to be seen on a laptop, where Excel leaves 1240 by 440 pixels for cells. The columns are four pixels wide:
a square of a picture. A number takes eight of them, a slot for a tensor forty.
"""

from __future__ import annotations

from excel_export.views import groups, tiles

NAME = "Lens"
PIXEL = 4
"""Of a column, and of the rows of a picture."""
STORY, STORY_WIDTH = 2, tiles.WIDTH
"""The first column of the story at the left, and how many it has."""
MAIN, SLOT_WIDTH, GAP = 46, tiles.WIDTH, 4
"""The first column of the first slot; its columns, and those between two slots."""
NUMBER = SLOT_WIDTH // groups.COLUMNS
"""The columns of a number."""
PRODUCTS, LAST_SLOT = 4, 5
"""The slots of the products, and of what comes out or arrives: tensors that are read have those before."""
LAST = MAIN + (LAST_SLOT + 1) * SLOT_WIDTH + LAST_SLOT * GAP - 1
"""The last column that is used."""
HIDDEN = LAST + 4
"""From this column on, the sheet works things out."""

HEAD, STRIP, WORDS, HEADS, PICTURE = 1, 2, 5, 6, 7
LANES = WORDS - STRIP
EDGE = PICTURE + tiles.HEIGHT
"""Where a frame around the last row ends."""
CAPTION = EDGE + 1
NUMBERS = CAPTION + 1
LINE = NUMBERS + groups.ROWS
PART, MATH, CHOICE = LINE + 1, LINE + 2, LINE + 3
_PIXELS = (
    {HEAD: 26, WORDS: 34, HEADS: 16, EDGE: 1, CAPTION: 13, LINE: 20, PART: 18, MATH: 16, CHOICE: 20}
    | dict.fromkeys(range(STRIP, STRIP + LANES), 17)
    | dict.fromkeys(range(PICTURE, PICTURE + tiles.HEIGHT), PIXEL)
    | dict.fromkeys(range(NUMBERS, NUMBERS + groups.ROWS), 16)
)
HEIGHTS = {row: pixels * 0.75 for row, pixels in _PIXELS.items()}
"""In points."""
WIDTH = PIXEL / 7
"""Of a column, as the file counts it."""


def slot(number: int) -> int:
    """The first column of a slot."""
    return MAIN + number * (SLOT_WIDTH + GAP)
