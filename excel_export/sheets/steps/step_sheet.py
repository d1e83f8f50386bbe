"""A sheet of the story: its columns and rows in pixels, the heading, the sentence, the links, and how numbers look.

← 3 ReLU   Start   5 pool →            … → map 1 0.8450 → [map 2 3.1725] → …
A deeper layer: every map counts
Each of the five maps has nine weights of its own …
(the step itself)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, islice
from math import ceil
from typing import Literal

from excel_export.formulas import (
    ABS,
    AND,
    COLUMN,
    IF,
    MAX,
    MID,
    ROUND,
    ROW,
    TEXT,
    Expression,
    Name,
    OperandLike,
    Reference,
    as_expression,
    equal,
    joined,
)
from excel_export.workbook import format_rules, styles
from excel_export.workbook.calibri import DIGIT, text_width
from excel_export.workbook.canvas import Canvas, Page
from excel_export.workbook.styles import STYLES

Direction = Literal["forward", "backward", "update"]
TABS: dict[Direction, str] = {"forward": styles.FORWARD, "backward": styles.BACKWARD, "update": styles.UPDATE}
WIDTH, HEIGHT = 1240, 440
"""The pixels that Excel leaves for cells on a laptop."""
LINKS, HEADING, SENTENCE = 1, 2, 3
MARGIN = 14
LINK_STOPS = (174, 264, 444)
"""Where the links to the step before, to Start and to the next one end, in pixels: the same on every sheet."""
NARROW = 64
"""A column that is wider ends at such a place, and goes on behind it as another one: its cells are merged."""
ASIDE, TITLE_POINTS = 860, 20
"""From this pixel on, something small may stand beside the heading."""
DECIMALS, EXACTLY = 4, 7
"""The decimals of a number; and of one that a large one multiplies, or that changes little, so that the line comes out."""
EXACT = ("whole", "map_whole", "box_whole", "rate", "fine", "fine_small", "own_fine")
"""How numbers look that keep all their digits."""
RUNNING = {"title", "sentence", "worked", "worked_back", "large_back", "note", "head", "head_small", "left", "left_small",
           "part", "note_small", "more"}  # fmt: skip
"""Texts that run on over empty cells."""
SMALLEST, LARGEST = 0.00045, 9_999.5
"""Numbers nearer to zero, or further from it, are shown with a power of ten."""
AGREE = 1e-9
"""How far a result may be from the network's own number, as a part of it."""


READABLE, SOME = 16, 5
"""The pixels of a square in which two digits of its axis can be read; where squares are smaller, each fifth is numbered."""

STOP = "⊢"
"""Where no gradient passes: it comes from the right, and ends at a bar."""
DIFFERS = "≠"
"""Beside a result that is not the network's own number."""


