"""What a step of learning changes, beside the update: the loss, and the probabilities of the two likeliest classes.

Before the step, after it, and after the same step at ten times the learning rate.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from excel_export.formulas import Expression, Grid, Reference, as_expression, joined
from excel_export.formulas.functions import EXP, IF, INDEX, LARGE, MATCH, MAX, SUM
from excel_export.sheets.book import Book
from excel_export.sheets.cross_entropies import CrossEntropy, cross_entropies
from excel_export.sheets.lens.scratch_columns import ScratchColumns
from excel_export.sheets.names import LOSS, LOSS_AFTER
from excel_export.sheets.network import again
from excel_export.views.groups import COLUMNS

LIKELIEST = 2
HEADS = ("before", "after", "10 × rate")


@dataclass(frozen=True)
class BeforeAndAfter:
    """Cells of scratch columns."""

    losses: Reference
    """The loss before the step and after each that is shown."""
    shown: Reference
    """What stands below, in reading order: heads, a row for the loss, and one for each probability."""
    head: Expression


def before_and_after(scratch: ScratchColumns, book: Book) -> BeforeAndAfter:
    """Work it out in scratch columns."""
    near, far = book.result(again.SHEET), book.result(again.TEN_TIMES)
    passes: list[Mapping[str, Grid]] = [near or {}]
    numbers = [LOSS.cells, (LOSS_AFTER if LOSS_AFTER.text in book.names else LOSS).cells]
    if far:
        passes.append(far.results)
        numbers.append(far.loss.first.cells)
    losses = scratch.column("losses", *(number.reshape(1) for number in numbers)).box.fixed
    heads: list[Expression] = [*map(as_expression, HEADS[: len(numbers)])]
    rows, head = [heads, [cell.fixed.cells for cell in losses.each()]], as_expression("the loss before and after")
    subject = next(iter(cross_entropies(book.graph)), None)
    helpers = book.placement.tensors[subject.loss].helpers if subject else {}
    is_there = subject and all(subject.logits.name in each for each in passes)
    if subject and is_there and "probability" in helpers and len(subject.classes) >= LIKELIEST:
        p = [helpers["probability"].at(*index).cells.reshape(1) for index in subject.classes]
        before = scratch.column("probabilities before", *p).box.fixed
        place = scratch.column("likeliest", MATCH(LARGE(before, np.arange(1, LIKELIEST + 1)), before, 0))
        now = scratch.column("their probabilities", INDEX(before, place.cells)).box.fixed
        classes = scratch.column("their classes", place.cells - 1).box.fixed
        logits = [each[subject.logits.name] for each in passes]
        columns = [now, *(_after(scratch, subject, each, classes, k) for k, each in enumerate(logits))]
        rows += [[column.at(k).cells for column in columns] for k in range(LIKELIEST)]
        head = joined("the loss, p of ", classes.at(0), ", p of ", classes.at(1))
    cells = [each.reshape(1) for row in rows for each in (*row, *[as_expression("")] * (COLUMNS - len(row)))]
    return BeforeAndAfter(losses, scratch.column("before and after", *cells).box.fixed, head)


def _after(scratch: ScratchColumns, subject: CrossEntropy, logits: Grid, classes: Reference, number: int) -> Reference:
    """The probabilities of some classes after a step, from the logits after it."""
    what = f"after step {number + 1}"
    cells = scratch.column(f"logits {what}", *[logits.at(*index).cells.reshape(1) for index in subject.classes])
    powers = scratch.column(f"powers {what}", EXP(cells.cells - MAX(cells.box.fixed))).box.fixed
    total = scratch.cell(f"sum of powers {what}", SUM(powers))
    found = [(INDEX(powers, each + 1) / IF(total > 0, total, 1)).reshape(1) for each in classes.each()]
    return scratch.column(f"their probabilities {what}", *found).box.fixed
