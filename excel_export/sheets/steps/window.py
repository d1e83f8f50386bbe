"""A window: the numbers of a map that lie under it, the filter's weights, their products, and the number they make.

    the map        under the window     weights             products            the maps that are made
    . . . . .      −0.1  0.9  2.7       0.4 −0.1  0.3       −0.1 −0.1  0.7      . . .   . . .   . . .
    . # # . .  →   −0.4  1.0  1.2   ×  −1.0  0.9  1.4   =    0.4  1.0  1.6      . # .   . . #   # . .
    . # # . .      −0.4  1.4  0.8      −1.8 −2.3 −1.3        0.8 −3.3 −1.1

It moves by two yellow cells, the row and the column of the number that is made; a third chooses the filter. A pool is a
window without weights.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import ceil, prod

from excel_export.formulas import (
    AND,
    COLUMN,
    INDEX,
    ROW,
    SUM,
    Expression,
    Index,
    OperandLike,
    Reference,
    equal,
    joined,
)
from excel_export.formulas.analysis.moved import moved
from excel_export.graph.graph import Value
from excel_export.sheets.steps import layers_between
from excel_export.sheets.steps.step_sheet import MARGIN, WIDTH, StepSheet, spelled
from excel_export.sheets.steps.teller import Teller, number_of
from excel_export.sheets.steps.written import in_a_row, multiplied
from excel_export.views.elements import VALUE, Element
from excel_export.views.windows import Window, pace_of, windows_of
from excel_export.workbook.calibri import text_width

BAND = 168
"""The height of the map, in pixels."""
ROOM = 334
"""The height of the sheet below the titles, in pixels."""
LARGEST_SQUARE = 24
"""The largest side of a square of the map, in pixels."""
MOST_MAP = 28
"""The most rows and columns of a map that is drawn."""
MOST_SIDE = 5
"""The most rows and columns of a window."""
CELL = 62
"""The width of a number, in pixels, in a window of up to FEW columns."""
SMALL_CELL = 46
"""The width of a number, in pixels, in a wider window."""
FEW = 3
"""The most columns of a window with wide numbers."""
TALLEST = 56
"""The largest height of a number, in pixels."""
SIGN = 26
"""The width of a sign, such as ×, in pixels."""
LABEL = 24
"""The width of the row's numbers, in pixels."""
BESIDE = 24
"""The space before the layers behind, in pixels."""
LEAST = 8
"""The least side of a square of the map, in pixels."""
READABLE = 12
"""The least height of a row in which numbers can be read, in pixels."""
MAPS_ACROSS = 3
"""The most resulting maps beside one another."""
MOST_SQUARE = 18
"""The largest side of a square of a resulting map, in pixels."""
WORDS = {2: "two", 3: "three", 4: "four", 6: "six", 8: "eight", 9: "nine", 12: "twelve"}


def plan(teller: Teller, value: Value, index: Index) -> Window | None:
    """Return the one window of one map that `value[index]` reads, from 2×2 to 5×5 numbers, as a 3×3 convolution does;
    None if it reads anything else.
    """
    found = windows_of(teller.elements, teller.elements.forward(value, index))
    sides = [side for window in found for side in (window.height, window.width)]
    fits = len(found) == 1 and min(sides) >= 2 and max(sides) <= MOST_SIDE and min(found[0].map.shape[-2:]) > 1
    return found[0] if fits else None


def draw(sheet: StepSheet, teller: Teller, value: Value, index: Index, window: Window) -> None:
    """Draw how `value[index]` is computed from a window of a map; a reader moves the window by two yellow cells."""
    _Drawing(sheet, teller, value, index, window).draw()


