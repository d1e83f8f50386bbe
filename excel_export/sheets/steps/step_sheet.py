"""A sheet of the story: its columns and rows in pixels, the heading, the sentence, the links, and the styles of
numbers.

← 3 ReLU   Start   5 pool →            … → map 1 0.8450 → [map 2 3.1725] → …

A deeper layer: it reads every map
Each of the five maps has nine weights of its own …

(the step itself)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, islice
from math import ceil
from typing import Literal

from excel_export.book.sheet import DIFFERS
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
WIDTH = 1240
"""The pixels that Excel leaves for cells on a laptop, across."""
HEIGHT = 440
"""The pixels that it leaves downward."""
LINKS, HEADING, SENTENCE = 1, 2, 3
MARGIN = 14
LINK_STOPS = (174, 264, 444)
"""The right ends, in pixels, of the links to the step before, to Start and to the next one: the same on every sheet."""
NARROW = 64
"""The width, in pixels, up to which a column is never split. A wider one is split at such an end: its cells
are merged."""
ASIDE = 860
"""The pixel from which on a small text may stand beside the heading."""
TITLE_POINTS = 20
"""The font size of the heading, in points."""
DECIMALS = 4
"""The decimals of a number in a text."""
EXACTLY = 7
"""The decimals of a factor of a large number, or of one that changes little, so that the line adds up."""
EXACT = (
    "whole", "count", "map_whole", "map_whole_large", "box_whole", "rate", "fine", "fine_small", "fine_tiny", "own_fine",
)  # fmt: skip
"""The styles of numbers that keep all their digits."""
RUNNING = {"title", "sentence", "worked", "worked_back", "note", "head", "head_small", "left", "left_small",
           "part", "note_small", "more"}  # fmt: skip
"""The styles of texts that run on across empty cells."""
SMALLEST = 0.00045
"""Numbers nearer to zero are shown with a power of ten."""
NEARLY_NONE = 0.0001
"""Numbers nearer to zero add nothing beside large ones."""
LARGEST = 9_999.5
"""Numbers further from zero are shown with a power of ten."""
AGREE = 1e-9
"""The largest relative difference of a result from the network's own number that counts as agreement."""


READABLE = 16
"""The least side of a square, in pixels, with room for two digits of its axis."""
SOME = 5
"""On smaller squares, only each row and column with a multiple of this number is numbered."""

STOP = "⊢"
"""The sign for a gradient that does not pass: it comes from the right, and ends at a bar."""


