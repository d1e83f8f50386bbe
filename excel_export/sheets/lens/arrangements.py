"""Where the tensors of an element stand on the screen, what each slot shows of them, and what is framed."""

from collections.abc import Sequence

from excel_export.formulas import Expression, FunctionCall, Index, Reference, Referred
from excel_export.formulas.analysis import chosen
from excel_export.sheets.lens.element_patterns import PatternLine
from excel_export.sheets.lens.lens_layout import PIXEL, SLOT_WIDTH
from excel_export.sheets.lens.table import HiddenTable
from excel_export.sheets.lens.tensor_table import WIDEST_BAR, Tensors, are_bars
from excel_export.views import tiles
from excel_export.views.groups import COLUMNS, ROOM, GroupLabels
from excel_export.views.slots import COUNT, Slots, boxes, read_by, side_by_side
from excel_export.views.terms import Account, Owners, inner_sums, is_switch
from excel_export.views.views import View
from excel_export.workbook.calibri import text_width

EMPTY, LIST, WINDOW, MADE, COMPANION, FIRST, BOX, PRODUCTS, BETWEEN, LOSSES, FOLLOWED = range(11)
"""What a slot shows in large numbers: nothing; the numbers that are read; those around the one number that is read,
around the one that is made, around the one whose gradient is made, or around the tensor's first one; one number in a
box, with its gradient below; the products of the open group; what stands between what is read and what comes out; the
losses before and after a step; the weight that the story follows."""
FRAME = ("anchor", "row", "column", "height", "width")
"""What is framed in the picture of a slot: a rectangle, from an element that is read: its line, or one of these."""
OF_MADE, OF_COMPANION, OF_ALONE, OF_FIRST, FACTOR = -1, -2, -3, -4, 100_000
"""The element that is made, the one whose gradient it is, the one that is added, the tensor's first; and what is added
to a line's number where its factor is meant."""
MOST_LOSSES = 3
"""The bars of losses: before a step, after it, and after one at ten times the rate."""
SHOWN_BARS = 13
"""Of more sums of groups, those around the one that is open are drawn."""
SLOPES = "slope here"
"""What stands above factors that are no tensor's."""
SLOPES_NUMBER = -1
"""What stands for them in the place of a tensor's number."""
FOLDED = ", a row in lines of 3"
"""Said behind the name and the shape of what is listed so, where there is room."""
LONGEST_HEAD = SLOT_WIDTH * PIXEL / 0.57
"""The pixels of a head that Excel shrinks to 57 %, to some six points: what is longer can't be read."""


OF_SLOTS = [f"{what} {k}" for what in ("tensor", "mode", "below", "alike", "is made", "folded", *FRAME)
            for k in range(COUNT)]  # fmt: skip


