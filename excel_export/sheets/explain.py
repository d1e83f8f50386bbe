"""The Explain sheet: the gradient of one chosen number as a table of its terms, each with the cells it comes from.

A tensor's place is an affine map from indices to cells, and so is the way from a term to the two numbers that
it multiplies. So a line of whole numbers per parameter, its recipe, says where all of its terms lie: the sheet looks up
the recipe of the chosen parameter, works out rows and columns, and reads the Network sheet with INDEX.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation

from excel_export.compiler.place import PlacedTensor
from excel_export.formulas.grid import Grid, quoted
from excel_export.formulas.terms import GROUP, Affine, Terms
from excel_export.graph.graph import Call, Graph, Value
from excel_export.sheets.draft import Draft
from excel_export.sheets.names import (
    EXPLAIN_ELEMENT,
    EXPLAIN_GRADIENT,
    EXPLAIN_INDEX,
    EXPLAIN_LABEL,
    EXPLAIN_TENSOR,
    EXPLAIN_VALUE,
    choices,
)
from excel_export.xlsx.canvas import Canvas, cell, link
from excel_export.xlsx.styles import BACKWARD, faint_rule, gone_rule, grad_scale, tiny_rule, value_scale

NAME = "Explain"
WHAT = "any gradient, term by term: choose a parameter and see where its number comes from"

TITLE, SUBTITLE, LINKS, HEADS, CHOICE, HINTS, MATH, WORDS, RESULT, TABLE_HEAD = 1, 2, 3, 5, 6, 7, 9, 10, 12, 13
FIRST = TABLE_HEAD + 1
# The columns of the table of terms.
NUMBER, PLACE, FROM_G, G, FROM_X, X, PRODUCT, SO_FAR = range(2, 10)
INDEX_COLUMNS = (5, 6, 7, 8, 9)
MAPS = 11
# A sum of more terms is not something to read.
MOST_TERMS = 1_600
SMALLEST_MAP, LARGEST_MAP = 12, 28
# A good example has about as many.
INSTRUCTIVE = 24

# What the recipes lead to, and the ways that lead there beside those of the indices and the places.
ELEMENT, VALUE, GRADIENT, UPSTREAM, LOCAL, EDGES = "element", "value", "gradient", "upstream", "local", "edges"
AXES = ("row", "column")
START = "start"


@dataclass(frozen=True)
class Explained:
    """A parameter that a learner may choose, and the operator's account of its gradient, if there is one."""

    value: Value
    place: PlacedTensor
    first: int
    """The running number, over all of them, of its first element."""
    reader: Call | None
    terms: Terms | None
    """None where the terms are not shown."""
    maps: Mapping[str, Mapping[str, int]]
    """For each row and column that the sheet works out, what a step along each way adds to it."""
    places: tuple[int, ...]
    """How many numbers the sum runs through along each way; 1 for those it does not have."""

    @property
    def count(self) -> int:
        """How many terms each of its elements has."""
        return math.prod(self.terms.places.values()) if self.terms else 0

    @property
    def letters(self) -> tuple[str, ...]:
        """A letter for each index, and what it counts."""
        if self.terms is None:
            return tuple("ijklmn"[: len(self.value.shape)])
        return tuple(f"{letter} · {what}" for letter, what in self.terms.element.items())

    @property
    def math(self) -> str:
        """The gradient's equation."""
        if self.terms:
            return self.terms.math
        return self.reader.operator.backward_math if self.reader else ""

    @property
    def words(self) -> str:
        """The equation in plain words."""
        if self.terms:
            return self.terms.words
        return "The terms of this gradient are not shown one by one: here is the result alone."

    @property
    def edges(self) -> tuple[int, int]:
        """The size of the image that the input's index may leave, by rows and by columns."""
        if self.terms is None or self.reader is None or not self.terms.edges:
            return 1, 1
        down, right = (self.reader.arguments["input"].shape[dim] for dim in self.terms.edges)
        return down, right


