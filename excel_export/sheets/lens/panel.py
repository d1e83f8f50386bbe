"""The panel at the left of the Lens, always in view: the picture, what is read, what it costs, what may be changed."""

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from excel_export.formulas import Grid, Operand, OperandLike, Reference, as_expression, equal, joined
from excel_export.formulas.functions import IF, INDEX, ISNUMBER, LARGE, MATCH
from excel_export.sheets.book import Book
from excel_export.sheets.cross_entropies import cross_entropies
from excel_export.sheets.inputs import input_cell
from excel_export.sheets.lens import lens_layout
from excel_export.sheets.lens.lens_layout import HEAD, HEADS, MAIN, NAME, NUMBERS, PIXEL, STORY, STORY_WIDTH, WORDS
from excel_export.sheets.lens.pictures import picture
from excel_export.sheets.lens.screen import Screen, ShownTensor
from excel_export.sheets.names import LOSS, LOSS_AFTER, START_RATE
from excel_export.sheets.start.first_screen import largest_input
from excel_export.sheets.start.results import cells_of
from excel_export.views.groups import ROWS as COUNT
from excel_export.views.views import StepTensor as Tensor
from excel_export.workbook.calibri import PADDING, shortened, text_width
from excel_export.workbook.canvas import Canvas
from excel_export.workbook.format_rules import bar_rules

ROWS = range(NUMBERS, NUMBERS + COUNT)
"""The rows of what comes out: those that are largest."""
LABEL, BAR, NUMBER = 4, 16, 13
"""The columns of a class or an element, of its bar, of its number."""
NAMED, BUTTON = 13, 5
"""The columns of the name of what may be changed, and of its button."""
CHANGED = (lens_layout.LINE, lens_layout.PART, lens_layout.MATH, lens_layout.CHOICE)
"""The rows of what may be changed."""
MOST_ANSWERS = 4


@dataclass(frozen=True)
class Outcome:
    """What comes out, element by element."""

    titles: tuple[str, str]
    """What the two columns hold: what is wanted, and what comes out; '' where the bars say it."""
    labels: Sequence[OperandLike]
    numbers: Sequence[Operand]
    wanted: Sequence[Operand]
    """Of each: 1 where it is the right one; or the number that it should be."""
    are_shares: bool
    """Whether the numbers are probabilities, and what is wanted is a class."""


def draw(screen: Screen) -> input_cell.InputCell:
    """Draw it; return the cell of the learning rate."""
    canvas, book, tables = screen.canvas, screen.book, screen.tables
    for row in range(HEAD, lens_layout.CHOICE + 1):
        canvas.stripe(row, 1, MAIN - 3, "story")
    # What a learner may change: the first controls, the inputs where there are none, and the learning rate.
    *rows, last = CHANGED
    for row, control in zip(rows, book.controls, strict=False):
        _choice(canvas, row, control)
    if not book.controls:
        for row, value in zip(rows, book.graph.of_kind("input"), strict=False):
            grid = book.placement.tensors[value].typed
            canvas.link(row, STORY, grid.first, f"change {value.called} →", "story_link", width=STORY_WIDTH)
    rate = _rate(screen, last)
    _results(screen)
    shown = largest_input(book)
    if shown:
        canvas.put(HEADS, STORY, shown.called, "story_label", width=STORY_WIDTH)
        number = tables.tensors.number(Tensor(book.placement.tensors[shown].value, shown.called))
        height, width = tables.tensors.sizes[number]
        tensor = ShownTensor(screen.scratch, tables, "story", number)
        picture(screen, tensor, STORY, (height, min(width, STORY_WIDTH)))
    outcome = _outcome(book)
    if outcome:
        _draw_outcome(screen, outcome)
    # What it costs now, and after the step.
    text = joined("loss ", screen.wording.plain(screen.scratch.cell("panel: loss", LOSS)))
    if LOSS_AFTER.text in book.names:
        after = screen.scratch.cell("panel: loss after", LOSS_AFTER)
        text = joined(text, "\n→ ", IF(ISNUMBER(after), screen.wording.plain(after), "–"), " after a step")
    canvas.put(WORDS, STORY, text, "story_loss", width=STORY_WIDTH)
    return rate


def _rate(screen: Screen, row: int) -> input_cell.InputCell:
    """Offer the learning rate, which is Start's until another is typed."""
    canvas, scratch, allowed = screen.canvas, screen.scratch, input_cell.any_number(screen.book.learning_rate)
    cell = canvas.at(row, STORY + NAMED)
    refused = scratch.cell("rate refused", allowed.refused(cell))
    canvas.put(row, STORY, IF(equal(refused, 1), "rate of Start", "rate"), "story_label", width=NAMED)
    canvas.put(row, cell.col, START_RATE, "story_rate", width=STORY_WIDTH - NAMED)
    allowed.validate(canvas, cell)
    used = scratch.cell("learning rate", allowed.used(cell, refused, START_RATE))
    return input_cell.InputCell(cell, allowed, START_RATE, refused, used)


