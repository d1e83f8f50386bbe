"""The Digits sheet: twenty real digits and a field to draw on, from which the network's inputs are chosen."""

from collections.abc import Sequence

import numpy as np
import torch

from excel_export.authoring import (
    AND,
    BEFORE_NETWORK,
    COUNT,
    FORWARD,
    IF,
    INDEX,
    ISNUMBER,
    MAX,
    MIN,
    OR,
    SUMPRODUCT,
    Between,
    Book,
    Canvas,
    Control,
    Drawn,
    Grid,
    InputCell,
    N,
    Name,
    OneOf,
    OperandLike,
    Picture,
    Reference,
    SheetSpec,
    Stack,
    as_expression,
    bold_rule,
    equal,
    image_scale,
    joined,
)
from mnist_adder.data.bundled import Digit, bundled_digits
from mnist_adder.data.dataset import normalise
from mnist_adder.network.loss import answered_sum
from mnist_adder.network.model import AdderNetwork, encode_number

NAME = "Digits"
FIRST_ROW = 6
"""The row of the first picture in the list, and of the learner's own pixels."""
LIST_COL = 2
"""The column of the pictures' names."""
LABEL_COL = 3
"""The column of the digits that they show."""
PICTURE_COL = 6
"""The first column of the pixels."""
SIDE = 28
"""The rows and columns of a picture, as MNIST has them."""
LABEL_IN_USE = PICTURE_COL + SIDE + 1
"""The hidden column of the digits as used: checked, where the learner may type."""
THUMBNAILS = LABEL_IN_USE + 2
"""The first column of the thumbnails."""
ACROSS = 5
"""The number of thumbnails side by side."""
HIGH = 6
"""The rows that each takes with its name."""
INK = 255
"""The grey value of full ink."""
OWN, FOLLOW = "my own drawing", "as in the picture"
"""The choices of the learner's own picture, and of its digit as the sheet says it."""
PIXELS = Stack(
    Grid(NAME, FIRST_ROW, PICTURE_COL, (SIDE, SIDE), (1, 0), (0, 1)), apart=SIDE, count=1 + len(bundled_digits())
)
"""The cells of the pictures, the learner's own first."""
PICTURE, PICTURE_NUMBER, PICTURE_SCALE = Name("picture"), Name("picture_number"), Name("picture_scale")
CHOSEN_NUMBER, CHOSEN_DIGIT = Name("chosen_number"), Name("chosen_digit")
FULL_DIGIT, FULL_SUM = Name("full_network_digit"), Name("full_network_sum")
"""The answers of the full network that taught a slice, for the inputs in use; '–' if they are not known."""
ANSWERS = THUMBNAILS + ACROSS + 1
"""The first column of the full network's answers: the digit, then the sum with each number."""
COPY = ANSWERS + 12
"""The first column of a hidden copy of the learner's own picture, as the full network saw it."""
PAINTED_INK = 9
"""The number for full ink when somebody paints: one keystroke a pixel."""
FULL_WORDS = "What the full network answers. PyTorch computed it; of a picture that you paint it is not known."
HOW_TO = (
    "Choose one on the Start sheet. The first is your own: draw it by typing numbers from 0 (paper) to 9 (ink), enter "
    "its digit, then choose 'my own drawing'."
)


def picture_names() -> list[str]:
    """Return the names of the twenty pictures, without the learner's own: 'a clear 0', 'a messy 0', …."""
    return [f"{'a messy' if k % 2 else 'a clear'} {digit.label}" for k, digit in enumerate(bundled_digits())]


