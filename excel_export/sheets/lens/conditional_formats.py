"""How cells of the Lens look now: far to the right of each stands a number that says it.

After each change LibreOffice paints, once for each rule that reads cells by their places, all that lies between the
rule's cells: two seconds a click. So rules read them by a name, at the row and the column of the cell itself; there are
few of them, and what is most frequent comes first.
"""

from collections.abc import Callable, Mapping, Sequence

from excel_export.formulas import Expression, Operand, Reference, equal
from excel_export.formulas.functions import COLUMN, INDEX, ROW
from excel_export.sheets.lens.lens_layout import CHOICE, LAST
from excel_export.sheets.lens.scratch_columns import ScratchColumns
from excel_export.sheets.names import LENS_FORMATS
from excel_export.workbook.canvas import Canvas
from excel_export.workbook.format_rules import ABSENT, Format, Look, bold_rule, fill_rule, number_rules, when
from excel_export.workbook.styles import BACKWARD, BACKWARD_PALE, DIFFERS, FORWARD_PALE, HIGHLIGHT, IDLE

OF_GRADIENT = 100
"""What the colours of a gradient have more."""
FRAMED, LINED = 1000, 5000
"""What the colour of a number is more that has a frame, or a line above it."""
BLANK = -1000
"""The colour of a cell without a number."""
NO_BOX, TO_COME, DONE, RETURNED, LIT = range(-1, 4)
"""How a box of the strip looks: none, or of a step to come, forward, backward, or the one that is shown."""
FRAME = "frame of a box"
RULES: Mapping[str, Callable[[Expression], Sequence[Format]]] = {
    "numbers": lambda size: number_rules(size, BLANK, OF_GRADIENT, FRAMED, LINED),
    "box": lambda state: [
        fill_rule(equal(state, LIT), HIGHLIGHT), fill_rule(equal(state, RETURNED), BACKWARD_PALE),
        fill_rule(equal(state, DONE), FORWARD_PALE), when(equal(state, TO_COME), Look(ink=IDLE)),
    ],
    FRAME: lambda state: [when(equal(state, NO_BOX), Look(border="none"))],
    "coloured": lambda state: [when(equal(state, 1), Look(ink=BACKWARD))],
    "bold": lambda state: [bold_rule(equal(state, 1))],
    "choice": lambda state: [when(equal(state, 1), ABSENT), fill_rule(equal(state, 2), DIFFERS)],
}  # fmt: skip
"""The rules of each kind of cells, given where their numbers stand."""


class ConditionalFormats:
    """The numbers that say it, and the rules that read them."""

    def __init__(self, canvas: Canvas, scratch: ScratchColumns) -> None:
        self._canvas = canvas
        self._room = scratch.room("how cells look", CHOICE, LAST)
        self._cells: dict[tuple[str, int], list[Reference]] = {("numbers", 0): [], ("box", 0): [], (FRAME, 0): []}
        """By the kind, and by the row of those that are texts."""

    @property
    def area(self) -> Reference:
        """Where the numbers stand, each at the row and the column of its cell."""
        return self._room.box

    def say(self, kind: str, area: Reference, state: Operand) -> None:
        """Let cells look as a formula for the first of them says, by the rules of their kind."""
        self._canvas.share(self._said_at(area), state.cells, "fixed")
        if kind == "numbers":
            self._cells[kind, 0] += area.each()
        elif kind == "box":
            self._cells[kind, 0].append(area.at(0))
            self._cells[FRAME, 0].append(area)
        else:
            self._cells.setdefault((kind, area.row), []).append(area)

    def draw(self) -> None:
        """Write the rules."""
        for (kind, _), cells in self._cells.items():
            self._canvas.format(cells, *RULES[kind](INDEX(LENS_FORMATS, ROW(), COLUMN())))

    def _said_at(self, area: Reference) -> Reference:
        """Where it stands of the cells of an area, as a reference that moves along."""
        row, col = self._room.row + area.row - 1, self._room.col + area.col - 1
        return self._canvas.at(row, col, area.height, area.width)
