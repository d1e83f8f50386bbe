"""The size of texts in Calibri, the font of all sheets: widths in pixels at 96 dpi.

The widths of the characters are those of Carlito, which has Calibri's metrics; they lie beside this file.
"""

from functools import cache
from importlib.resources import files

PADDING = 5
"""The pixels of a cell that its content cannot use: two on either side, one for the grid (ECMA-376 part 1,
18.3.1.13)."""
DIGIT = 7
"""The pixels of the widest digit of the default font, Calibri 11: the unit of a column's width."""
DEFAULT_WIDTH = 8.43 + 5 / DIGIT
"""The width of a column without one of its own, in DIGITs, padding included."""
_UNITS = 2048
"""The units of the font's size in which widths are counted."""
_LINE = 1.2207
"""The height of a line, as a multiple of the font's size."""
_ELSEWHERE = 1_850
"""The width of a character that the font lacks, in 2048ths of the font's size: that of an arrow in other fonts."""


def text_width(text: str, points: float, bold: bool = False) -> float:
    """Return the width of a line in pixels, 49.2 for 'one two' in a font of 11 `points`; 50.4 if it is `bold`."""
    widths = _widths()
    return sum(widths.get(character, (_ELSEWHERE,) * 2)[bold] for character in text) * _pixels(points) / _UNITS


def column_pixels(width: float) -> int:
    """Return the pixels of a column that is `width` digits of 7 pixels wide, as the file counts, padding included.

    Example:
        >>> column_pixels(10)
        70
    """
    return round(width * DIGIT)


def line_pixels(points: float) -> float:
    """Return the height of a line in pixels for a font of a size in points: 17.9 for 11."""
    return _pixels(points) * _LINE


def line_count(text: str, points: float, room: float, bold: bool = False) -> int:
    r"""Return the number of lines of a text that wraps at spaces in a cell `room` pixels wide.

    `points` is the font's size; `bold` letters are wider.

    Example:
        >>> line_count("one two three", 11, 64), line_count("one two three", 11, 200), line_count("a\nb", 11, 200)
        (2, 1, 2)
    """
    room -= PADDING
    space, lines = text_width(" ", points, bold), 0
    for paragraph in text.split("\n"):
        lines, used = lines + 1, 0.0
        for word in paragraph.split(" "):
            width = text_width(word, points, bold)
            if used and used + space + width > room:
                lines, used = lines + 1, width
            else:
                used += (space if used else 0) + width
            while used > room:  # a word that is longer than a line
                lines, used = lines + 1, used - room
    return lines


def row_points(text: str, points: float, room: float, bold: bool = False, least: int = 1) -> float:
    """Return a row's height in points for a text that wraps in `room` pixels: 27.86 for two lines at 11 points.

    `least` is the least number of lines; `bold` letters are wider.
    """
    lines = max(least, line_count(text, points, room, bold))
    return round(lines * line_pixels(points) * 0.75 + 1, 2)


def _pixels(points: float) -> float:
    return points * 96 / 72


@cache
def _widths() -> dict[str, tuple[int, int]]:
    found: dict[str, tuple[int, int]] = {}
    for line in files(__package__).joinpath("calibri_widths.txt").read_text(encoding="utf-8").splitlines():
        regular, bold, characters = line.split(" ", 2)
        found |= dict.fromkeys(characters, (int(regular), int(bold)))
    return found


def shortened(text: str, room: float, points: float, bold: bool = False) -> str:
    """Return a text cut to one line of `room` pixels, 'one…', or the text itself if it has room.

    `points` is the font's size; `bold` letters are wider. The result is '…' if there is hardly any room.
    """
    if text_width(text, points, bold) <= room:
        return text
    while text and text_width(f"{text}…", points, bold) > room:
        text = text[:-1]
    return f"{text.rstrip()}…"
