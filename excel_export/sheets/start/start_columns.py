"""The columns of Start: on its first screen, three blocks beside one another; below, a table over the same columns.

All of the first screen is within 1240 by 440 pixels, which Excel leaves for cells on a laptop.
"""

from excel_export.sheets.inputs.input_cell import InputColumns
from excel_export.workbook.calibri import DIGIT, PADDING, shortened, text_width
from excel_export.workbook.canvas import Canvas
from excel_export.workbook.styles import STYLES

PICTURE, SQUARES = 2, 28
"""The first column of what goes in, and how many columns it has, each a pixel of a picture wide."""
RESULT, VALUE = PICTURE + SQUARES + 1, PICTURE + SQUARES + 2
"""What comes out: its name, and the number."""
LABEL, CONTENT, AFTER, REST = range(VALUE + 2, VALUE + 6)
"""What may be changed, with a remark from `AFTER` on; below it the loss, now and after the step."""
HIDDEN = REST + 2
"""The first of the columns out of sight."""
FLAG, FLAG_AFTER, DERIVED, MISSING = range(HIDDEN, HIDDEN + 4)
INPUTS = InputColumns(LABEL, CONTENT, AFTER, HIDDEN, remark_style="remark")
ROW, LINE = 7.5, 2
"""The height of a row of the first screen, in points: ten pixels; and the rows of a line."""
SQUARE = 9
_PIXELS = {1: 7, RESULT - 1: 14, RESULT: 150, VALUE: 90, LABEL - 1: 20, LABEL: 182, CONTENT: 125, AFTER: 92, REST: 230}


def set_widths(canvas: Canvas) -> None:
    """Give all columns their widths, and hide those out of sight."""
    canvas.widths |= dict.fromkeys(range(PICTURE, RESULT - 1), SQUARE / DIGIT)
    canvas.widths |= {col: pixels / DIGIT for col, pixels in _PIXELS.items()}
    canvas.hide_columns(HIDDEN, MISSING)


def fitting(text: str, col: int, behind: str = "") -> str:
    """As much of a label as its column has room for, and all of what stands behind it."""
    size = STYLES["label"].size
    return shortened(text, _PIXELS[col] - PADDING - text_width(behind, size), size) + behind