class Arrangements:
    """The table of them, and how much room pictures need."""

    def __init__(self, table: HiddenTable, tensors: Tensors, owners: Owners, named: GroupLabels) -> None:
        self.table, self._tensors, self._owners, self._named = table, tensors, owners, named
        self._known: dict[tuple[int, ...], int] = {}
        self._pictures: list[tuple[int, int]] = [(0, 0)] * COUNT
        self.most_blocks = [1] * COUNT
        """The most blocks of a picture of each slot."""
        self._has_single: set[int] = set()

    def make_room(self, slot: int, number: int) -> None:
        """Let the picture of a tensor fit into a slot."""
        size = (0, 0) if self._tensors.is_single(number) else self._tensors.sizes[number]
        self._take(slot, size, self._tensors.blocks_of[number])

    def _take(self, slot: int, size: tuple[int, int], blocks: int) -> None:
        height, width = self._pictures[slot]
        self._pictures[slot] = max(height, size[0]), max(width, size[1])
        self.most_blocks[slot] = max(self.most_blocks[slot], blocks)

    def picture(self, slot: int) -> tuple[int, int]:
        """The rows and columns of the largest picture of a slot. A network of few numbers shows these alone, large."""
        height, width = self._pictures[slot]
        if not self._tensors.any_large:
            return 0, 0
        if slot in self._has_single:
            return tiles.HEIGHT, max(width, WIDEST_BAR - 1)  # of a bar as wide as its box, as much as there is room for
        return height, width

    def arranged(self, view: View, account: Account) -> tuple[Slots, bool]:
        """Where the tensors of an element stand, and whether single numbers stand in boxes."""
        nothing_read = view.is_given or (view.companion is not None and not view.arriving)
        read = [each.grid for each in view.operands] if nothing_read else read_by(account, self._owners)
        is_one = bool(account.spelled) or (account.count <= 1 and account.alone is None)
        small = view.updates or are_bars(view.made.grid.shape)
        if view.operands and not view.is_given and is_one and small:
            return boxes(view, read, bool(inner_sums(account.spelled) or self._without_slot(view, account))), True
        needed = len(read_by(account, self._owners, with_conditions=False))
        products = account.count > 1 and not account.spelled
        slopes = not account.spelled and any(self._is_nowhere(term.factor) for term in account.terms)
        return side_by_side(view, read, needed, products, slopes), False

    def _is_nowhere(self, what: object) -> bool:
        """Whether a number stands in no tensor's cell, such as a sum that a formula only mentions."""
        return isinstance(what, Expression) and not isinstance(what, (chosen.Found, chosen.Matching))

    def _without_slot(self, view: View, account: Account) -> list[Expression]:
        """What a formula that is spelled out mentions of such numbers, but for the rate, and for 1 or 0 of a label."""
        read = [term.cell for term in account.terms if account.spelled and not view.updates]
        return [each for each in read if isinstance(each, Expression) and self._is_nowhere(each)
                and not (view.companion and is_switch(each)) and not _is_listed(each)]  # fmt: skip

    def spare_slot(self, view: View, account: Account, arranged: Slots, boxed: bool) -> int:
        """A slot for numbers that have none, slopes among them, from 1 on; 0 where there are none, or no room."""
        needed = any(self._has_no_slot(term.cell, arranged) for term in account.terms)
        if account.spelled:
            needed |= bool(self._without_slot(view, account))
        elif not boxed:
            needed |= any(self._is_nowhere(term.factor) or self._has_no_slot(term.factor, arranged)
                          for term in account.terms)  # fmt: skip
        if not needed:
            return 0
        free = [k + 1 for k, each in enumerate(arranged.operands) if each is None and k != arranged.middle]
        # Where there is no room for both, or nothing else stands between, they come before what is in the middle.
        middle = arranged.middle + 1
        return middle if not free or (middle and account.spelled and not inner_sums(account.spelled)) else free[0]

    def _has_no_slot(self, what: object, arranged: Slots) -> bool:
        return isinstance(what, Reference) and what in self._owners and arranged.of(self._owners[what]) < 0

    def number(
        self, view: View, arranged: Slots, spare: int, lines: Sequence[PatternLine], alone: int,
        boxed: bool, groups: int,
    ) -> int:  # fmt: skip
        """The number of an arrangement of tensors in slots, which is added where it is new."""
        cells: list[set[object]] = [set() for _ in range(COUNT + 1)]
        for line in lines:
            cell, factor = line.read or (line, line)
            cells[line.slot].add(cell)
            cells[line.factor_slot].add(factor)
        read = [len(each) for each in cells]
        read[alone] += 1
        numbers: list[list[int]] = []
        for k, (operand, under) in enumerate(zip(arranged.operands, arranged.below, strict=True)):
            number = SLOPES_NUMBER if k + 1 == spare else self._tensors.number(operand)
            below, is_end = self._tensors.number(under), k in (arranged.made, arranged.companion)
            if k + 1 == spare:
                mode = LIST
            elif k == arranged.middle:
                mode = BETWEEN if boxed else PRODUCTS
            elif view.updates and k and not number and numbers[-1][0]:
                mode = LOSSES
            elif boxed and (number or below) and (read[k + 1] <= 1 or is_end):
                mode = BOX
            elif not boxed and is_end:
                mode = MADE if k == arranged.made else COMPANION
            elif not number:
                mode = EMPTY
            else:
                mode = (FIRST, WINDOW, LIST)[min(2, read[k + 1])]
            # Whether their elements lie in the same distances, so that one cell leads to the other.
            lies = [
                (each.grid.shape, each.grid.row_strides, each.grid.col_strides) for each in (operand, under) if each
            ]
            alike = int(len(lies) == 2 and lies[0] == lies[1])
            # Whether what it lists lies in one row or column, and is too long for a line of the list.
            found = [index for _, index in self._indices(k, [line for line in lines if line.group == 0]) if index]
            varying = [dim for dim in zip(*found, strict=True) if len(set(dim)) > 1]
            is_long = len(varying) == 1 and len(set(varying[0])) > COLUMNS
            head = text_width(self._tensors.heads.get(number, "") + FOLDED, 11, bold=True)
            folded = int(mode == LIST and k + 1 != spare and is_long and head < LONGEST_HEAD)
            is_made = int(k == arranged.made)
            numbers.append([number, mode, below, alike, is_made, folded, *self._frame(arranged, k, lines, alone)])
            shown = below or number
            size, blocks = self._tensors.sizes.get(shown, (0, 0)), self._tensors.blocks_of.get(shown, 0)
            if self._tensors.is_single(shown):
                self._has_single.add(k)
                size = 0, 0
            if mode == LOSSES or (mode == PRODUCTS and groups > 1):
                bars = MOST_LOSSES if mode == LOSSES else min(groups, SHOWN_BARS)
                size, blocks = (tiles.HEIGHT, tiles.WIDTH // SHOWN_BARS * bars - 1), SHOWN_BARS
            self._take(k, size, blocks)
        key = (*(each[what] for what in range(len(numbers[0])) for each in numbers),)
        if key not in self._known:
            self._known[key] = self.table.add(*key)
        return self._known[key]

    def _indices(self, slot: int, lines: Sequence[PatternLine]) -> list[tuple[int, Index]]:
        """Of the lines that read the tensor of a slot: how a frame names each, and which element it reads."""
        found = []
        for number, line in enumerate(lines, start=1):
            if slot + 1 in (line.slot, line.factor_slot) and line.read:
                what = line.read[0] if line.slot == slot + 1 else line.read[1]
                index = self._named.index_of(what) if isinstance(what, Reference) else None
                found.append((number if line.slot == slot + 1 else number + FACTOR, index or ()))
        return found

    def _frame(
        self, arranged: Slots, slot: int, lines: Sequence[PatternLine], alone: int
    ) -> tuple[int, int, int, int, int]:
        """The rectangle around all that is read of the tensor of a slot, from a line whose cell is one of its."""
        if slot in (arranged.made, arranged.companion):
            return OF_MADE if slot == arranged.made else OF_COMPANION, 0, 0, 1, 1
        found = [(number, (0, 0, *index)[-2:]) for number, index in self._indices(slot, lines)]
        if not found:
            return (OF_ALONE if slot + 1 == alone else OF_FIRST), 0, 0, 1, 1
        (anchor, (row, column)), (rows, columns) = found[0], zip(*(place for _, place in found), strict=True)
        top, left, bottom, right = min(rows), min(columns), max(rows), max(columns)
        return anchor, top - row, left - column, bottom - top + 1, right - left + 1


def _is_listed(formula: Expression) -> bool:
    """True for the largest or the smallest of a few numbers, which are listed themselves."""
    if not isinstance(formula, FunctionCall) or formula.function not in ("MAX", "MIN"):
        return False
    sizes = [each.reference.size for each in formula.arguments if isinstance(each, Referred)]
    return len(sizes) == len(formula.arguments) and sum(sizes) <= ROOM