class DigitsSheet:
    """The sheet 'Digits', on which a learner chooses a picture: the network's pixels, number and label follow."""

    def __init__(self, shown: Digit, number: int, full: AdderNetwork | None = None) -> None:
        """Take the digit and number that are shown first, and a full network whose answers are shown too, or None."""
        self.shown, self.number, self.full = shown, number, full
        self.pictures = [(OWN, shown), *zip(picture_names(), bundled_digits(), strict=True)]
        self.full_ink = PAINTED_INK if any(shown is digit for digit in bundled_digits()) else INK

    @property
    def sheet(self) -> SheetSpec[None]:
        """The specification of the sheet 'Digits' for `export`; it is drawn before the network."""
        what = "twenty real digits to choose from, and a grid for drawing your own"
        return SheetSpec(NAME, what, self._draw, order=BEFORE_NETWORK)

    def _draw(self, book: Book) -> Drawn[None] | None:
        if not all(book.tensor(name) for name in ("pixels", "number", "digit")):
            return None
        count = len(self.pictures)
        chosen = next(name for name, digit in reversed(self.pictures) if digit is self.shown)
        picture = Control(
            "The picture", chosen, PICTURE, column(LIST_COL, 0, count),
            "choose one, or paint your own on the Digits sheet",
        )  # fmt: skip
        labels = column(LABEL_IN_USE, 0, count)
        number = Control("The number to add", self.number, CHOSEN_NUMBER, range(10), "0 to 9")
        digit = Control("The true digit", FOLLOW, CHOSEN_DIGIT, (FOLLOW, *range(10)), "what the network should read")
        inputs = {
            # A text among the pixels counts as 0.
            "pixels": MAX(0, MIN(INK, N(PIXELS.pick(PICTURE_NUMBER)) * PICTURE_SCALE)),
            "number": number.in_use,
            "digit": IF(ISNUMBER(digit.in_use), digit.in_use, INDEX(labels, PICTURE_NUMBER)),
        }
        canvas = self._sheet(picture.in_use)
        drawn = Drawn[None](canvas, controls=(picture, number, digit), inputs=inputs)
        if self.full:
            drawn.define(self._tell_full_answers(canvas, self.full, number.in_use))
        drawn.name(PICTURE_NUMBER, canvas.at(4, 2))
        drawn.name(PICTURE_SCALE, canvas.at(1, LABEL_IN_USE))
        return drawn

    def _sheet(self, chosen: Name) -> Canvas:
        canvas = Canvas(NAME, FORWARD, freeze=f"A{FIRST_ROW}", zoom=80, row_height=15, page=None)
        canvas.widths = {1: 2, LIST_COL: 16, LABEL_COL: 8, 4: 2, 5: 14, LABEL_IN_USE - 1: 1}
        # Set, since LibreOffice lays pictures over a sheet before it fits rows to their texts.
        canvas.heights |= {1: 28, 2: 18, 3: 6, 4: 18, 5: 18}
        canvas.heights |= dict.fromkeys(range(FIRST_ROW, FIRST_ROW + SIDE), 15)
        canvas.widths |= dict.fromkeys(range(PICTURE_COL, PICTURE_COL + SIDE), 3.3)
        canvas.say(1, 2, "The digits", "title")
        canvas.link(1, PICTURE_COL, Reference("Start", 1, 1), "← Start", "link", width=SIDE)
        canvas.say(2, 2, HOW_TO, "subtitle")
        canvas.put(4, 2, chosen, "answer")
        canvas.say(4, 3, "the number of the picture", "cell_small")
        for col, head in ((LIST_COL, "picture"), (LABEL_COL, "shows"), (LABEL_IN_USE, "shows, as used")):
            canvas.say(FIRST_ROW - 1, col, head, "head")
        own = self._own_pixels()
        for k, (name, digit) in enumerate(self.pictures):
            canvas.say(FIRST_ROW + k, LIST_COL, name, "label")
            canvas.put(FIRST_ROW + k, LABEL_COL, digit.label, "input" if name == OWN else "cell")
            canvas.put(FIRST_ROW + k, LABEL_IN_USE, canvas.at(FIRST_ROW + k, LABEL_COL), "fixed")
            grid = PIXELS.place(k)
            canvas.say(grid.row, 5, name, "title_forward")
            canvas.fill(grid, *((own, "image") if name == OWN else (digit.pixels, "picture")))
            canvas.format(grid.box, image_scale())
        canvas.hide_columns(LABEL_IN_USE, LABEL_IN_USE)
        self._draw_thumbnails(canvas)
        self._guard(canvas)
        return canvas

    def _draw_thumbnails(self, canvas: Canvas) -> None:
        canvas.widths |= {THUMBNAILS - 1: 1} | dict.fromkeys(range(THUMBNAILS, THUMBNAILS + ACROSS), 14.3)
        for k, (name, digit) in enumerate(self.pictures[1:]):
            row, col = FIRST_ROW + k // ACROSS * HIGH, THUMBNAILS + k % ACROSS
            canvas.say(row, col, name, "index_hint")
            canvas.format(canvas.at(row, col), bold_rule(equal(PICTURE_NUMBER, k + 2)))
            canvas.pictures.append(Picture(canvas.at(row + 1, col, HIGH - 1), INK - digit.pixels, name))

    def _tell_full_answers(self, canvas: Canvas, full: AdderNetwork, number: OperandLike) -> dict[Name, Reference]:
        canvas.widths |= {ANSWERS - 1: 2, ANSWERS: 9} | dict.fromkeys(range(ANSWERS + 1, COPY - 1), 5)
        canvas.say(FIRST_ROW - 3, ANSWERS, FULL_WORDS, "subtitle")
        canvas.say(FIRST_ROW - 1, ANSWERS, "reads", "head")
        canvas.across(FIRST_ROW - 1, ANSWERS + 1, [f"+ {each}" for each in range(10)], "head")
        seen = self._own_pixels()
        answers = _answers(full, [seen * (INK / self.full_ink), *(digit.pixels for _, digit in self.pictures[1:])])
        for k, row in enumerate(answers):
            canvas.across(FIRST_ROW + k, ANSWERS, map(float, row), "cell")
        own, copy = PIXELS.place(0), Grid(NAME, FIRST_ROW, COPY, (SIDE, SIDE), (1, 0), (0, 1))
        canvas.fill(copy, seen, "fixed")
        canvas.hide_columns(COPY, COPY + SIDE - 1)
        # The sum of the squares of what was changed is 0: of whole numbers, so it is exact.
        changed = SUMPRODUCT(own.box, own.box) - 2 * SUMPRODUCT(own.box, copy.box) + float((seen**2).sum())
        ink = canvas.at(2, LABEL_IN_USE)
        known = OR(PICTURE_NUMBER > 1, AND(equal(changed, 0), equal(ink, self.full_ink)))
        used = {}
        for col, name, place in ((ANSWERS, FULL_DIGIT, 1), (ANSWERS + 1, FULL_SUM, number + as_expression(2))):
            answered = canvas.at(FIRST_ROW, ANSWERS, len(answers), 11).fixed
            used[name] = canvas.at(4, col)
            canvas.put(4, col, IF(known, INDEX(answered, PICTURE_NUMBER, place), "–"), "answer")
        return used

    def _own_pixels(self) -> np.ndarray:
        if self.full_ink == INK:
            return self.shown.pixels.astype(float)
        return np.round(self.shown.pixels * (self.full_ink / INK))

    def _guard(self, canvas: Canvas) -> None:
        label, pixels = canvas.at(FIRST_ROW, LABEL_COL), PIXELS.place(0).box
        flag, used = canvas.at(FIRST_ROW - 2, LABEL_IN_USE), canvas.at(FIRST_ROW, LABEL_IN_USE)
        shown = InputCell(label, OneOf(range(10)), self.shown.label, flag, used)
        shown.draw(canvas, "input")
        canvas.allow_numbers(pixels, 0, INK, "A pixel", f"A number from 0 (paper) to {INK} (ink), please.")
        ink = self._ask_for_full_ink(canvas)
        odd = OR(COUNT(pixels) < SIDE * SIDE, MIN(pixels) < 0, MAX(pixels) > ink)
        nearest = joined("A pixel is a number from 0 to ", ink, ": a text counts as 0, others as the nearest.")
        about_pixels = IF(odd, nearest, "")
        asked = f"{shown.allowed.asked} for what it shows"
        shown.remark(canvas, canvas.at(FIRST_ROW - 2, PICTURE_COL), about_pixels, "warning", asked=asked)

    def _ask_for_full_ink(self, canvas: Canvas) -> Reference:
        used, scale = canvas.at(2, LABEL_IN_USE), canvas.at(1, LABEL_IN_USE)
        ink = InputCell(canvas.at(FIRST_ROW + 2, 5), Between(1, INK), self.full_ink, canvas.at(3, LABEL_IN_USE), used)
        canvas.say(FIRST_ROW + 1, 5, "full ink:", "index_hint")
        ink.draw(canvas, "input")
        ink.remark(canvas, canvas.at(FIRST_ROW + 3, 5), "", "warning", asked="1 to 255")
        canvas.put(scale.row, scale.col, IF(equal(PICTURE_NUMBER, 1), INK / used, 1), "fixed")
        return used


@torch.no_grad()
def _answers(full: AdderNetwork, pictures: Sequence[np.ndarray]) -> np.ndarray:
    logits = full.classify(normalise(torch.tensor(np.stack(pictures)).float()[:, None]))
    numbers = [encode_number(torch.full((len(pictures),), float(each)), full.head) for each in range(10)]
    sums = [answered_sum(full.head, full.add(logits, number)) for number in numbers]
    return torch.stack([logits.argmax(1), *sums], dim=1).numpy()


def column(col: int, first: int, count: int) -> Reference:
    """Return `count` cells of the list of pictures in a column, from picture `first` on; 0 is the learner's own.

    Example:
        >>> column(LIST_COL, 1, 20).text("Start")
        "'Digits'!$B$7:$B$26"
    """
    return Reference(NAME, FIRST_ROW + first, col, height=count).fixed