def explained(draft: Draft) -> list[Explained]:
    """Every parameter that learns, in order."""
    graph, tensors = draft.graph, draft.placement.tensors
    learning = [v for v in graph.of_kind("parameter") if tensors[v].grad is not None and v.data.size]
    told = {value: _told(graph, value) for value in learning}
    depth = max(2, *(len(terms.places) for _, terms in told.values() if terms), 2)
    found, first = [], 0
    for value, (reader, terms) in told.items():
        maps = _maps(value, first, tensors, reader, terms, depth)
        sizes = tuple(terms.places.values()) if terms else ()
        places = (*[1] * (depth - len(sizes)), *sizes)
        found.append(Explained(value, tensors[value], first, reader, terms, maps, places))
        first += value.data.size
    return found


def _told(graph: Graph, value: Value) -> tuple[Call | None, Terms | None]:
    """The operator call that reads a parameter, and its terms if it is the only one and tells them."""
    readers = [call for call in graph.calls if value in call.inputs]
    if not readers:
        return None, None
    call = readers[0]
    alone = len(readers) == 1 and call.inputs.count(value) == 1 and value not in graph.seeds
    if alone and call.outputs[0].grad is not None:
        for parameter, terms in call.operator.terms(call.outputs[0], **call.arguments):
            if parameter is value and math.prod(terms.places.values()) <= MOST_TERMS:
                return call, terms
    return call, None


def _maps(
    value: Value,
    first: int,
    tensors: Mapping[Value, PlacedTensor],
    reader: Call | None,
    terms: Terms | None,
    depth: int,
) -> dict[str, dict[str, int]]:
    """Return the affine maps from a parameter's index and a place in its sum to what the sheet works out."""
    index = [f"index {k}" for k in range(len(value.shape))]
    steps = [math.prod(value.shape[k + 1 :]) for k in range(len(index))]
    maps = {ELEMENT: _composed(first, steps, [{way: 1} for way in index])}
    maps |= _cells(VALUE, tensors[value].value, [{way: 1} for way in index])
    maps |= _cells(GRADIENT, tensors[value].grad, [{way: 1} for way in index])
    if terms is None or reader is None:
        return maps
    places = [f"place {depth - len(terms.places) + k}" for k in range(len(terms.places))]
    ways = dict(zip((*terms.element, *terms.places), (*index, *places), strict=True)) | {"": START, GROUP: GROUP}

    def in_ways(affine: Affine) -> dict[str, int]:
        factors = {affine: 1} if isinstance(affine, str) else affine
        return {ways[letter]: factor for letter, factor in factors.items() if letter in ways}

    maps |= _cells(UPSTREAM, tensors[reader.outputs[0]].grad, [in_ways(affine) for affine in terms.upstream])
    if terms.local is not None:
        local = [in_ways(affine) for affine in terms.local]
        maps |= _cells(LOCAL, tensors[reader.arguments["input"]].value, local)
        maps |= {f"{EDGES} {axis}": local[dim] for axis, dim in zip(AXES, terms.edges, strict=False)}
    return maps


def _cells(what: str, grid: Grid | None, index: Sequence[Mapping[str, int]]) -> dict[str, dict[str, int]]:
    """The maps to the row and the column of a tensor's element."""
    assert grid is not None
    return {
        f"{what} row": _composed(grid.row, grid.row_strides, index),
        f"{what} column": _composed(grid.col, grid.col_strides, index),
    }


def _composed(origin: int, strides: Sequence[int], index: Sequence[Mapping[str, int]]) -> dict[str, int]:
    total = {START: origin}
    for stride, factors in zip(strides, index, strict=True):
        for way, factor in factors.items():
            total[way] = total.get(way, 0) + stride * factor
    return total


def draw(draft: Draft) -> None:
    """Draw the sheet, where the network is one picture and has something to explain."""
    if not draft.placement.is_one_picture:
        return
    items = explained(draft)
    if items:
        draft.add(_Page(draft, items).canvas, WHAT)


