"""How large a text is in Calibri, in which all sheets are written: widths in pixels at 96 dpi.

The widths of the characters are those of Carlito, which has Calibri's metrics; they lie beside this file.
"""

from functools import cache
from importlib.resources import files

PADDING = 5
"""Pixels of a cell that its content has not: two on either side, one for the grid (ECMA-376 part 1, 18.3.1.13)."""
DIGIT = 7
"""Pixels of the widest digit of the default font, Calibri 11: the unit of a column's width."""
DEFAULT_WIDTH = 8.43 + 5 / DIGIT
"""Of a column whose width nobody set."""
_UNITS, _LINE = 2048, 1.2207
"""Of a font: units in its size; a line's height in its size."""
_ELSEWHERE = 1_850
"""A character that the font lacks comes from another one, where such signs are about as wide as an arrow."""


def text_width(text: str, points: float, bold: bool = False) -> float:
    """The width of a line."""
    widths = _widths()
    return sum(widths.get(character, (_ELSEWHERE,) * 2)[bold] for character in text) * _pixels(points) / _UNITS


def column_pixels(width: float) -> int:
    """The pixels of a column of a width, as the file counts it, padding included."""
    return round(width * DIGIT)


def line_pixels(points: float) -> float:
    """The height of a line."""
    return _pixels(points) * _LINE


def line_count(text: str, points: float, room: float, bold: bool = False) -> int:
    """How many lines a text takes that is broken at spaces, in a cell of so many pixels."""
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
    """The height of a row, in points, in which a text has room that is broken at spaces; `least` counts lines."""
    lines = max(least, line_count(text, points, room, bold))
    return round(lines * line_pixels(points) * 0.75 + 1, 2)


def _pixels(points: float) -> float:
    return points * 96 / 72


@cache
def _widths() -> dict[str, tuple[int, int]]:
    """Of each character, regular and bold, in 2048ths of the font's size."""
    found: dict[str, tuple[int, int]] = {}
    for line in files(__package__).joinpath("calibri_widths.txt").read_text(encoding="utf-8").splitlines():
        regular, bold, characters = line.split(" ", 2)
        found |= dict.fromkeys(characters, (int(regular), int(bold)))
    return found


def shortened(text: str, room: float, points: float, bold: bool = False) -> str:
    """As much of a text as has room on a line, with an ellipsis where it is not all."""
    if text_width(text, points, bold) <= room:
        return text
    while text and text_width(f"{text}…", points, bold) > room:
        text = text[:-1]
    return f"{text.rstrip()}…"
