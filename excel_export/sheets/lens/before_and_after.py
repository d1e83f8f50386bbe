"""What a step of learning changes, beside the update: the loss, and the probabilities of the two likeliest classes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from excel_export.formulas import EXP, IF, INDEX, LARGE, MATCH, MAX, SUM, Expression, Reference, as_expression, joined
from excel_export.sheets.book import Book
from excel_export.sheets.cross_entropies import cross_entropies
from excel_export.sheets.lens.desk import Desk
from excel_export.sheets.names import LOSS, LOSS_AFTER
from excel_export.sheets.network import updated_forward
from excel_export.views.groups import COLUMNS

LIKELIEST = 2


@dataclass(frozen=True)
class BeforeAndAfter:
    """Cells of the desk."""

    losses: Reference
    """The loss before and after the step."""
    shown: Reference
    """What stands below, in reading order: a row for the loss, and one for each probability."""
    head: Expression


def before_and_after(desk: Desk, book: Book) -> BeforeAndAfter:
    """Work it out on the desk."""
    after = as_expression(LOSS_AFTER if LOSS_AFTER.text in book.names else LOSS)
    losses = desk.column("losses", as_expression(LOSS).reshape(1), after.reshape(1)).box.fixed
    rows: list[tuple[Expression | str, Expression | str]] = [(losses.at(0).cells, losses.at(1).cells)]
    head: Expression = as_expression("the loss before and after")
    probabilities = _probabilities(desk, book)
    if probabilities:
        classes, now, then = probabilities
        rows += [(now.at(k).cells, then.at(k).cells) for k in range(LIKELIEST)]
        head = joined("before → after: loss, p of ", classes.at(0), ", p of ", classes.at(1))
    cells = [as_expression(each).reshape(1) for row in rows for each in (*row, *[""] * (COLUMNS - len(row)))]
    return BeforeAndAfter(losses, desk.column("before and after", *cells).box.fixed, head)


def _probabilities(desk: Desk, book: Book) -> tuple[Reference, Reference, Reference] | None:
    """The likeliest classes, and their probabilities before and after; None where there are no classes."""
    subject = next(iter(cross_entropies(book.graph)), None)
    after = book.result(updated_forward.SHEET) or {}
    helpers = book.placement.tensors[subject.loss].helpers if subject else {}
    if subject is None or "probability" not in helpers or subject.logits.name not in after:
        return None
    if len(subject.classes) < LIKELIEST:
        return None
    grid = after[subject.logits.name]
    before = desk.column(
        "probabilities before", *[helpers["probability"].at(*index).cells.reshape(1) for index in subject.classes]
    )
    logits = desk.column("logits after", *[grid.at(*index).cells.reshape(1) for index in subject.classes])
    powers = desk.column("powers after", EXP(logits.cells - MAX(logits.box.fixed)))
    ranks = np.arange(1, LIKELIEST + 1)
    place = desk.column("likeliest", MATCH(LARGE(before.box.fixed, ranks), before.box.fixed, 0))
    classes = desk.column("their classes", place.cells - 1)
    now = desk.column("their probabilities", INDEX(before.box.fixed, place.cells))
    total = desk.cell("sum of powers after", SUM(powers.box.fixed))
    then = desk.column("their probabilities after", INDEX(powers.box.fixed, place.cells) / IF(total > 0, total, 1))
    return classes.box.fixed, now.box.fixed, then.box.fixed
