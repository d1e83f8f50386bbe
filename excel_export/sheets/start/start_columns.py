"""The columns of Start: on its first screen, three blocks beside one another; below, a table over the same columns.

The first screen is within 1240 by 440 pixels, which Excel leaves for cells on a laptop.
"""

from excel_export.book.input_cell import InputColumns
from excel_export.workbook.calibri import DIGIT, PADDING, shortened, text_width
from excel_export.workbook.canvas import Canvas
from excel_export.workbook.styles import STYLES

PICTURE, SQUARES = 2, 28
"""The first column of the inputs, and the number of their columns, each as wide as a pixel of a picture."""
RESULT, VALUE = PICTURE + SQUARES + 1, PICTURE + SQUARES + 2
"""The columns of the results: name and number."""
LABEL, CONTENT, AFTER, REST = range(VALUE + 2, VALUE + 6)
"""The columns of the settings, with a remark from `AFTER` on; below them the loss, now and after the step."""
HIDDEN = REST + 2
"""The first of the hidden columns."""
FLAG, FLAG_AFTER, DERIVED, MISSING = range(HIDDEN, HIDDEN + 4)
INPUTS = InputColumns(LABEL, CONTENT, AFTER, HIDDEN, remark_style="remark")
ROW = 7.5
"""The height of a row of the first screen, in points: ten pixels."""
LINE = 2
"""The rows of a line of text."""
SQUARE = 9
"""The width of a column of a picture, in pixels."""
_PIXELS = {1: 7, RESULT - 1: 14, RESULT: 150, VALUE: 90, LABEL - 1: 20, LABEL: 182, CONTENT: 125, AFTER: 92, REST: 230}


def set_widths(canvas: Canvas) -> None:
    """Set the widths of all columns of a sheet, which must be Start, and hide the last ones."""
    canvas.widths |= dict.fromkeys(range(PICTURE, RESULT - 1), SQUARE / DIGIT)
    canvas.widths |= {col: pixels / DIGIT for col, pixels in _PIXELS.items()}
    canvas.hide_columns(HIDDEN, MISSING)


def fitting(text: str, col: int, behind: str = "") -> str:
    """Return a label and `behind`, together as wide as a column of *Start*; the label is cut: 'a long na…[0, 2]'.

    Columns count from 1. A label that fits is returned whole: fitting('error', 2, ' [0]') is 'error [0]'.
    """
    size = STYLES["label"].size
    return shortened(text, _PIXELS[col] - PADDING - text_width(behind, size), size) + behind
