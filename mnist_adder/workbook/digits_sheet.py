"""The Digits sheet: twenty real digits and a field to draw on, from which the network's inputs are chosen."""

from excel_export.authoring import (
    FORWARD,
    IF,
    INDEX,
    ISNUMBER,
    MATCH,
    Book,
    Canvas,
    Control,
    Grid,
    Name,
    Reference,
    Stack,
    image_scale,
)
from mnist_adder.data.bundled import Digit, bundled_digits

NAME = "Digits"
WHAT = "twenty real digits to choose from, and a field to paint your own"
FIRST_ROW, LIST_COL, LABEL_COL, PICTURE_COL, SIDE = 6, 2, 3, 6, 28
OWN, FOLLOW = "my own drawing", "as in the picture"
PIXELS = Stack(
    Grid(NAME, FIRST_ROW, PICTURE_COL, (SIDE, SIDE), (1, 0), (0, 1)), apart=SIDE, count=1 + len(bundled_digits())
)
"""Where the pictures lie, the learner's own first."""
PICTURE, PICTURE_NUMBER = Name("picture"), Name("picture_number")
CHOSEN_NUMBER, CHOSEN_DIGIT = Name("chosen_number"), Name("chosen_digit")
HOW_TO = (
    "Choose one on the Start sheet. The first is yours: paint it with numbers from 0 (paper) to 255 (ink), "
    "say which digit it is, and choose 'my own drawing'."
)


class DigitsSheet:
    """Makes a workbook's pixels, number and label follow what a learner chooses."""

    def __init__(self, shown: Digit, number: int) -> None:
        self.shown, self.number = shown, number
        self.pictures = [(OWN, shown)]
        for k, digit in enumerate(bundled_digits()):
            kind = "a messy" if k % 2 else "a clear"
            self.pictures.append((f"{kind} {digit.label}", digit))

    def drive(self, book: Book) -> None:
        """Draw the sheet, add the controls, and let the inputs read them; parts without pixels stay as they are."""
        if not all(book.tensor(name) for name in ("pixels", "number", "digit")):
            return
        canvas = self._sheet()
        book.add(canvas, WHAT)
        book.name(PICTURE_NUMBER, canvas.at(4, 2))
        count = len(self.pictures)
        chosen = next(name for name, digit in reversed(self.pictures) if digit is self.shown)
        book.controls += [
            Control("The picture", chosen, PICTURE, column(LIST_COL, 0, count),
                    "choose one, or paint your own on the Digits sheet"),
            Control("The number to add", self.number, CHOSEN_NUMBER, range(10), "0 to 9"),
            Control("The true digit", FOLLOW, CHOSEN_DIGIT, (FOLLOW, *range(10)), "what it should have read"),
        ]  # fmt: skip
        shown = INDEX(column(LABEL_COL, 0, count), PICTURE_NUMBER)
        book.drive("pixels", PIXELS.pick(PICTURE_NUMBER))
        book.drive("number", CHOSEN_NUMBER)
        book.drive("digit", IF(ISNUMBER(CHOSEN_DIGIT), CHOSEN_DIGIT, shown))

    def _sheet(self) -> Canvas:
        canvas = Canvas(NAME, FORWARD, freeze=f"A{FIRST_ROW}", zoom=80, row_height=15, page=None)
        canvas.widths = {1: 2, LIST_COL: 20, LABEL_COL: 8, 4: 2, 5: 16}
        canvas.widths |= dict.fromkeys(range(PICTURE_COL, PICTURE_COL + SIDE), 3.3)
        canvas.say(1, 2, "The digits", "title")
        canvas.say(2, 2, HOW_TO, "subtitle")
        canvas.put(4, 2, MATCH(PICTURE, column(LIST_COL, 0, len(self.pictures)), 0), "answer")
        canvas.say(4, 3, "the number of the chosen picture", "cell_small")
        for col, head in ((LIST_COL, "picture"), (LABEL_COL, "shows")):
            canvas.say(FIRST_ROW - 1, col, head, "head")
        for k, (name, digit) in enumerate(self.pictures):
            canvas.say(FIRST_ROW + k, LIST_COL, name, "label")
            canvas.put(FIRST_ROW + k, LABEL_COL, digit.label, "input" if name == OWN else "cell")
            grid = PIXELS.place(k)
            canvas.say(grid.row, 5, name, "title_forward")
            canvas.fill(grid, digit.pixels, "image" if name == OWN else "picture")
            canvas.format(grid.box, image_scale())
        return canvas


def column(col: int, first: int, count: int) -> Reference:
    """Some cells of the list, from the picture `first` on, which is 0 for the learner's own."""
    return Reference(NAME, FIRST_ROW + first, col, height=count).fixed