class _Page:
    """The sheet, part by part; each part leaves behind the cells that later parts read."""

    def __init__(self, draft: Draft, items: list[Explained]) -> None:
        self.draft, self.items = draft, items
        self.canvas = Canvas(NAME, BACKWARD, freeze=f"A{FIRST}")
        self.rank = max(1, max(len(item.value.shape) for item in items))
        self.depth = len(items[0].places)
        self.terms = max(1, max(item.count for item in items))
        self.last = FIRST + self.terms - 1
        self.map_height, self.map_width = (
            min(LARGEST_MAP, max(SMALLEST_MAP, *(item.places[-k] for item in items))) for k in (2, 1)
        )
        sheet = draft.placement.sheets[0]
        self.source = quoted(sheet.name)
        self.network = f"{self.source}!$A$1:${get_column_letter(sheet.last_column)}${sheet.last_row}"
        helpers = MAPS + 3 * (self.map_width + 1) + 1
        self.recipes = _Recipes(self, helpers + self.depth + 8)
        self._choose()
        self._say_result()
        self._list_terms(helpers)
        self._draw_maps()
        self._set_up()

    def _choose(self) -> None:
        """The choice cells, on the sheet's top."""
        canvas, recipes = self.canvas, self.recipes
        example = instructive(self.items)
        shown = next(label for item, label in zip(self.items, recipes.labels, strict=True) if item is example)
        canvas.say(HEADS, NUMBER, "parameter", "head")
        canvas.stripe(HEADS, NUMBER, FROM_G, "head")
        canvas.say(CHOICE, NUMBER, shown, "choice")
        canvas.stripe(CHOICE, NUMBER, FROM_G, "choice")
        canvas.merged.append(f"{cell(CHOICE, NUMBER)}:{cell(CHOICE, FROM_G)}")
        canvas.say(HINTS, NUMBER, "choose from the list, then an element of it  →", "hint")
        self.draft.names[EXPLAIN_TENSOR] = f"{NAME}!{_absolute(CHOICE, NUMBER)}"
        _offer(canvas, CHOICE, NUMBER, recipes.names, "Choose a parameter from the list.")
        index = np.unravel_index(int(np.abs(np.asarray(example.value.grad)).argmax()), example.value.shape)
        for k in range(self.rank):
            col = self.index_column(k)
            letter, size, taken = recipes.chosen(f"letter {k}"), recipes.chosen(f"size {k}"), recipes.way(f"index {k}")
            here = _absolute(CHOICE, col)
            canvas.put(HEADS, col, f'=IF({letter}="","",{letter})', "index")
            canvas.put(CHOICE, col, int(index[k]) if k < len(index) else 0, "edit")
            range_of = f'IF({size}=1,"only 0","0 … "&TEXT({size}-1,"0"))'
            taken_as = f'IF({here}={taken},{range_of},"taken as "&TEXT({taken},"0"))'
            canvas.put(HINTS, col, f'=IF({letter}="","",{taken_as})', "index_hint")
            canvas.rules.append((cell(CHOICE, col), gone_rule(f'{letter}=""')))
            numbers = recipes.numbers(f"MAX(1,{size})")
            _offer(canvas, CHOICE, col, numbers, "Choose a whole number from the list.")
            self.draft.names[f"{EXPLAIN_INDEX}{k + 1}"] = f"{NAME}!{here}"

    def index_column(self, k: int) -> int:
        """The column of the choice cell of an index."""
        return INDEX_COLUMNS[k] if k < len(INDEX_COLUMNS) else MAPS + k

    def _say_result(self) -> None:
        """What is explained, the sum, the cell it must equal, and the equation."""
        canvas, recipes = self.canvas, self.recipes
        count = recipes.chosen("terms")
        rank = recipes.chosen("rank")
        index = "&".join(
            f'IF({rank}>{k},"{", " if k else ""}"&TEXT({recipes.way(f"index {k}")},"0"),"")' for k in range(self.rank)
        )
        canvas.put(recipes.bases, recipes.left, f'={recipes.chosen("name")}&IF({rank}=0,"","["&{index}&"]")', "fixed")
        for k, what in enumerate((VALUE, GRADIENT)):
            row, col = (recipes.base(f"{what} {axis}") for axis in AXES)
            canvas.put(recipes.bases + 1, recipes.left + k, f"=INDEX({self.network},{row},{col})", "fixed")
        self.draft.names |= {
            EXPLAIN_LABEL: f"{NAME}!{_absolute(recipes.bases, recipes.left)}",
            EXPLAIN_ELEMENT: f"{NAME}!{recipes.base(ELEMENT)}",
            EXPLAIN_VALUE: f"{NAME}!{_absolute(recipes.bases + 1, recipes.left)}",
            EXPLAIN_GRADIENT: f"{NAME}!{_absolute(recipes.bases + 1, recipes.left + 1)}",
        }
        total = _absolute(RESULT, PRODUCT)
        many = f'IF({count}=1,"  is a single term","  is the sum of "&TEXT({count},"0")&" terms")'
        canvas.put(RESULT, NUMBER, f'="∂L/∂ "&{EXPLAIN_LABEL}&IF({count}=0,"",{many})', "heading")
        products = f"{_absolute(FIRST, PRODUCT)}:{_absolute(self.last, PRODUCT)}"
        canvas.put(RESULT, PRODUCT, f"=IF({count}=0,{EXPLAIN_GRADIENT},SUM({products}))", "sum")
        equal = f"ABS({total}-{EXPLAIN_GRADIENT})<=1E-9*MAX(1,ABS({EXPLAIN_GRADIENT}))"
        place = self.address(row, col)
        canvas.put(RESULT, SO_FAR, f'=HYPERLINK("#{self.source}!"&{place},IF({equal},"  = ","  ≠ ")&'
                   f'"{self.source}!"&{place}&IF({equal}," ✓",""))'.replace("''", "'"), "link")  # fmt: skip
        canvas.put(MATH, NUMBER, f"={recipes.chosen('math')}", "equation")
        canvas.put(WORDS, NUMBER, f"={recipes.chosen('words')}", "text")
        canvas.merged.append(f"{cell(WORDS, NUMBER)}:{cell(WORDS, SO_FAR)}")
        canvas.heights[WORDS] = 46

    def address(self, row: str, col: str) -> str:
        """The formula of a cell's name: 'CW176'."""
        return f"ADDRESS({row},{col},4)"

    def _list_terms(self, helpers: int) -> None:
        """A line per term: what it multiplies, the product, and the sum so far."""
        canvas, recipes = self.canvas, self.recipes
        count, alone = recipes.chosen("terms"), recipes.chosen("alone")
        heads = {NUMBER: "term", FROM_G: "its g in", G: "g", FROM_X: "its x in", X: "×  x", PRODUCT: "=  g · x",
                 SO_FAR: "sum so far"}  # fmt: skip
        for col, head in heads.items():
            canvas.say(TABLE_HEAD, col, head, "head_right" if col > PLACE else "head_center")
        canvas.put(TABLE_HEAD, PLACE, f'=IF({count}=0,"",{recipes.chosen("places")})', "head_center")
        ways = [f"place {k}" for k in range(self.depth)]
        columns = {what: helpers + k for k, what in enumerate(
            [*ways, "down", "right", "inside", "g row", "g column", "x row", "x column"])}  # fmt: skip
        for what, col in columns.items():
            canvas.say(TABLE_HEAD, col, what, "fixed")
        canvas.say(TABLE_HEAD - 1, helpers, "Where each term finds its numbers: the recipe at its place", "hint")
        found = {"down": f"{EDGES} row", "right": f"{EDGES} column", "g row": f"{UPSTREAM} row", "g column":
                 f"{UPSTREAM} column", "x row": f"{LOCAL} row", "x column": f"{LOCAL} column"}  # fmt: skip
        lines = f"{cell(FIRST, NUMBER)}:{cell(self.last, SO_FAR)}"
        canvas.rules.append((lines, faint_rule(f"${get_column_letter(PRODUCT)}{FIRST}=0")))
        canvas.rules.append((cell(RESULT, PRODUCT), tiny_rule(_absolute(RESULT, PRODUCT), "=  ")))
        for col, before in ((G, ""), (X, "×  "), (PRODUCT, "=  "), (SO_FAR, "")):
            area = f"{cell(FIRST, col)}:{cell(self.last, col)}"
            canvas.rules.append((area, tiny_rule(cell(FIRST, col), before)))
        for k in range(self.terms):
            row = FIRST + k
            for way in ways:
                steps = f"INT({k}/{recipes.chosen(f'{way} step')})"
                canvas.put(row, columns[way], f"=MOD({steps},{recipes.chosen(f'{way} size')})", "fixed")
            for what, quantity in found.items():
                along = "+".join(f"{cell(row, columns[way])}*{recipes.chosen(f'{quantity} {way}')}" for way in ways)
                canvas.put(row, columns[what], f"={recipes.base(quantity)}+{along}", "fixed")
            down, right = cell(row, columns["down"]), cell(row, columns["right"])
            canvas.put(row, columns["inside"], f"=IF(AND({down}>=0,{down}<{recipes.chosen('height')},{right}>=0,"
                       f"{right}<{recipes.chosen('width')}),1,0)", "fixed")  # fmt: skip
            self._term(row, k, {what: cell(row, col) for what, col in columns.items()}, ways, count, alone)

    def _term(self, row: int, k: int, at: Mapping[str, str], ways: list[str], count: str, alone: str) -> None:
        canvas = self.canvas
        used, inside = f"{count}>{k}", at["inside"]
        depth = self.recipes.chosen("depth")
        place = "&".join(
            f'IF({depth}>{len(ways) - n - 1},TEXT({at[way]},"0")&"{", " if n < len(ways) - 1 else ""}","")'
            for n, way in enumerate(ways)
        )
        g, x, product = cell(row, G), cell(row, X), cell(row, PRODUCT)
        before = cell(row - 1, SO_FAR)
        lines: dict[int, tuple[str, str]] = {
            NUMBER: (str(k + 1), "term_place"),
            PLACE: (place, "term_place"),
            FROM_G: (self._link(at["g row"], at["g column"]), "term_link"),
            G: (f"INDEX({self.network},{at['g row']},{at['g column']})", "term_grad"),
            FROM_X: (f'IF({alone}=1,"always",IF({inside}=1,{self._link(at["x row"], at["x column"])},"padding"))',
                     "term_link"),
            X: (f"IF({alone}=1,1,IF({inside}=1,INDEX({self.network},{at['x row']},{at['x column']}),0))", "term_value"),
            PRODUCT: (f"{g}*{x}", "term_product"),
            SO_FAR: (product if k == 0 else f"{before}+{product}", "term_total"),
        }  # fmt: skip
        for col, (formula, style) in lines.items():
            canvas.put(row, col, f'=IF({used},{formula},"")', style)

    def _link(self, row: str, col: str) -> str:
        place = self.address(row, col)
        return f'HYPERLINK("#{self.source}!"&{place},{place})'

    def _draw_maps(self) -> None:
        """The same three columns as pictures, each number as large a square as there is room for."""
        canvas, recipes = self.canvas, self.recipes
        height, width = (recipes.chosen(f"place {self.depth - k} size") for k in (2, 1))
        scale = _absolute(recipes.bases, recipes.left + 1)
        canvas.put(recipes.bases, recipes.left + 1, f"=MAX(1,MIN(INT({self.map_height}/{height}),"
                   f"INT({self.map_width}/{width})))", "fixed")  # fmt: skip
        shown = f"{recipes.chosen('terms')}>1"
        pictures = ((G, "g, the gradients that arrive", grad_scale), (X, "x, the inputs met there", value_scale),
                    (PRODUCT, "g · x, the terms to add", grad_scale))  # fmt: skip
        for k, (col, title, colours) in enumerate(pictures):
            first = MAPS + k * (self.map_width + 1)
            canvas.put(TABLE_HEAD, first, f'=IF({shown},"{title}","")', "map_head")
            canvas.stripe(TABLE_HEAD, first, first + self.map_width - 1, "map_head")
            terms = f"{_absolute(FIRST, col)}:{_absolute(self.last, col)}"
            for i in range(self.map_height):
                for j in range(self.map_width):
                    row, column = f"INT({i}/{scale})", f"INT({j}/{scale})"
                    canvas.put(FIRST + i, first + j, f"=IF(AND({shown},{row}<{height},{column}<{width}),"
                               f'INDEX({terms},{row}*{width}+{column}+1),"")', "map")  # fmt: skip
            area = f"{cell(FIRST, first)}:{cell(FIRST + self.map_height - 1, first + self.map_width - 1)}"
            canvas.rules.append((area, colours(area)))
            if k:
                sign = f'=IF({shown},"{"×="[k - 1]}","")'
                canvas.put(FIRST + self.map_height // 2, first - 1, sign, "map_sign")
        batch = any(item.terms and "n" in item.terms.places for item in self.items)
        hint = "The same as pictures, white at zero" + "; of the first sample" * batch
        canvas.put(RESULT, MAPS, f'=IF({shown},"{hint}","")', "hint")

    def _set_up(self) -> None:
        canvas = self.canvas
        canvas.say(TITLE, NUMBER, "Where does this gradient come from?", "title")
        canvas.heights[TITLE] = 28
        canvas.say(SUBTITLE, NUMBER, "Choose a parameter and one of its elements in the yellow cells. Its gradient is "
                   "a sum, one term for each place where the element is used. A click on a blue cell name leads there.",
                   "subtitle")  # fmt: skip
        canvas.put(LINKS, NUMBER, link("Start", "A1", "← Start"), "link")
        canvas.put(LINKS, FROM_G, link("Nudge", "A1", "Nudge it and see →"), "link")
        silent = [item.value.name for item in self.items if not item.terms]
        if silent:
            canvas.say(LINKS, FROM_X, f"Without a table of terms: {', '.join(silent)}", "hint")
        canvas.widths = {
            1: 2,
            NUMBER: 7,
            PLACE: 11,
            FROM_G: 11,
            G: 13,
            FROM_X: 11,
            X: 15,
            PRODUCT: 15,
            SO_FAR: 21,
            10: 3,
        }
        maps = range(MAPS, MAPS + 3 * (self.map_width + 1))
        canvas.widths |= dict.fromkeys(maps, 2.3) | {MAPS + k * (self.map_width + 1) - 1: 4 for k in (1, 2)}
        canvas.printed = f"A1:{cell(max(self.last, FIRST + self.map_height), maps[-1])}"


class _Recipes:
    """The block at the right: a line per parameter that says where its terms lie, and above it the chosen one's."""

    def __init__(self, page: _Page, left: int) -> None:
        self.canvas, self.items, self.left = page.canvas, page.items, left
        self.rank, self.depth = page.rank, page.depth
        self.labels = choices([item.value.name for item in self.items])
        recipes = [self._recipe(item, label) for item, label in zip(self.items, self.labels, strict=True)]
        self._columns = {field: left + 2 + k for k, field in enumerate(recipes[0])}
        self.ways, self.head, self.line, self.bases, self.first = 5, 7, 8, 9, FIRST
        self.names = self._area("name")
        self._largest = max((max(item.value.shape, default=1) for item in self.items), default=1)
        self._write(recipes)

    def chosen(self, field: str) -> str:
        """The cell that holds a field of the chosen parameter."""
        return _absolute(self.line, self._columns[field])

    def way(self, what: str) -> str:
        """The cell that holds an index, made whole and kept inside the tensor, or the group."""
        return _absolute(self.ways, self._columns[f"{ELEMENT} {what}"])

    def base(self, quantity: str) -> str:
        """The cell that holds a quantity's value at the chosen element."""
        return _absolute(self.bases, self._columns[f"{quantity} start"])

    def numbers(self, size: str) -> str:
        """A range of the numbers 0, 1, … of which there are `size`."""
        first, last = _absolute(self.first, self.left), _absolute(self.first + self._largest - 1, self.left)
        return f"{first}:INDEX({first}:{last},{size})"

    def _recipe(self, item: Explained, label: str) -> dict[str, int | str]:
        recipe: dict[str, int | str] = {
            "name": label,
            "math": item.math,
            "words": item.words,
            "places": ", ".join(item.terms.places) if item.terms else "",
            "terms": item.count,
            "depth": len(item.terms.places) if item.terms else 0,
            "alone": int(item.terms is not None and item.terms.local is None),
            "group": item.terms.group if item.terms else 1,
            "height": item.edges[0],
            "width": item.edges[1],
            "rank": len(item.value.shape),
        }
        rank, depth = range(self.rank), range(self.depth)
        for k in rank:
            recipe[f"letter {k}"] = (*item.letters, *[""] * self.rank)[k]
            recipe[f"size {k}"] = (*item.value.shape, *[0] * self.rank)[k]
        for k in depth:
            recipe[f"place {k} size"] = item.places[k]
            recipe[f"place {k} step"] = math.prod(item.places[k + 1 :])
        quantities = [f"{what} {axis}" for what in (VALUE, GRADIENT, UPSTREAM, LOCAL, EDGES) for axis in AXES]
        for quantity in (ELEMENT, *quantities):
            for way in (START, *(f"index {k}" for k in rank), GROUP, *(f"place {k}" for k in depth)):
                recipe[f"{quantity} {way}"] = item.maps.get(quantity, {}).get(way, 0)
        return recipe

    def _write(self, recipes: list[dict[str, int | str]]) -> None:
        canvas, choice = self.canvas, _absolute(self.line, self.left)
        canvas.say(self.ways - 3, self.left, "The recipes: each row and column is start + index·… + group·… + place·…",
                   "hint")  # fmt: skip
        canvas.say(self.ways, self.left, "index", "fixed")
        canvas.say(self.line, self.left + 1, "← the chosen one", "fixed")
        found = f"MATCH({EXPLAIN_TENSOR},{self.names},0)"
        canvas.put(self.line, self.left, f"=IF(ISNUMBER({found}),{found},1)", "fixed")
        for field, col in self._columns.items():
            canvas.say(self.head, col, field, "fixed")
            # A text that is empty would come back as the number 0.
            text = '&""' if isinstance(recipes[0][field], str) else ""
            canvas.put(self.line, col, f"=INDEX({self._area(field)},{choice}){text}", "fixed")
            for row, recipe in enumerate(recipes, start=self.first):
                content = recipe[field]
                (canvas.put if isinstance(content, int) else canvas.say)(row, col, content, "fixed")
        first = self._columns[f"{ELEMENT} start"]
        canvas.put(self.ways, first, 1, "fixed")
        for k in range(self.rank):
            given = f"{EXPLAIN_INDEX}{k + 1}"
            inside = f"MAX(0,MIN(INT({given}),{self.chosen(f'size {k}')}-1))"
            canvas.put(self.ways, self._columns[f"{ELEMENT} index {k}"], f"=IF(ISNUMBER({given}),{inside},0)", "fixed")
        group = self._columns[f"{ELEMENT} {GROUP}"]
        canvas.put(self.ways, group, f"=INT({self.way('index 0')}/{self.chosen('group')})", "fixed")
        ways = f"{_absolute(self.ways, first)}:{_absolute(self.ways, group)}"
        for field, col in self._columns.items():
            if field.endswith(" start"):
                factors = f"{_absolute(self.line, col)}:{_absolute(self.line, col + group - first)}"
                canvas.put(self.bases, col, f"=SUMPRODUCT({factors},{ways})", "fixed")
        for k in range(self._largest):
            canvas.put(self.first + k, self.left, k, "fixed")

    def _area(self, field: str) -> str:
        col = self._columns[field]
        return f"{_absolute(self.first, col)}:{_absolute(self.first + len(self.items) - 1, col)}"


def instructive(items: Sequence[Explained]) -> Explained:
    """The parameter to show first: of those with a table that can be overlooked, the one with the largest."""
    told = [item for item in items if item.terms] or list(items)
    readable = [item for item in told if item.count <= INSTRUCTIVE]
    return max(readable, key=lambda item: item.count) if readable else min(told, key=lambda item: item.count)


def _offer(canvas: Canvas, row: int, col: int, choices: str, error: str) -> None:
    """Give a cell a list to choose from."""
    validation = DataValidation("list", formula1=choices, allow_blank=False, showErrorMessage=True, error=error)
    validation.add(cell(row, col))
    canvas.validations.append(validation)


def _absolute(row: int, col: int) -> str:
    return f"${get_column_letter(col)}${row}"