def _choice(canvas: Canvas, row: int, control: input_cell.Control) -> None:
    room, words = NAMED * PIXEL - PADDING, control.label.removeprefix("The ")
    while " " in words and text_width(words, 10) > room:  # as many words as there is room for
        words = words.rpartition(" ")[0].removesuffix(" to")
    canvas.put(row, STORY, shortened(words, room, 10), "story_label", width=NAMED)
    if isinstance(control.choices, Reference):
        shown, first, last = INDEX(control.choices, control.in_use), 1, control.choices.size
    else:
        numbers = [each for each in control.choices if isinstance(each, int)]
        shown, first, last = as_expression(control.in_use), min(numbers, default=0), max(numbers, default=0)
    canvas.put(row, STORY + NAMED, shown, "story_shown", width=STORY_WIDTH - NAMED - BUTTON)
    if first < last:
        button = canvas.at(row, STORY + STORY_WIDTH - BUTTON, width=BUTTON)
        canvas.spin(button, control.name, first, last, alt=control.label)


def _results(screen: Screen) -> None:
    """What the network answers, and what it should: a line for each answer."""
    cells, story = cells_of(screen.book), screen.book.story
    texts = []
    for label, result in [*(story.at_a_glance or story.results).items()][:MOST_ANSWERS]:
        with contextlib.suppress(KeyError):  # a part of a network may lack the value
            number = screen.scratch.cell(f"panel: {label}", result(cells))
            texts.append(joined(label, " ", IF(ISNUMBER(number), screen.wording.plain(number), "–")))
    half = (len(texts) + 1) // 2
    for row, height, pair in ((HEAD, 1, texts[:: half or 1]), (lens_layout.BAR, 3, texts[1::half] if half > 1 else [])):
        if pair:
            both = pair[0] if len(pair) == 1 else joined(pair[0], "   ", pair[1])
            screen.canvas.put(row, STORY, both, "story_words", height=height, width=STORY_WIDTH)


def _outcome(book: Book) -> Outcome | None:
    """The probabilities of the first cross-entropy; else what the loss compares, element by element."""
    graph, tensors = book.graph, book.placement.tensors
    for subject in cross_entropies(graph):
        helpers = tensors[subject.loss].helpers
        if "probability" in helpers:
            places = [helpers["probability"].at(*index).fixed for index in subject.classes]
            target = tensors[subject.target].value.first.fixed
            right = [IF(equal(target, k), 1, 0) for k in range(len(places))]
            return Outcome(("", "probability"), list(range(len(places))), places, right, True)
    call = next((call for call in graph.calls if call.outputs[0] is graph.loss), None)
    compared = [value for value in (call.inputs if call else []) if value.data.size > 0][:2]
    if len(compared) == 2 and compared[0].shape == compared[1].shape:
        first, second = (
            [tensors[value].value.at(*index).fixed for index in np.ndindex(*value.shape)][: len(ROWS)]
            for value in compared
        )
        return Outcome((compared[1].called, compared[0].called), ["" for _ in first], first, second, False)
    return None


def _draw_outcome(screen: Screen, outcome: Outcome) -> None:
    """A line for each element: what it is, a bar, its number. Of many, those with the largest numbers."""
    canvas, scratch, wording, rows = screen.canvas, screen.scratch, screen.wording, ROWS
    if outcome.are_shares and len(outcome.numbers) > len(ROWS):
        outcome = _largest(screen, outcome)
    if not outcome.are_shares:
        rows, wide = ROWS[1:], LABEL + BAR
        for col, width, title in zip((STORY, STORY + wide), (wide - 1, NUMBER), outcome.titles, strict=True):
            words = shortened(title, width * PIXEL - PADDING, 9, bold=True)
            canvas.put(NUMBERS, col, words, "story_title", width=width)
    lines = zip(rows, outcome.labels, outcome.numbers, outcome.wanted, strict=False)
    for k, (row, label, number, right) in enumerate(lines):
        shown = scratch.cell(f"panel: number {k}", number)
        text = IF(ISNUMBER(shown), wording.plain(shown), "–")
        canvas.put(row, STORY + LABEL + BAR, text, "story_number", width=NUMBER)
        if outcome.are_shares:
            label = label if isinstance(label, int) else as_expression(label)
            canvas.put(row, STORY, label, "story_small", width=LABEL - 1)
            share = scratch.cell(f"bar {k}", IF(ISNUMBER(shown), shown * BAR, 0))
            bar = Grid(NAME, row, STORY + LABEL, (BAR,), (0,), (1,))
            steps = np.arange(BAR)
            canvas.fill(bar, IF(share >= steps + 0.5, 1, IF(share >= steps + 0.1, 0.5, 0)), "story_bar")
            canvas.format(bar.box, *bar_rules())
            screen.formats.say("bold", canvas.at(row, STORY), IF(equal(right, 1), 1, 0))
        else:
            wished = scratch.cell(f"panel: wanted {k}", right)
            text = IF(ISNUMBER(wished), wording.plain(wished), "–")
            canvas.put(row, STORY, text, "story_number", width=LABEL + BAR - 1)


def _largest(screen: Screen, outcome: Outcome) -> Outcome:
    """The classes with the largest probabilities, the largest first."""
    scratch, count = screen.scratch, len(outcome.numbers)
    ranked = scratch.column("probabilities", *[
        (as_expression(number) + (count - k) * 1e-13).reshape(1) for k, number in enumerate(outcome.numbers)
    ]).box.fixed  # fmt: skip
    right = scratch.column("is right", *[as_expression(each).reshape(1) for each in outcome.wanted]).box.fixed
    place = scratch.column("place by size", MATCH(LARGE(ranked, np.arange(1, len(ROWS) + 1)), ranked, 0))
    at = place.box.fixed.each()
    numbers, wanted = ([INDEX(cells, each) for each in at] for cells in (ranked, right))
    return Outcome(outcome.titles, [each - 1 for each in at], numbers, wanted, True)
