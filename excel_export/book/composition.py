"""The beginning of a workbook: a placed graph, its names, and the sheets to draw."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from excel_export.book.book import Book, reserved_names
from excel_export.book.find_sheets import find_sheets
from excel_export.book.names import LOSS, input_names
from excel_export.book.sheet import SheetSpec, Story
from excel_export.compiler.place.network_picture import place
from excel_export.formulas import Name, as_expression
from excel_export.graph.graph import Graph
from excel_export.optim import PLAIN, LearningRule
from excel_export.workbook.read import GRADIENT, VALUE, Entry


def start_book(
    graph: Graph,
    learning_rate: float,
    rule: LearningRule = PLAIN,
    sheets: Sequence[SheetSpec[Any]] | None = None,
    *,
    story: Story | None = None,
    **fields: Any,
) -> Book:
    """Return a book of a graph: with cells for its tensors, names for its inputs and its loss, and no sheet drawn yet.

    Args:
        graph: the recorded computation.
        learning_rate: the rate of the one step: 0.1.
        rule: the learning rule of the one step: LearningRule('Adam').
        sheets: the sheets beside *Network* and its two hidden ones; () for none, None for all of the exporter.
        story: the author's additions: words, results and sheets; None for none.
        fields: further fields of the `Book`: options=[Training(…)].

    Raises:
        ExportError: the graph does not fit into a workbook, or two sheets have the same name.
    """
    story = story or Story("")
    sheets = find_sheets(sheets, story.sheets)
    named = input_names(graph)
    placement = place(graph, taken=reserved_names(sheets), names=named)
    book = Book(graph, placement, learning_rate, rule, sheets, story, **fields)
    book.driven |= {
        placement.tensors[value].value: as_expression(value.data)
        for value in graph.size_inputs
        if value in placement.tensors
    }
    for value, name in named.items():
        book.drawn.name(Name(name), placement.tensors[value].value.first)
    book.drawn.name(LOSS, placement.tensors[graph.loss].value.first)
    for key, value in graph.named:
        placed = placement.tensors[value]
        book.drawn.entries.append(Entry(key, VALUE, placed.value))
        if placed.has_grad:
            book.drawn.entries.append(Entry(f"grad.{key}", GRADIENT, placed.grad))
    book.drawn.entries.append(Entry(LOSS.text, VALUE, placement.tensors[graph.loss].value))
    return book