@dataclass
class StepSheet:
    """A step in the making. Columns and rows are added from left to right and from top to bottom, in pixels."""

    name: str
    direction: Direction
    canvas: Canvas = field(init=False)
    checks: list[Reference] = field(default_factory=list)
    """Cells that say ✓ where a result is the network's own number, else ≠."""
    numbers: list[Reference] = field(default_factory=list)
    """The cells with numbers that a person reads."""
    shown: dict[Reference, Reference] = field(default_factory=dict)
    """Cells of the network, each with the cell that shows its number here, before anything is chosen."""
    results: dict[Reference, Reference] = field(default_factory=dict)
    """Cells of the network, each with the cell that works its number out here, before anything is chosen."""
    named: dict[str, Reference] = field(default_factory=dict)
    """Defined names of numbers, each with the cell that shows its number."""
    names: dict[Name, Reference] = field(default_factory=dict)
    """Defined names that the sheet gives."""
    heading: str = ""
    aside: str = ""
    """What stands small beside the heading: PyTorch's index."""
    _width: int = MARGIN
    _spans: dict[int, int] = field(default_factory=dict)
    """Of columns that go on behind a link's end, how many they are."""

    def __post_init__(self) -> None:
        self.canvas = Canvas(self.name, TABS[self.direction], headings=False, page=Page(one_page=True))
        self.canvas.widths[1] = MARGIN / DIGIT
        self._last_col, self._last_row = 1, 0
        for pixels in (24, 34, 24):
            self.row(pixels)

    @property
    def width(self) -> int:
        """The pixels of all columns so far."""
        return self._width

    @property
    def area(self) -> Reference:
        """All cells so far."""
        return self.at(1, 1, self._last_row, self._last_col)

    @property
    def last_row(self) -> int:
        """The last row so far."""
        return self._last_row

    @property
    def last_col(self) -> int:
        """The last column so far."""
        return self._last_col

    def pixels(self, col: int) -> int:
        """The width of a column, in all its pieces."""
        return sum(round(self.canvas.widths[col + k] * DIGIT) for k in range(self._spans.get(col, 1)))

    def pixels_of(self, col: int) -> int:
        """The width of one piece of a column."""
        return round(self.canvas.widths[col] * DIGIT)

    def last_of(self, col: int) -> int:
        """The last piece of a column."""
        return col + self._spans.get(col, 1) - 1

    def col(self, pixels: int) -> int:
        """Add a column; return its number."""
        return self.cols(1, pixels)

    def cols(self, count: int, pixels: int) -> int:
        """Add several columns of a width; return the number of the first."""
        first = self._last_col + 1
        if count > 1 and pixels > NARROW and self._splits(count, pixels):
            return self._shifted(count, pixels)
        if count == 1:
            return self._one(pixels)
        self._add(count, pixels)
        return first

    def _one(self, pixels: int) -> int:
        """Add a column, in pieces where a link ends within it."""
        first, end = self._last_col + 1, self._width + pixels
        stops = [stop for stop in LINK_STOPS if self._width < stop < end] if pixels > NARROW else []
        for stop in [*stops, end]:
            self._add(1, stop - self._width)
        if stops:
            self._spans[first] = len(stops) + 1
        return first

    def _splits(self, count: int, pixels: int) -> bool:
        starts = [self._width + k * pixels for k in range(count)]
        return any(start < stop < start + pixels for start in starts for stop in LINK_STOPS)

    def _shifted(self, count: int, pixels: int) -> int:
        """Add columns that lie together, behind the next end of a link."""
        within = [stop for stop in LINK_STOPS if self._width < stop < self._width + count * pixels]
        for stop in within:
            self._add(1, stop - self._width)
        first = self._last_col + 1
        self._add(count, pixels)
        return first

    def _add(self, count: int, pixels: int) -> None:
        first = self._last_col + 1
        self.canvas.widths |= dict.fromkeys(range(first, first + count), pixels / DIGIT)
        self._last_col += count
        self._width += count * pixels

    def row(self, pixels: float) -> int:
        """Add a row; return its number."""
        return self.rows(1, pixels)

    def rows(self, count: int, pixels: float) -> int:
        """Add several rows of a height; return the number of the first."""
        first = self._last_row + 1
        self.canvas.heights |= dict.fromkeys(range(first, first + count), pixels * 0.75)
        self._last_row += count
        return first

    def at(self, row: int, col: int, height: int = 1, width: int = 1) -> Reference:
        """Some cells of the sheet."""
        return self.canvas.at(row, col, height, width)

    def style(self, what: str) -> str:
        """The name of a style, in the colour of the direction where it has one."""
        return f"story_{what}" if f"story_{what}" in STYLES else f"story_{what}_{self.direction}"

    def say(
        self, row: int, col: int, text: OperandLike, what: str = "note", *, height: int = 1, width: int = 1
    ) -> None:
        """Write a text, or a formula whose result is one."""
        content = text if isinstance(text, str) else as_expression(text)
        self.canvas.put(row, col, content, self.style(what), height=height, width=self._span(col, width, what))

    def say_all(self, row: int, texts: Mapping[int, str], what: str) -> None:
        """Write a text into each of some columns of a row."""
        for col, text in texts.items():
            self.say(row, col, text, what)

    def write_out(self, row: int, *parts: OperandLike) -> None:
        """Write a line of arithmetic from the left, with its numbers."""
        self.say(row, 2, joined(*parts), "worked")

    def add_note(self, pixels: int, *parts: OperandLike) -> None:
        """Add a row with a sentence from the left."""
        self.say(self.row(pixels), 2, parts[0] if len(parts) == 1 else joined(*parts), "note")

    def link(self, at: Reference, target: Reference, text: str, what: str = "to_sheet") -> None:
        """Write a text that leads to another sheet: a small one, where a number is worked out."""
        width = self._span(at.col, at.width, what)
        self.canvas.link(at.row, at.col, target, text, self.style(what), height=at.height, width=width)

    def number(
        self, row: int, col: int, formula: OperandLike, what: str = "number", *, height: int = 1, width: int = 1
    ) -> Reference:
        """Write a number that is read; return its cell."""
        width = self._span(col, width)
        self.canvas.put(row, col, as_expression(formula), self.style(what), height=height, width=width)
        if what not in EXACT:
            self.numbers.append(self.at(row, col, height, width))
        if isinstance(formula, Name):
            self.named.setdefault(formula.text, self.at(row, col))
        elif isinstance(formula, Reference) and not what.startswith("own"):
            self.shown.setdefault(formula.plain, self.at(row, col))
        return self.at(row, col)

    def _span(self, col: int, width: int, what: str = "") -> int:
        """The columns that a cell takes; a text at the left may run over as many as it likes."""
        return width if width > 1 or what in RUNNING else self._spans.get(col, 1)

    def choose(
        self, row: int, col: int, number: int, count: int, asked: str, *, height: int = 1, width: int = 1
    ) -> Reference:
        """Let a reader choose a whole number from 1 on, in a yellow cell; return it."""
        self.canvas.put(row, col, number, "story_choice", height=height, width=width)
        cell = self.at(row, col)
        self.canvas.allow_numbers(cell, 1, count, asked, f"A whole number from 1 to {count}, please.", whole=True)
        return cell.fixed

    def check(
        self, row: int, col: int, result: Reference, own: OperandLike, *, of: Reference | None = None,
        height: int = 1, width: int = 1, room: int = 1, style: str = "own",
    ) -> Reference:  # fmt: skip
        """Show the network's own number beside a result, and in the cell before it whether both are the same.

        `of` is the network's cell before anything is chosen, where `own` is found by what is chosen. `width` counts
        the columns of the sign, `room` those of the number.
        """
        first = of if of is not None else own
        if isinstance(first, Reference):
            self.results[first.plain] = result
        elif isinstance(first, Name):
            self.named[first.text] = result
        cell = self.number(row, col + width, own, style, height=height, width=room)
        same = ABS(result - cell) <= AGREE * MAX(1, ABS(cell))
        self.canvas.put(row, col, IF(same, "✓", DIFFERS), "story_check", height=height, width=width)
        self.checks.append(self.at(row, col).fixed)
        return cell

    def squares(self, area: Reference, contents: Sequence[Sequence[OperandLike | None]]) -> None:
        """Draw numbers as squares, to be coloured: a map. None leaves a square empty."""
        for down, line in enumerate(contents):
            for right, content in enumerate(line):
                if content is not None:
                    self.canvas.put(area.row + down, area.col + right, as_expression(content), "story_square")

    def colour(self, *areas: Reference, is_grad: bool = False) -> None:
        """Colour numbers by their size: in several areas equal numbers have equal colours."""
        scale = format_rules.grad_scale if is_grad else format_rules.value_scale
        whole = [self.at(each.row, each.col, each.height, self.last_of(each.last.col) - each.col + 1) for each in areas]
        self.canvas.format(whole, scale(*whole))

    def axis(self, area: Reference, *, left: int = 0, above: int = 0) -> None:
        """Number the rows and columns of a map from 1 on, in the column left of it and in the row above.

        Where two digits have no room, every fifth is numbered, in two squares.
        """
        is_narrow = self.pixels_of(area.col) < READABLE and max(area.height, area.width) > 9
        every, size = (SOME, 2) if is_narrow else (1, 1)
        for k in range(area.height if left else 0):
            if (k + 1) % every == 0 and k + size <= area.height:
                self.canvas.put(area.row + k, left, k + 1, "story_axis_right", height=size)
        for k in range(area.width if above else 0):
            if (k + 1) % every == 0 and k + size <= area.width:
                self.canvas.put(above, area.col + k, k + 1, "story_axis", width=size)

    def slots(self, first: int, *pixels: int) -> list[tuple[int, int]]:
        """Places beside one another in columns that are there for others, each at least so wide: column and width."""
        found, col = [], first
        for wanted in pixels:
            start, width = col, 0
            while width < wanted:
                if col > self._last_col:
                    self.col(wanted - width)
                width += self.pixels_of(col)
                col += 1
            found.append((start, col - start))
        return found

    def frame(self, area: Reference, condition: Expression) -> None:
        """Frame the cells of an area of which something is so; written for the first of them."""
        self.canvas.format_first([area], format_rules.when(condition, format_rules.FRAMED))

    def frame_place(self, area: Reference, row: OperandLike, col: OperandLike, *also: Expression) -> None:
        """Frame the cell in a row and a column of an area, both from 1 on, while something else is so, too."""
        self.frame(area, AND(equal(ROW() - (area.row - 1), row), equal(COLUMN() - (area.col - 1), col), *also))

    def head(self, heading: str, sentence: OperandLike) -> None:
        """Write the heading and the sentence below it."""
        self.heading = heading
        self.say(HEADING, 2, heading, "title")
        self.say(SENTENCE, 2, sentence, "sentence")

    def finish(self, before: Reference, start: Reference, after: Reference | None, where: OperandLike) -> None:
        """Draw the links, say where on the thread one is, and let numbers look alike on all sheets."""
        room = max(ASIDE, MARGIN + ceil(text_width(self.heading, TITLE_POINTS, bold=True)) + 20)
        for stop in (min(room, WIDTH - MARGIN), WIDTH - MARGIN):
            if self._width < stop:
                self.col(stop - self._width)
        edges = [self._column_at(stop) for stop in LINK_STOPS]
        if self.aside:
            col = self._first_behind(room)
            self.canvas.put(HEADING, col, self.aside, "story_where", width=max(1, self._last_col - col + 1))
        first = 2
        for target, text, last in zip(
            (before, start, after),
            (f"← {before.sheet}", "Start", f"{after.sheet} →" if after else ""), edges, strict=True,
        ):  # fmt: skip
            last = max(first, last)
            if target:
                self.canvas.link(LINKS, first, target, text, self.style("link"), width=last - first + 1)
            first = last + 1
        if first <= self._last_col:
            self.say(LINKS, first, where, "where", width=max(1, self._last_col - first + 1))
        rules = [
            format_rules.near_rule(SMALLEST, format_rules.TINY),
            format_rules.beyond_rule(LARGEST, format_rules.HUGE),
        ]
        if self.numbers:
            self.canvas.format(self.numbers, *rules)
        self.canvas.printed = self.area

    def _first_behind(self, pixels: float) -> int:
        """The first column that begins behind a place; the last one where none does."""
        found = (col for col, end in self._ends.items() if end - self.pixels_of(col) >= pixels)
        return next(found, self._last_col)

    def _column_at(self, pixels: int) -> int:
        """The column that ends nearest to a place."""
        ends = self._ends
        return min(ends, key=lambda col: abs(ends[col] - pixels), default=2)

    @property
    def _ends(self) -> dict[int, int]:
        """Where each column ends, in pixels."""
        columns = range(2, self._last_col + 1)
        widths = accumulate((self.pixels_of(col) for col in columns), initial=MARGIN)
        return dict(zip(columns, islice(widths, 1, None), strict=True))


def spelled(number: OperandLike, decimals: int = DECIMALS) -> Expression:
    """A number within a sentence, as the cells show it: −0.1875, 2.2E-5 or 1.00E+4."""
    size, zero = ABS(as_expression(number)), as_expression(number)
    point = MID(as_expression(1) / 2, 2, 1)
    fine, power, huge = joined("0", point, "0" * decimals), joined("0", point, "0E+0"), joined("0", point, "00E+0")
    # IronCalc's TEXT rounds twice, to a digit more at first: 0.152849 would be 0.1529. It takes 1E-20 for equal to 0.
    text = IF(
        size < SMALLEST,
        IF(size * 1e200 > 0, TEXT(size, power), "0"),
        IF(size > LARGEST, TEXT(size, huge), TEXT(ROUND(size, decimals), fine)),
    )
    return joined(IF(zero < 0, "−", ""), text)


def bracketed(number: OperandLike, decimals: int = DECIMALS) -> Expression:
    """A number behind a sign: one below 0 stands in brackets."""
    value = as_expression(number)
    return joined(IF(value < 0, "(", ""), spelled(value, decimals), IF(value < 0, ")", ""))