@dataclass
class StepSheet:
    """The sheet of a step. `col(60)` adds a column 60 pixels wide and returns its number, `row(24)` a row, in order."""

    name: str
    """The name of the tab: '2 convolution'."""
    direction: Direction
    """The part of the training step, which decides the colours: 'forward', 'backward' or 'update'."""
    canvas: Canvas = field(init=False)
    """The contents of the sheet."""
    checks: list[Reference] = field(default_factory=list)
    """The cells with ✓ for a result that is the network's own number, else ≠."""
    numbers: list[Reference] = field(default_factory=list)
    """The cells with numbers for the reader."""
    listings: list[Reference] = field(default_factory=list)
    """Columns of numbers in which a tiny one beside large ones is shown as ≈ 0."""
    shown: dict[Reference, Reference] = field(default_factory=dict)
    """The cell on this sheet that shows the number of a cell of the network: {Network!C5: F8}."""
    results: dict[Reference, Reference] = field(default_factory=dict)
    """The cell on this sheet that computes the number of a cell of the network, while no yellow cell is changed."""
    named: dict[str, Reference] = field(default_factory=dict)
    """The cell on this sheet that shows the number with a defined name of the workbook: {'learning_rate': C9}."""
    names: dict[Name, Reference] = field(default_factory=dict)
    """The cells of the defined names that this sheet adds: {Name('nudge_far'): $C$12}."""
    heading: str = ""
    """The heading at the top."""
    aside: str = ""
    """A small text beside the heading: PyTorch's index; '' for none."""
    _width: int = MARGIN
    _spans: dict[int, int] = field(default_factory=dict)
    """The number of pieces of each column that is split."""

    def __post_init__(self) -> None:
        self.canvas = Canvas(self.name, TABS[self.direction], headings=False, page=Page(one_page=True))
        self.canvas.widths[1] = MARGIN / DIGIT
        self._last_col, self._last_row = 1, 0
        for pixels in (24, 34, 24):
            self.row(pixels)

    @property
    def width(self) -> int:
        """The width of all columns so far, in pixels."""
        return self._width

    @property
    def area(self) -> Reference:
        """All cells so far, from A1 on."""
        return self.at(1, 1, self._last_row, self._last_col)

    @property
    def last_row(self) -> int:
        """The number of the last row so far, from 1 on."""
        return self._last_row

    @property
    def last_col(self) -> int:
        """The number of the last column so far, from 1 on."""
        return self._last_col

    def pixels(self, col: int) -> int:
        """Return the width of a column in pixels, with all its pieces: it may be split where a link ends."""
        return sum(round(self.canvas.widths[col + k] * DIGIT) for k in range(self._spans.get(col, 1)))

    def pixels_of(self, col: int) -> int:
        """Return the width of one sheet column in pixels: 60, or less for a piece of a column that is split."""
        return round(self.canvas.widths[col] * DIGIT)

    def last_of(self, col: int) -> int:
        """Return the last piece of a column: 3 for column 2 split in two, or 2 itself if it is whole."""
        return col + self._spans.get(col, 1) - 1

    def col(self, pixels: int) -> int:
        """Add a column of a width in pixels, and return its number, from 1 on."""
        return self.cols(1, pixels)

    def cols(self, count: int, pixels: int) -> int:
        """Add `count` columns, each of a width in pixels, and return the number of the first.

        Links of the first row end at 174, 264 and 444 pixels. A single column wider than 64 is split there, and the
        number is that of its first piece; several such columns are put behind an end that would split one of them.
        """
        first = self._last_col + 1
        if count > 1 and pixels > NARROW and self._splits(count, pixels):
            return self._shifted(count, pixels)
        if count == 1:
            return self._one(pixels)
        self._add(count, pixels)
        return first

    def _one(self, pixels: int) -> int:
        """Add a column, split where a link ends within it."""
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
        """Add columns that must not be split, behind the next end of a link."""
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
        """Add a row of a height in pixels, and return its number, from 1 on."""
        return self.rows(1, pixels)

    def rows(self, count: int, pixels: float) -> int:
        """Add `count` rows, each of a height in pixels, and return the number of the first."""
        first = self._last_row + 1
        self.canvas.heights |= dict.fromkeys(range(first, first + count), pixels * 0.75)
        self._last_row += count
        return first

    def at(self, row: int, col: int, height: int = 1, width: int = 1) -> Reference:
        """Return a rectangle of the sheet's cells: B5:B7 for row 5, column 2 and height 3."""
        return self.canvas.at(row, col, height, width)

    def style(self, what: str) -> str:
        """Return the name of a style: 'story_note' for 'note', or if there is none, 'story_head_forward' for 'head'."""
        return f"story_{what}" if f"story_{what}" in STYLES else f"story_{what}_{self.direction}"

    def say(
        self, row: int, col: int, text: OperandLike, what: str = "note", *, height: int = 1, width: int = 1
    ) -> None:
        """Write a text, or a formula whose result is one, into a cell; `what` is a style's name, as for `style`."""
        content = text if isinstance(text, str) else as_expression(text)
        self.canvas.put(row, col, content, self.style(what), height=height, width=self._span(col, width, what))

    def say_all(self, row: int, texts: Mapping[int, str], what: str) -> None:
        """Write texts into columns of a row, {3: '×', 5: '='}, all in the style `what`, as for `style`."""
        for col, text in texts.items():
            self.say(row, col, text, what)

    def write_out(self, row: int, *parts: OperandLike) -> None:
        """Write a line of arithmetic from the left, from texts and numbers: a, ' × ', b."""
        self.say(row, 2, joined(*parts), "worked")

    def add_note(self, pixels: int, *parts: OperandLike) -> None:
        """Add a row `pixels` high with a sentence from the left, made of texts and formulas: 'The sum is ', B5."""
        self.say(self.row(pixels), 2, parts[0] if len(parts) == 1 else joined(*parts), "note")

    def link(self, at: Reference, target: Reference, text: str, what: str = "to_sheet") -> None:
        """Write a text that leads to the cell `target` of another sheet, in the style `what`, as for `style`."""
        width = self._span(at.col, at.width, what)
        self.canvas.link(at.row, at.col, target, text, self.style(what), height=at.height, width=width)

    def number(
        self, row: int, col: int, formula: OperandLike, what: str = "number", *, height: int = 1, width: int = 1
    ) -> Reference:
        """Write a formula for a number in the style `what`, as for `style`, and return its cell: B5.

        Cells of several rows (`height`) or columns (`width`) are merged.
        """
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
        """Return how many pieces of columns a cell covers; 1 for a text that may run on across empty cells."""
        return width if width > 1 or what in RUNNING else self._spans.get(col, 1)

    def choose(
        self, row: int, col: int, number: int, count: int, title: str, *, height: int = 1, width: int = 1
    ) -> Reference:
        """Write a yellow cell with a whole number from 1 to `count`, at first `number`, and return it: $B$5.

        `title` is that of the alert which other contents raise.
        """
        self.canvas.put(row, col, number, "story_choice", height=height, width=width)
        cell = self.at(row, col)
        self.canvas.allow_numbers(cell, 1, count, title, f"A whole number from 1 to {count}, please.", whole=True)
        return cell.fixed

    def check(
        self, row: int, col: int, result: Reference, own: OperandLike, *, of: Reference | None = None,
        height: int = 1, width: int = 1, room: int = 1, style: str = "own",
    ) -> Reference:  # fmt: skip
        """Write the network's own number behind a result, and in the cell before it ✓ or ≠; return the number's cell.

        Args:
            row: the row.
            col: the column of the sign, ✓ or ≠.
            result: the cell of the result on this sheet.
            own: the network's cell of this number, or a formula that chooses one.
            of: the network's cell before a learner chooses anything, if `own` is such a formula; None if it is a cell.
            height: the rows of both cells.
            width: the columns of the sign.
            room: the columns of the number.
            style: the style of the number.
        """
        self.stands_for(of if of is not None else own, result)
        cell = self.number(row, col + width, own, style, height=height, width=room)
        same = ABS(result - cell) <= AGREE * MAX(1, ABS(cell))
        self.canvas.put(row, col, IF(same, "✓", DIFFERS), "story_check", height=height, width=width)
        self.checks.append(self.at(row, col).fixed)
        return cell

    def stands_for(self, own: OperandLike, result: Reference) -> None:
        """Record that the cell `result` computes the number of the network's cell, or defined name, `own`."""
        if isinstance(own, Reference):
            self.results[own.plain] = result
        elif isinstance(own, Name):
            self.named[own.text] = result

    def squares(self, area: Reference, contents: Sequence[Sequence[OperandLike | None]], style: str = "square") -> None:
        """Write numbers as the squares of a map, a list for each row, to be coloured; None leaves a square empty.

        The style 'square' hides the numbers; 'small' shows them.
        """
        for down, line in enumerate(contents):
            for right, content in enumerate(line):
                if content is None:
                    continue
                if style != "square":
                    self.number(area.row + down, area.col + right, content, style)
                else:
                    self.canvas.put(area.row + down, area.col + right, as_expression(content), "story_square")

    def colour(self, *areas: Reference, is_grad: bool = False) -> None:
        """Colour numbers by their size, or as gradients if `is_grad`; equal numbers in `areas` have equal colours."""
        scale = format_rules.grad_scale if is_grad else format_rules.value_scale
        whole = [self.at(each.row, each.col, each.height, self.last_of(each.last.col) - each.col + 1) for each in areas]
        self.canvas.format(whole, scale(*whole))

    def axis(
        self, area: Reference, *, left: int = 0, above: int = 0, rows: Sequence[int] = (), cols: Sequence[int] = ()
    ) -> None:
        """Number the rows and columns of a map, in the column `left` and the row `above`; 0 for none.

        The numbers are `rows` and `cols`; () counts from 1 on. If two digits have no room, only 5, 10, … are written.
        """
        is_narrow = self.pixels_of(area.col) < READABLE and max(area.height, area.width) > 9
        every, size = (SOME, 2) if is_narrow else (1, 1)
        for k, number in enumerate(rows or range(1, area.height + 1)):
            if left and number % every == 0 and k + size <= area.height:
                self.canvas.put(area.row + k, left, number, "story_axis_right", height=size)
        for k, number in enumerate(cols or range(1, area.width + 1)):
            if above and number % every == 0 and k + size <= area.width:
                self.canvas.put(above, area.col + k, number, "story_axis", width=size)

    def slots(self, first: int, *pixels: int) -> list[tuple[int, int]]:
        """Return for each width in `pixels` a column and a number of columns that are at least so wide together.

        They are side by side from the column `first` on, and added where none are left: [(2, 3), (5, 1)] for 60 and 20
        pixels if columns have 20.
        """
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

    def frame(self, area: Reference, condition: Expression | None = None) -> None:
        """Frame the cells of an area for which a condition holds; None for all.

        The condition is written for the first cell: B5>0 frames each cell of B5:C6 that is above 0.
        """
        always = equal(1, 1)
        self.canvas.format_first([area], format_rules.when(condition or always, format_rules.FRAMED))

    def frame_place(self, area: Reference, row: OperandLike, col: OperandLike, *also: Expression) -> None:
        """Frame the cell in a row and a column of an area, both from 1 on, while further conditions hold."""
        self.frame(area, AND(equal(ROW() - (area.row - 1), row), equal(COLUMN() - (area.col - 1), col), *also))

    def head(self, heading: str, sentence: OperandLike) -> None:
        """Write the heading, and the sentence below it."""
        self.heading = heading
        self.say(HEADING, 2, heading, "title")
        self.say(SENTENCE, 2, sentence, "sentence")

    def finish(self, before: Reference, start: Reference, after: Reference | None, where: OperandLike) -> None:
        """Write the links and the place on the thread, and add the formats of all numbers.

        Args:
            before: the cell to which the link to the step before leads.
            start: the cell of Start.
            after: the cell of the next sheet; None for the last sheet.
            where: the followed numbers around this sheet's, a text as '… → x 0.5000 → [y 1.2000] → …'; '' for none.
        """
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
        huge = format_rules.beyond_rule(LARGEST, format_rules.HUGE)
        listed = {cell for area in self.listings for cell in area.each()}
        if others := [cell for cell in self.numbers if cell not in listed]:
            self.canvas.format(others, format_rules.near_rule(SMALLEST, format_rules.TINY), huge)
        for area in self.listings:
            nearly_none = format_rules.nearly_none_rule(area, NEARLY_NONE, SMALLEST)
            self.canvas.format_first(
                [area], nearly_none, format_rules.all_near_rule(area, SMALLEST, format_rules.TINY), huge
            )
        self.canvas.printed = self.area

    def _first_behind(self, pixels: float) -> int:
        found = (col for col, end in self._ends.items() if end - self.pixels_of(col) >= pixels)
        return next(found, self._last_col)

    def _column_at(self, pixels: int) -> int:
        ends = self._ends
        return min(ends, key=lambda col: abs(ends[col] - pixels), default=2)

    @property
    def _ends(self) -> dict[int, int]:
        columns = range(2, self._last_col + 1)
        widths = accumulate((self.pixels_of(col) for col in columns), initial=MARGIN)
        return dict(zip(columns, islice(widths, 1, None), strict=True))


def spelled(number: OperandLike, decimals: int = DECIMALS) -> Expression:
    """Return a formula for a number as text: '−0.1875', '3.0000', '0'.

    Whatever the `decimals`, it is '2.2E-5' below 0.00045, and '1.00E+4' above 9999.5.
    """
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
    """Return a formula for a number as text behind a sign, in brackets if it is below 0: '0.1875', '(−0.1875)'."""
    value = as_expression(number)
    return joined(IF(value < 0, "(", ""), spelled(value, decimals), IF(value < 0, ")", ""))
