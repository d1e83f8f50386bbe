"""The page of the Explain sheet: the cells that choose, the sum with its equation, and the parts below them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from excel_export.formulas.expression import equal, joined
from excel_export.formulas.functions import ABS, IF, MAX, SUM, TEXT
from excel_export.formulas.reference import Reference
from excel_export.graph.parts import loss_is_learned
from excel_export.sheets.book import Book
from excel_export.sheets.explain.explained import (
    ELEMENT,
    GRADIENT,
    VALUE,
    Explained,
    explained,
    index_way,
    instructive,
)
from excel_export.sheets.explain.layout import (
    AS_ON_LENS,
    BASES,
    CHOICE,
    FIRST,
    FROM_G,
    FROM_X,
    HEADS,
    HINTS,
    LINKS,
    MATH,
    NAME,
    NUMBER,
    NUMBERS,
    PICTURES,
    PLACE,
    PRODUCT,
    RESULT,
    SO_FAR,
    SUBTITLE,
    TITLE,
    WORDS,
    G,
    Layout,
    X,
)
from excel_export.sheets.explain.lookup import Lookup
from excel_export.sheets.explain.pictures import draw_pictures
from excel_export.sheets.explain.recipes import Recipes
from excel_export.sheets.explain.table import Table
from excel_export.sheets.names import (
    EXPLAIN_ELEMENT,
    EXPLAIN_GRADIENT,
    EXPLAIN_LABEL,
    EXPLAIN_TENSOR,
    EXPLAIN_VALUE,
    explain_index,
)
from excel_export.sheets.sheet import Drawn, SheetSpec
from excel_export.xlsx.canvas import Canvas
from excel_export.xlsx.page import Page
from excel_export.xlsx.rules import gone_rule, refused_rule, tiny_rule, warning_rule
from excel_export.xlsx.styles import BACKWARD

TOLERANCE = 1e-9
MOST_PRINTED = 25
"""Terms that one page has room for."""


def draw(book: Book) -> Drawn[None] | None:
    """Draw the sheet, where the network is one picture and has something to explain."""
    items = explained(book, book.plan) if book.plan else []
    if not items:
        return None
    canvas, layout = Canvas(NAME, BACKWARD, freeze=f"A{FIRST}", page=Page(one_page=True)), Layout.of(items)
    drawn = Drawn[None](canvas)
    network = Lookup(book.placement.sheets[0])
    recipes = Recipes(canvas, layout, items)
    _set_up(canvas, layout, items)
    if loss_is_learned(book.graph):
        canvas.link(LINKS, FROM_G, Reference("Nudge", 1, 1), "Nudge it →", "link")
    _choose(drawn, canvas, layout, recipes)
    _name_chosen(drawn, canvas, layout, recipes, network)
    _say_result(canvas, layout, recipes, network)
    Table(canvas, layout, recipes, network).draw()
    firsts = ["use"] * any(len(item.uses) > 1 and len(item.ways) > layout.depth for item in items)
    firsts += ["sample"] * any(item.terms and "n" in item.terms.places for item in items)
    draw_pictures(canvas, layout, recipes, firsts)
    return drawn


def _set_up(canvas: Canvas, layout: Layout, items: Sequence[Explained]) -> None:
    """Write the headings, and make the columns as wide as their contents."""
    canvas.say(TITLE, NUMBER, "Where does this gradient come from?", "title")
    canvas.heights[TITLE] = 28
    canvas.say(SUBTITLE, NUMBER, "Choose a parameter and one of its elements. Its gradient is a sum, one term for "
               "each place where the element is used. Click on a blue name to go there.",
               "subtitle")  # fmt: skip
    canvas.link(LINKS, NUMBER, Reference("Start", 1, 1), "← Start", "link")
    silent = [item.value.called for item in items if not item.terms]
    if silent:
        canvas.say(LINKS, X, f"Without a table of terms: {', '.join(silent)}", "hint")
    canvas.widths = {1: 2, NUMBER: 7, PLACE: 11, FROM_G: 11, G: 13, FROM_X: 11, X: 15, PRODUCT: 15, SO_FAR: 21.5, 10: 3}
    canvas.widths |= dict.fromkeys(range(PICTURES, layout.picture(3)), 2.3)
    canvas.widths |= {layout.picture(k) - 1: 4 for k in (1, 2)}
    canvas.hide_columns(layout.helpers)
    last = FIRST + max(layout.picture_height, min(layout.terms, MOST_PRINTED)) - 1
    canvas.printed = canvas.at(1, 1).to(canvas.at(last, layout.picture(3) - 1))


def _choose(drawn: Drawn[None], canvas: Canvas, layout: Layout, recipes: Recipes) -> None:
    """Write the cells that choose a parameter and an element, with an example in them."""
    example = instructive(list(recipes.labels))
    step = recipes.chosen("step")
    canvas.link(LINKS, G, Reference("Lens", 1, 4), joined("Lens: this is its step ", step, " →"), "link")
    chosen = canvas.at(CHOICE, NUMBER)
    canvas.say(HEADS, NUMBER, "parameter", "head")
    canvas.stripe(HEADS, NUMBER, FROM_G, "head")
    canvas.say(CHOICE, NUMBER, AS_ON_LENS, "choice")
    canvas.stripe(CHOICE, NUMBER, FROM_G, "choice")
    canvas.merge(chosen.to(canvas.at(CHOICE, FROM_G)))
    flag = recipes.refused
    hint = IF(
        equal(flag, 1),
        "one of the list, please",
        "choose, then an element  →",
    )
    canvas.put(HINTS, NUMBER, hint, "hint")
    canvas.format(canvas.at(HINTS, NUMBER), warning_rule(flag))
    canvas.format(chosen, refused_rule(flag))
    canvas.allow_list(chosen, recipes.names, "Choose a parameter from the list.")
    drawn.name(EXPLAIN_TENSOR, chosen)
    index = np.unravel_index(int(np.abs(example.gradient).argmax()), example.value.shape)
    for k in range(layout.rank):
        here = canvas.at(CHOICE, layout.index(k))
        letter, size, taken = recipes.chosen(f"letter {k}"), recipes.chosen(f"size {k}"), recipes.way(index_way(k))
        unused = equal(letter, "")
        numbers = IF(equal(size, 1), "only 0", joined("0 … ", TEXT(size - 1, "0")))
        hint = IF(equal(here, taken), numbers, joined("taken as ", TEXT(taken, "0")))
        canvas.put(HEADS, here.col, IF(unused, "", letter), "index")
        canvas.put(CHOICE, here.col, int(index[k]) if k < len(index) else 0, "edit")
        canvas.put(HINTS, here.col, IF(unused, "", hint), "index_hint")
        canvas.format(here, gone_rule(unused))
        canvas.allow_list(here, recipes.numbers(MAX(1, size)), "Choose a whole number from the list.")
        drawn.name(explain_index(k), here)


def _name_chosen(drawn: Drawn[None], canvas: Canvas, layout: Layout, recipes: Recipes, network: Lookup) -> None:
    """Write how the chosen element is called, what it is and its gradient, and give names to them."""
    label = canvas.at(BASES, layout.recipes)
    value, gradient = (canvas.at(NUMBERS, layout.recipes + k) for k in range(2))
    rank = recipes.chosen("rank")
    indices = [TEXT(recipes.way(index_way(k)), "0") for k in range(layout.rank)]
    listed = [IF(rank > k, joined(", ", index) if k else index, "") for k, index in enumerate(indices)]
    index = IF(equal(rank, 0), "", joined("[", *listed, "]"))
    canvas.put(label.row, label.col, joined(recipes.chosen("name"), index), "fixed")
    for cell, (row, column) in ((value, VALUE), (gradient, GRADIENT)):
        number = network.number(recipes.base(row), recipes.base(column))
        canvas.put(cell.row, cell.col, number, "fixed")
    drawn.name(EXPLAIN_LABEL, label)
    drawn.name(EXPLAIN_ELEMENT, recipes.base(ELEMENT))
    drawn.name(EXPLAIN_VALUE, value)
    drawn.name(EXPLAIN_GRADIENT, gradient)


def _say_result(canvas: Canvas, layout: Layout, recipes: Recipes, network: Lookup) -> None:
    """Say the sum and the cell that it must equal, and the equation in signs and in words."""
    count = recipes.chosen("terms")
    many = IF(equal(count, 1), "  is a single term", joined("  is the sum of ", TEXT(count, "0"), " terms"))
    canvas.put(RESULT, NUMBER, joined("∂L/∂ ", EXPLAIN_LABEL, IF(equal(count, 0), "", many)), "heading")
    total = canvas.at(RESULT, PRODUCT)
    products = canvas.at(FIRST, PRODUCT, height=layout.terms)
    canvas.put(RESULT, PRODUCT, IF(equal(count, 0), EXPLAIN_GRADIENT, SUM(products)), "sum")
    canvas.format(total, tiny_rule(total, "=  "))
    agrees = ABS(total - EXPLAIN_GRADIENT) <= TOLERANCE * MAX(1, ABS(EXPLAIN_GRADIENT))
    row, column = (recipes.base(quantity) for quantity in GRADIENT)
    place = network.link_between(IF(agrees, "  = ", "  ≠ "), row, column, IF(agrees, " ✓", ""))
    canvas.put(RESULT, SO_FAR, place, "link")
    canvas.put(MATH, NUMBER, recipes.chosen("math"), "equation")
    canvas.put(WORDS, NUMBER, recipes.chosen("words"), "text")
    canvas.merge(canvas.at(WORDS, NUMBER).to(canvas.at(WORDS, SO_FAR)))
    canvas.heights[WORDS] = 46


SHEET = SheetSpec(
    NAME, "any gradient, term by term: choose a parameter and see where its number comes from", draw, order=60
)
