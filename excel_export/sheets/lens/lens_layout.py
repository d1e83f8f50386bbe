"""Which row and which column of the Lens holds what.

All of it is to be seen on a laptop, where Excel leaves 1240 by 440 pixels for cells. Columns and the rows of a picture
are five pixels wide: a square. A number takes thirteen columns, a slot for a tensor thirty-nine. A sheet's merged cells
don't change with the step: what shows nine weights now has the boxes of a scalar step the next time.
"""

from excel_export.views import groups, tiles

NAME = "Lens"
PIXEL = 5
"""Of a column, and of the rows of a picture."""
STORY, STORY_WIDTH = 2, 33
"""The first column of the panel at the left, and how many it has."""
MAIN, SLOT_WIDTH, GAP = 37, tiles.WIDTH, 4
"""The first column of the first slot; its columns, and those between two slots."""
NUMBER = SLOT_WIDTH // groups.COLUMNS
"""The columns of a number."""
SLOTS = 5
MODE_COL, MODE_LABEL, MODE_WIDTH = MAIN + 126, 36, 5
"""Where the story or all steps are chosen, and the columns of its words and its cell."""
HEADING_WIDTH = 55
LAST = MAIN + SLOTS * SLOT_WIDTH + (SLOTS - 1) * GAP - 1
"""The last column that is used."""
HIDDEN = LAST + 3
"""From this column on, the sheet works things out."""

HEAD, BAR, MAP = 1, 2, 3
"""Between the head and the map lies the bar that goes to any of its boxes: it may be covered by the step's prompt."""
LANES = 2
WORDS = MAP + LANES
HEADS, ABOVE, PICTURE = range(WORDS + 1, WORDS + 4)
"""Between a head and a picture lies a row of one pixel: where a head is painted, a frame keeps its upper line."""
EDGE = PICTURE + tiles.HEIGHT
"""Where a frame around the last row ends."""
NUMBERS = EDGE + 1
LINE = NUMBERS + groups.ROWS
PART, MATH, CHOICE = LINE + 1, LINE + 2, LINE + 3
_PIXELS = (
    {HEAD: 26, BAR: 13, WORDS: 36, HEADS: 17, ABOVE: 1, EDGE: 1, LINE: 25, PART: 18, MATH: 16, CHOICE: 20}
    | dict.fromkeys(range(MAP, MAP + LANES), 15)
    | dict.fromkeys(range(PICTURE, PICTURE + tiles.HEIGHT), PIXEL)
    | dict.fromkeys(range(NUMBERS, NUMBERS + groups.ROWS), 24)
)
HEIGHTS = {row: pixels * 0.75 for row, pixels in _PIXELS.items()}
"""In points."""
WIDTH = PIXEL / 7
"""Of a column, as the file counts it."""


def slot(number: int) -> int:
    """The first column of a slot."""
    return MAIN + number * (SLOT_WIDTH + GAP)
