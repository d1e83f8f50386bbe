"""The elements of a book's network, its steps, and the weight that the story follows, each computed once for a book."""

from __future__ import annotations

from excel_export.book.book import Book, once
from excel_export.views.elements import Element, Elements
from excel_export.views.plan import Plan
from excel_export.views.thread import Bead, thread_of


@once
def plan_of(book: Book) -> Plan | None:
    """Return the `Plan` of a network, with `steps` [PlanStep('the inputs', …), …]; None for more than 30,000 cells."""
    return Plan(book.graph, book.placement) if book.placement.is_one_picture else None


@once
def elements_of(book: Book) -> Elements:
    """Return the `Elements` of a book's network, which find the element in a cell, x[0, 1] in C5, and its terms."""
    return Elements(book.graph, book.placement, book.contents)


@once
def asked_of(book: Book) -> list[Element]:
    """Return the elements that the author wants in the story: [Element(w, 'value', (0, 1))]; [] if none are named."""
    cells = book.story.asked(book) if book.story.asked else ()
    return [element for cell in cells if (element := elements_of(book).at(cell))]


@once
def followed_by(book: Book) -> list[Bead]:
    """Return the numbers that the story follows: [Bead(w, (0, 1), call, slope), Bead(y, (0,), …), Bead(loss, ())].

    They begin with the weight that the author wants, else the one with the largest gradient in the first layer, and go
    on to the loss as in `thread_of`; [] if no parameter has a gradient other than 0.
    """
    return thread_of(elements_of(book), asked_of(book))