@dataclass
class _Drawing:
    sheet: StepSheet
    teller: Teller
    value: Value
    index: Index
    window: Window

    def __post_init__(self) -> None:
        elements = self.teller.elements
        self.account = elements.forward(self.value, self.index)
        self.call = elements.makers[self.value]
        rows, cols = self.window.map.shape[-2:]
        self.shows_map = max(rows, cols) <= MOST_MAP
        self.pace = pace_of(elements, self.value, self.index, self.window) if self.shows_map else None
        self.unit = min(LARGEST_SQUARE, max(LEAST, BAND // rows)) if self.shows_map else LARGEST_SQUARE
        self.lines = ROOM // self.unit
        self.map_areas: list[Reference] = []
        self.areas: dict[int, Reference] = {}
        self.tall = max(1, min(TALLEST // self.unit, rows // self.window.height if self.shows_map else 2))
        self.cell = CELL if self.window.width <= FEW else SMALL_CELL
        self.maps = self._shown_maps()
        self.chooses_filter = len(self.maps) > 1

    def _shown_maps(self) -> list[int]:
        if not self.pace:
            return []
        own = self.index[-3] if len(self.value.shape) > 2 else 0
        if not self.window.filter or len(self.value.shape) < 3:
            return [own]
        count, rows = self.value.shape[-3], self.value.shape[-2]
        deep = 2 if 2 * rows + 3 <= self.lines else 1
        has_room = count <= MAPS_ACROSS * deep and self._has_room(count)
        return [*range(count)] if has_room and all(map(self._differs_by_filter, range(count))) else [own]

    def _differs_by_filter(self, k: int) -> bool:
        """Return whether map `k` of the result is made of the same window, by filter `k` and bias `k`."""
        elements, window = self.teller.elements, self.window
        account = elements.forward(self.value, (*self.index[:-3], k, *self.index[-2:]))
        filtered = replace(window, weights=tuple((k, *each[1:]) for each in window.weights))
        own, there = elements.at(self.account.alone), elements.at(account.alone)
        return windows_of(elements, account) == [filtered] and there == (own and replace(own, index=(k,)))

    def _has_room(self, filters: int) -> bool:
        used = max(self.window.height * self.tall, self.window.map.shape[-2]) + 1 + ceil(34 / self.unit)
        return self.unit >= READABLE and used + max(2, ceil(28 / self.unit)) + filters <= self.lines

    def draw(self) -> None:
        """Draw the sheet from left to right."""
        sheet, window = self.sheet, self.window
        count = window.height * window.width
        self.count_words = WORDS.get(count, str(count))
        sheet.head(self.teller.idea(self.call, "idea"), self._sentence())
        sheet.aside = self.teller.index(self.index) if self.window.filter else ""
        self.titles = sheet.row(20)
        self.labels = sheet.row(14)
        self.first = sheet.rows(self.lines - 1, self.unit)
        rows = window.map.shape[-2] if self.shows_map else 0
        self.result_row = max(self._row(window.height), self.first + rows) + 1
        self.result_tall = max(1, ceil(34 / self.unit))
        self.worked_row = self.result_row + self.result_tall
        self._draw_map()
        numbers = self._draw_numbers()
        if window.filter:
            weights = self._draw_weights()
            products = self._draw_products(numbers, weights)
            self._draw_sum(numbers, weights, products)
        else:
            self._draw_picked(numbers)
        self._draw_maps()
        if not window.filter:
            self._draw_layers_behind()

    def _draw_layers_behind(self) -> None:
        sheet, layers = self.sheet, layers_between.ahead(self.teller, Element(self.value, VALUE, self.index))
        if layers and sheet.width + BESIDE + sum(layers_between.WIDTHS) <= WIDTH - MARGIN:
            sheet.col(BESIDE)
            col = sheet.last_col + 1
            tall, line = ceil(layers_between.ROW / self.unit), ceil(layers_between.LINE / self.unit)
            layers_between.draw(sheet, self.teller, layers, self.first, col, layers_between.HEADS, tall=tall, line=line)
            if like := self.teller.like_layer(self.value):
                said = f"As on sheet {number_of(like)}: one product from each later layer"
                sheet.link(sheet.at(self.titles, col), Reference(like, 1, 1), said, "more")

    def _sentence(self) -> str:
        if not self.window.filter:
            by = f" by {self.pace[0]}" if self.pace and self.pace[0] == self.pace[1] > 1 else ""
            why = " Fewer numbers remain." if by else ""
            return f"The {self.count_words} numbers under the window become one, and the window then moves on{by}.{why}"
        bias = " and the bias" if self.account.alone is not None else ""
        said = f"{self.count_words[:1].upper()}{self.count_words[1:]}"
        if prod(self.window.filter.shape[2:]) > len(self.window.weights):
            return f"{said} products, number × weight,{bias} are added up. Here the window reaches over the border, where nothing counts."
        return f"{said} products, number × weight,{bias} add up to one number of a map, or channel. Then the window moves on."

    def _draw_map(self) -> None:
        sheet, window = self.sheet, self.window
        self.axis = sheet.col(18)
        if not self.shows_map:
            return
        rows, cols = window.map.shape[-2:]
        self.map = sheet.at(self.first, sheet.cols(cols, self.unit), rows, cols)
        several = len(window.map.shape) > 2 and window.map.shape[-3] > 1
        place = f", map {window.channel[-1] + 1}" if several else ""
        sheet.say(self.titles, self.axis, f"{window.map.called}{place}", "head")
        places = [[(*window.channel, r, c) for c in range(cols)] for r in range(rows)]
        sheet.squares(self.map, [[self.teller.value(window.map, at) for at in line] for line in places])
        self.map_areas = [self.map]
        sheet.axis(self.map, left=self.axis, above=self.labels)
        sheet.col(14)

    def _draw_numbers(self) -> Reference:
        sheet, window = self.sheet, self.window
        label = sheet.col(LABEL)
        first = sheet.cols(window.width, self.cell)
        title = self._titled(f"the {self.count_words} under the window", "under the window", "window")
        sheet.say(self.titles, first, title, "head")
        block, self.block = sheet.at(self._row(0), first), first
        if self.pace:
            self._choose(first)
        if self.shows_map:
            for k in range(window.height):
                row = sheet.at(self._row(k - 1), label) + 1 if k else self._first_row()
                sheet.canvas.put(self._row(k), label, row, "story_axis_large", height=self.tall)
            for k in range(window.width):
                col = sheet.at(self.labels, first + k - 1) + 1 if k else self._first_col()
                sheet.canvas.put(self.labels, first + k, col, "story_axis_large")
            self._frame_window(sheet.at(self._row(0), label).fixed, sheet.at(self.labels, first).fixed)
        contents: list[OperandLike] = [self.teller.operand(window.map, each) for each in window.cells]
        if self.pace:
            rows = [sheet.at(self._row(u), label).fixed_col for u in range(window.height)]
            cols = [sheet.at(self.labels, first + v).fixed_row for v in range(window.width)]
            contents = [INDEX(self.map.fixed, row, col) for row in rows for col in cols]
        return self._filled(block, contents, *self.map_areas)

    def _first_row(self) -> Expression | int:
        return _start(self.row_cell, self.pace[0]) if self.pace else self.window.row + 1

    def _first_col(self) -> Expression | int:
        return _start(self.col_cell, self.pace[1]) if self.pace else self.window.col + 1

    def _titled(self, *texts: str) -> str:
        room = self.window.width * self.cell + SIGN
        return next((text for text in texts if text_width(text, 11, bold=True) < room - 4), texts[-1])

    def _frame_window(self, row: Reference, col: Reference) -> None:
        down, right = ROW() - (self.map.row - 1), COLUMN() - (self.map.col - 1)
        inside = AND(down >= row, down < row + self.window.height, right >= col, right < col + self.window.width)
        self.sheet.frame(self.map, inside)

    def _choose(self, first: int) -> None:
        sheet, (rows, cols), row = self.sheet, self.value.shape[-2:], self.result_row
        words = "row, column, filter" if self.chooses_filter else "row, column"
        room = sum(sheet.pixels_of(col) for col in range(self.axis, first))
        texts = f"position of the result: {words}", f"Move it: {words}", words, ""
        asked = next(text for text in texts if text_width(text, 11) < room - 8)
        self._write(row, asked, "note", first - 1, height=self.result_tall)
        self.row_cell = sheet.choose(row, first, self.index[-2] + 1, rows, "Row", height=self.result_tall)
        self.col_cell = sheet.choose(row, first + 1, self.index[-1] + 1, cols, "Column", height=self.result_tall)
        if self.chooses_filter:
            at = first + 2 if self.window.width > 2 else sheet.col(CELL)
            self.filter_cell = sheet.choose(
                row, at, self.index[-3] + 1, len(self.maps), "Filter", height=self.result_tall
            )

    def _draw_weights(self) -> Reference:
        sheet, window, teller = self.sheet, self.window, self.teller
        assert window.filter is not None
        self._sign("×")
        first = sheet.cols(window.width, self.cell)
        title = self._titled(f"{self.count_words} weights of the filter", "the filter", "filter")
        sheet.say(self.titles, first, title, "head")
        block = sheet.at(self._row(0), first)
        if not self.chooses_filter:
            return self._filled(block, [teller.operand(window.filter, each) for each in window.weights])
        columns = self._draw_filters()
        filters = sheet.at(columns[0].row, columns[0].col, columns[0].height, len(columns))
        return self._filled(block, [INDEX(column, self.filter_cell) for column in columns], filters)

    def _draw_filters(self) -> list[Reference]:
        """Draw all filters below the map, a row each, with bias and result; return the columns of the weights."""
        sheet, window, teller = self.sheet, self.window, self.teller
        assert window.filter is not None
        count, lines = len(window.weights), len(self.maps)
        first = self.worked_row + max(2, ceil(28 / self.unit))
        squares = self.axis + 1
        # A small map has fewer columns than the filter has weights.
        behind = range(max(self.block, squares + count), sheet.last_col + 1)
        wide = [col for col in behind if sheet.pixels(col) >= self.cell]
        while len(wide) < 2 or wide[0] < squares + count:
            wide = [col for col in (*wide, sheet.col(CELL)) if col >= squares + count]
        aside, after = wide[:2]
        sheet.say(first - 1, self.axis, f"all {lines} filters", "head_small")
        for k in self.maps:
            sheet.canvas.put(first + k, self.axis, k + 1, "story_axis_large")
            own = [teller.operand(window.filter, (k, *weight[1:])) for weight in window.weights]
            sheet.squares(sheet.at(first + k, squares), [own])
        bias = teller.elements.at(self.account.alone)
        self.biases = sheet.at(first, aside, lines) if bias else None
        if bias:
            sheet.say(first - 1, aside, "bias", "center_small")
            for k in self.maps:
                sheet.number(first + k, aside, teller.operand(bias.value, (k,)), "tiny")
        self.results_here = sheet.at(first, after if bias else aside, lines)
        sheet.say(first - 1, self.results_here.col, "makes here", "center_small")
        chosen = equal(sheet.at(first, self.axis).fixed_col, self.filter_cell)
        sheet.frame(sheet.at(first, self.axis, lines), chosen)
        return [sheet.at(first, squares + n, lines).fixed_row for n in range(count)]

    def _draw_products(self, numbers: Reference, weights: Reference) -> Reference:
        sheet, window = self.sheet, self.window
        self._sign("=")
        first = sheet.cols(window.width, self.cell)
        sheet.say(self.titles, first, "products", "head")
        places = [(u * self.tall, v) for u in range(window.height) for v in range(window.width)]
        return self._filled(sheet.at(self._row(0), first), [numbers.at(*at) * weights.at(*at) for at in places])

    def _draw_sum(self, numbers: Reference, weights: Reference, products: Reference) -> None:
        sheet, teller, row, tall = self.sheet, self.teller, self.result_row, self.result_tall
        col, self.products_col = weights.col, products.col
        sheet.say(row, col, "added up", "right", height=tall)
        total = sheet.number(row, col + 1, SUM(self._area(products)), height=tall)
        formula: Expression = total.cells
        bias = teller.elements.at(self.account.alone)
        if bias:
            sheet.say(row, col + 2, "+ bias" if self.window.width > 2 else "+", "right", height=tall)
            inside: OperandLike = (
                INDEX(self.biases.fixed, self.filter_cell)
                if self.chooses_filter and self.biases
                else teller.operand(bias.value, bias.index)
            )
            formula = total + sheet.number(row, products.col, inside, height=tall)
        at = products.col + bool(bias)
        sheet.say(row, at, "=", "sign", height=tall)
        if sheet.last_col == at:
            sheet.col(CELL)
        self.result = sheet.number(row, at + 1, formula, "result", height=tall)
        self.own_col = sheet.col(24)
        sheet.col(64)
        u, v = self._followed()
        x, w, p = (each.at(u * self.tall, v) for each in (numbers, weights, products))
        worked = joined(*multiplied(x, w, p), ".  The sum of all products: ", spelled(total))
        self._write(self.worked_row, worked, "worked", products.col - 1)

    def _followed(self) -> tuple[int, int]:
        """Return the place in the window of the weight that the story follows; the first one without such."""
        weight = self.teller.thread.get(self.window.filter) if self.window.filter else None
        found = [k for k, each in enumerate(self.window.weights) if each == weight]
        return divmod(found[0] if found else 0, self.window.width)

    def _draw_picked(self, numbers: Reference) -> None:
        sheet, teller, window = self.sheet, self.teller, self.window
        sign = sheet.col(46)
        sheet.say(self._row(0), sign, "→", "sign", height=self.tall * window.height)
        check, col = sheet.col(26), sheet.col(110)
        middle = self._row(0) + (self.tall * window.height) // 2 - 1
        cells = [numbers.at(u * self.tall, v) for u in range(window.height) for v in range(window.width)]
        places = {teller.value(window.map, at).plain: cell for at, cell in zip(window.cells, cells, strict=True)}
        formula = moved(teller.elements.formula(self.value, self.index), places, area=self._area(numbers))
        self.result = sheet.number(middle, col, formula, "result", height=max(1, ceil(40 / self.unit)))
        sheet.say(self.titles, col, self.value.called, "middle")
        self.own_col, self.own_row = check, middle + max(1, ceil(40 / self.unit))
        name = formula.text(sheet.name).split("(")[0]
        words = {"MAX": "the largest of ", "AVERAGE": "the mean of ", "MIN": "the smallest of "}.get(
            name, "what comes of "
        )
        parts = [words, *in_a_row(cells, ", ", bare=True)]
        if text_width(f"{words} is {', −0.1234' * len(cells)}", 13, bold=True) > sheet.width:
            parts = [f"{words}these {len(cells)} numbers"]
        worked = joined(*parts, " is ", spelled(self.result))
        self._write(self.worked_row, worked, "worked", sheet.last_col)

    def _write(self, row: int, text: OperandLike, what: str, last: int, *, height: int = 0) -> None:
        height = height or max(1, ceil(24 / self.unit))
        self.sheet.say(row, self.axis, text, what, height=height, width=last - self.axis + 1)

    def _draw_maps(self) -> None:
        sheet = self.sheet
        if not self.pace:
            network = self.teller.value(self.value, self.index)
            sheet.check(self.result_row, self.own_col, self.result, network, height=self.result_tall)
            return
        sheet.col(24)
        rows, cols = self.value.shape[-2:]
        across = min(MAPS_ACROSS, len(self.maps)) if self.window.filter else 1
        room = WIDTH - MARGIN - sheet.width - 14 * across
        square = max(4, min(self.unit, MOST_SQUARE, room // (across * cols)))
        starts = []
        for k in range(across):
            starts.append(sheet.cols(cols, square))
            if k + 1 < across:
                sheet.col(14)
        for k, channel in enumerate(self.maps):
            line, place = divmod(k, across)
            self._map(sheet.at(self.first + line * (rows + 2), starts[place], rows, cols), channel)
        sheet.colour(*self.areas.values())
        own: OperandLike = INDEX(self.areas[self.maps[0]].fixed, self.row_cell, self.col_cell)
        if self.chooses_filter:
            for k in self.maps:
                here = INDEX(self.areas[k].fixed, self.row_cell, self.col_cell)
                sheet.number(self.results_here.row + k, self.results_here.col, here, "tiny")
            own = INDEX(self.results_here.fixed, self.filter_cell)
        if self.window.filter:
            which: OperandLike = self.filter_cell if self.chooses_filter else self.maps[0] + 1
            said = joined("→ framed in map ", which, ", row ", self.row_cell, ", column ", self.col_cell)
            width, height = starts[0] - self.products_col, max(1, ceil(24 / self.unit))
            sheet.say(self.worked_row, self.products_col, said, "right", height=height, width=width)
        else:
            sheet.say(self.own_row - self.result_tall, starts[0] - 1, "→", "arrow", height=self.result_tall)
        row = self.result_row if self.window.filter else self.own_row
        of = self.teller.value(self.value, self.index)
        sheet.check(row, self.own_col, self.result, own, of=of, height=self.result_tall)

    def _map(self, area: Reference, channel: int) -> None:
        sheet, lead = self.sheet, self.index[:-2]
        name = self.value.called
        if len(self.value.shape) > 2:
            lead = (*self.index[:-3], channel)
            name = f"map {channel + 1}" if self.value.shape[-3] > 1 else name
        if area.row > self.first:  # over two rows: one is lower than the text
            sheet.say(area.row - 2, area.col, name, "head_small", height=2, width=area.width)
        else:
            sheet.say(self.titles, area.col, name, "head_small")
        places = [[(*lead, r, c) for c in range(area.width)] for r in range(area.height)]
        sheet.squares(area, [[self.teller.value(self.value, at) for at in line] for line in places])
        also = [equal(self.filter_cell, channel + 1)] if self.chooses_filter else []
        sheet.frame_place(area, self.row_cell, self.col_cell, *also)
        self.areas[channel] = area

    def _sign(self, sign: str) -> None:
        sheet = self.sheet
        sheet.say(self._row(self.window.height // 2), sheet.col(SIGN), sign, "sign", height=self.tall)

    def _area(self, block: Reference) -> Reference:
        return self.sheet.at(block.row, block.col, self.tall * self.window.height, self.window.width)

    def _filled(self, block: Reference, contents: list[OperandLike], *alike: Reference) -> Reference:
        """Draw numbers in the window's shape, coloured as those in `alike`; the followed weight has a frame."""
        for k, content in enumerate(contents):
            u, v = divmod(k, self.window.width)
            plain, box = ("number", "strong_box") if self.cell == CELL else ("small", "small_box")
            what = box if self.window.filter in self.teller.thread and (u, v) == self._followed() else plain
            self.sheet.number(self._row(u), block.col + v, content, what, height=self.tall)
        self.sheet.colour(self._area(block), *alike)
        return block

    def _row(self, u: int) -> int:
        return self.first + u * self.tall


def _start(place: Reference, step: int) -> Expression:
    return place.cells if step == 1 else step * (place - 1) + 1
