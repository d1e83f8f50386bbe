"""The Digits sheet: twenty real digits and a field to draw on, from which the network's inputs are chosen."""

import numpy as np
from excel_export.sheets.draft import Control, Draft

from excel_export.formulas.grid import Grid
from excel_export.xlsx.canvas import Canvas, cell
from excel_export.xlsx.styles import FORWARD, image_scale
from mnist_adder.data.bundled import Digit, bundled_digits

NAME = "Digits"
WHAT = "twenty real digits to choose from, and a field to paint your own"
FIRST_ROW, LIST_COL, LABEL_COL, PICTURE_COL, SIDE = 6, 2, 3, 6, 28
OWN, FOLLOW = "my own drawing", "as in the picture"
PICTURE = "picture_number"
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
            kind = "an odd" if k % 2 else "a clear"
            self.pictures.append((f"{kind} {digit.label}", digit))

    def drive(self, draft: Draft) -> None:
        """Draw the sheet, add the controls, and let the inputs read them; parts without pixels stay as they are."""
        inputs = {value.name: draft.placement.tensors[value].value for value in draft.graph.of_kind("input")}
        if not {"pixels", "number", "digit"} <= set(inputs):
            return
        last = FIRST_ROW + len(self.pictures) - 1
        draft.add(self._sheet(), WHAT)
        names, labels = (f"{NAME}!${letter}${FIRST_ROW}:${letter}${last}" for letter in "BC")
        draft.names[PICTURE] = f"{NAME}!$B$4"
        chosen = next(name for name, digit in reversed(self.pictures) if digit is self.shown)
        whole = ",".join(map(str, range(10)))
        draft.controls += [
            Control("The picture", chosen, "picture", names, "choose one, or paint your own on the Digits sheet"),
            Control("The number to add", self.number, "chosen_number", f'"{whole}"', "0 to 9"),
            Control("The true digit", FOLLOW, "chosen_digit", f'"{FOLLOW},{whole}"', "what it should have read"),
        ]
        bottom = FIRST_ROW + SIDE * len(self.pictures) - 1
        pixels = np.empty((1, 1, SIDE, SIDE), dtype=object)
        for row, col in np.ndindex(SIDE, SIDE):
            letter = cell(1, PICTURE_COL + col)[:-1]
            column = f"{NAME}!${letter}${FIRST_ROW}:${letter}${bottom}"
            pixels[0, 0, row, col] = f"=INDEX({column},{SIDE}*({PICTURE}-1)+{row + 1})"
        draft.contents[inputs["pixels"]] = pixels
        draft.contents[inputs["number"]] = np.array(["=chosen_number"], dtype=object)
        follow = f"=IF(ISNUMBER(chosen_digit),chosen_digit,INDEX({labels},{PICTURE}))"
        draft.contents[inputs["digit"]] = np.array([follow], dtype=object)

    def _sheet(self) -> Canvas:
        canvas = Canvas(NAME, FORWARD, freeze=f"A{FIRST_ROW}", zoom=80, row_height=15)
        canvas.widths = {1: 2, LIST_COL: 20, LABEL_COL: 8, 4: 2, 5: 16}
        canvas.widths |= dict.fromkeys(range(PICTURE_COL, PICTURE_COL + SIDE), 3.3)
        canvas.say(1, 2, "The digits", "title")
        canvas.say(2, 2, HOW_TO, "subtitle")
        names = f"$B${FIRST_ROW}:$B${FIRST_ROW + len(self.pictures) - 1}"
        canvas.put(4, 2, f"=MATCH(picture,{names},0)", "answer")
        canvas.say(4, 3, "the number of the chosen picture", "cell_small")
        for col, head in ((LIST_COL, "picture"), (LABEL_COL, "shows")):
            canvas.say(FIRST_ROW - 1, col, head, "head")
        for k, (name, digit) in enumerate(self.pictures):
            canvas.say(FIRST_ROW + k, LIST_COL, name, "label")
            canvas.put(FIRST_ROW + k, LABEL_COL, digit.label, "input" if name == OWN else "cell")
            top = FIRST_ROW + SIDE * k
            grid = Grid(NAME, top, PICTURE_COL, (SIDE, SIDE), (1, 0), (0, 1))
            canvas.say(top, 5, name, "title_forward")
            canvas.fill(grid, digit.pixels, "image" if name == OWN else "picture")
            canvas.rules.append((grid.area, image_scale()))
        return canvas
