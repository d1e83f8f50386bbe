"""A workbook as a computation graph: each cell is a node, computed with Python's floats or with PyTorch's tensors."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from functools import cached_property
from typing import Any, NoReturn

from excel_export.shared.a1_notation import Place
from excel_export.shared.errors import ExportError
from excel_export.shared.grouped import grouped
from spreadsheet_autograd.advice import FEWER
from spreadsheet_autograd.functions.evaluation import Function, function_of
from spreadsheet_autograd.functions.values import CellError, Scalar, Unknown, ValueGrid
from spreadsheet_autograd.graph.formula_trees import Formulas
from spreadsheet_autograd.graph.read_cells import Content, Contents
from spreadsheet_autograd.language.syntax import Cell, Node, Part, Range, address, pieces, written

MOST_PRECEDENTS = 5_000_000
"""The most references from formulas to cells in a workbook."""
LARGE = 100
"""The most cells of a range that are listed anew for each formula that reads it."""
LONGEST = 2_000_000
"""A sheet is left out if its formulas have more characters in all, and are `LONG` on average."""
LONG = 500
"""The number of characters of a formula that nobody types."""
CIRCULAR = "depends on itself: a circular reference"
"""The reason for leaving out a cell that closes a circle."""
Constant = Callable[[Place, Scalar], Scalar]
"""A function from a cell without formula, ('S', 3, 2), and its value in the file to the value to take."""


class CircularReference(ExportError):
    """Raised for a cell that depends on itself; `circle` lists the cells of the circle: [('S', 1, 1), ('S', 1, 2)]."""

    def __init__(self, message: str, circle: list[Place]) -> None:
        super().__init__(message)
        self.circle = circle


def _too_long(contents: Contents) -> dict[str, str]:
    """Return the sheets with so much text of formulas that nobody typed it, each with the reason for leaving it out."""
    lengths = grouped(contents.cells, lambda at: at[0])
    found = {}
    for sheet, cells in lengths.items():
        formulas = [len(formula) for at in cells if (formula := contents.cells[at].formula)]
        if sum(formulas) > max(LONGEST, len(formulas) * LONG):
            found[sheet] = f"its sheet isn't followed: the formulas on it have {sum(formulas):,} characters"
    return found


class SpreadsheetGraph:
    """The parsed formulas of a workbook, with the cells that each of them reads.

    A cell is a triple of sheet, row and column, from 1 on. `formulas` has the tree of each formula; `left_out` has the
    cells that can't be computed, each with the reason.

    Example:
        >>> from pathlib import Path
        >>> from spreadsheet_autograd.graph.read_cells import Content, Contents
        >>> a1, b1 = ("S", 1, 1), ("S", 1, 2)
        >>> graph = SpreadsheetGraph(Contents(Path("a.xlsx"), {a1: Content(3.0, ""), b1: Content(None, "A1*2")}, ["S"]))
        >>> graph.precedents(b1), graph.numbers[b1]
        ((('S', 1, 1),), 6.0)
    """

    def __init__(self, contents: Contents) -> None:
        self.contents = contents
        self.formulas: dict[Place, Node] = {}
        self.arrays: set[Place] = set()
        """The array formulas. If one fills several cells, the whole formula has a place with a negative row and column,
        and each of its cells is a `Part` of that."""
        self.left_out: dict[Place, str] = {}
        """The cells that can't be computed, {('S', 3, 2): 'why'}; they keep the file's value."""
        self._reads_left_out: dict[Place, tuple[Place, ...]] = {}
        self.too_long = _too_long(contents)
        """The sheets that are left out as a whole, each with the reason; their formulas may read anything."""
        used: dict[str, tuple[int, int]] = {}
        self.ranges: dict[Place, tuple[Place, ...]] = {}
        """The cells of each large range. A range has a place of its own, so that many formulas can share it."""
        self._functions: dict[Place, tuple[Node, Function | None]] = {}
        """The function for a cell's formula, made when it is computed a second time: most are computed only once."""
        self._precedents: dict[Place, tuple[Place, ...]] = {}
        self._reads = 0
        for sheet, row, col in contents.cells:
            rows, cols = used.get(sheet, (0, 0))
            used[sheet] = max(rows, row), max(cols, col)
        self._formulas = Formulas(contents, lambda sheet: used.get(sheet, (1, 1)))
        for at, content in contents.cells.items():
            if content.formula and at not in self.formulas:
                self._add(at, content)

    def _add(self, at: Place, content: Content) -> None:
        if at[0] in self.too_long:
            self._leave(at, self.too_long[at[0]], None)
            return
        node = self.parsed(content.formula, at)
        if isinstance(node, str):
            self._leave(at, node, self._formulas.unknown.get(at))
            return
        if not content.spill:
            self.formulas[at] = node
            return
        sheet = at[0]
        r0, c0, r1, c1 = content.spill
        if (r0, c0) == (r1, c1):
            self.arrays.add(at)
            self.formulas[at] = node
            return
        whole = (sheet, -at[1], -at[2])
        self.formulas[whole] = node
        self.arrays.add(whole)
        for row in range(r0, r1 + 1):
            for col in range(c0, c1 + 1):
                if len(self.formulas) > 1_000_000:
                    raise ExportError(f"{self.contents.path}: its array formulas fill too many cells")
                self.formulas[sheet, row, col] = Part(whole, row - r0, col - c0)

    def parsed(self, formula: str, at: Place) -> Node | str:
        """Return a formula, 'A1*2', as a tree, as if it were in the cell `at`; or a text why it can't be computed."""
        return self._formulas.parsed(formula, at)

    def first_of(self, at: Place) -> Place | None:
        """Return the first cell, in the file's order, of which a cell's formula is a copy; perhaps the cell itself.

        It is B1 for B3 with `=A1*2` in B1 and `=A3*2` in B3. None for a cell without a formula, and for a formula that
        is not compared, as one with a defined name.
        """
        return self._formulas.first_of.get(at)

    def keep(self, places: Iterable[Place]) -> None:
        """Remove all formulas except those of some cells and of the cells from which they are computed."""
        leading = self.ancestors_of_all(places)
        self.formulas = {at: node for at, node in self.formulas.items() if at in leading}

    def leave_out(self, places: Mapping[Place, str]) -> None:
        """Take away the formulas of cells, each with a reason, {('S', 3, 2): 'why'}, which goes into `left_out`.

        From now on the cells have the file's values, by which the cells that read them are recomputed.
        """
        numbers = self.numbers
        for at in self.descendants_of_all(places):
            del numbers[at]
        for at, why in places.items():
            self._leave(at, why, self.formulas[at])
        self.compute([*self.formulas, *self.contents.cells], numbers)

    def _leave(self, at: Place, why: str, node: Node | None) -> None:
        self.left_out[at] = why
        self._reads_left_out[at] = () if node is None else tuple(self.cells_read(node))
        self.formulas.pop(at, None)
        self._precedents.pop(at, None)
        self.__dict__.pop("dependents", None)

    def reads_left_out(self, at: Place) -> tuple[Place, ...]:
        """Return the cells that a left-out cell's formula refers to; () for a computed cell, and for RAND()."""
        return self._reads_left_out.get(at, ())

    def home(self, at: Place) -> Place:
        """Return a formula's key in `formulas`: the cell itself, or for a cell of an array formula that of the whole.

        An array formula in C2:C4 has the key ('S', -2, -3): the numbers of its first row and column, negative.
        """
        node = self.formulas.get(at)
        return node.array if isinstance(node, Part) else at

    def first_cell(self, at: Place) -> Place:
        """Return the cell that has a cell's formula in the file: itself, or C2 for one of an array formula in C2:C4."""
        sheet, row, col = self.home(at)
        return sheet, abs(row), abs(col)

    def is_formula(self, at: Place) -> bool:
        """Return whether a cell has a formula, computed or left out."""
        return at in self.formulas or at in self.left_out

    def constant(self, at: Place) -> Scalar:
        """Return the value typed into a cell, 0.5 or 'a'; None for a formula or an empty cell.

        For a cell that is left out it is the file's value: 0.0 if it closes a circle without a value, and else an
        `Unknown` error if there is none.
        """
        content = self.contents.cells.get(at)
        if at in self.left_out:
            is_there = content is not None and content.value not in (None, "") and not content.is_error
            return content.value if is_there and content else 0.0 if self.left_out[at] == CIRCULAR else Unknown("#N/A")
        if content is None or content.formula:
            return None
        return CellError(str(content.value)) if content.is_error else content.value

    def precedents(self, at: Place) -> tuple[Place, ...]:
        """Return the nonempty cells that a cell's formula itself reads: (('S', 1, 1),) for =A1*2; () without a formula.

        A range of more than 100 cells is one item, ('S!A1:A500', 0, 0); `ranges` has its cells.
        """
        found = self.ranges.get(at) or self._precedents.get(at)
        if found is None:
            node = self.formulas.get(at)
            found = () if node is None else self.reads(node)
            self._precedents[at] = found
            self._count(len(found))
        return found

    def reads(self, node: Node) -> tuple[Place, ...]:
        """Return the nonempty cells that a formula reads, (('S', 1, 1),) for A1*2; large ranges as in `precedents`."""
        found: dict[Place, None] = {}
        for piece in pieces(node):
            if isinstance(piece, Cell):
                found[piece.place] = None
            elif isinstance(piece, Range):
                rows, cols = piece.shape
                found.update(dict.fromkeys(piece.places() if rows * cols <= LARGE else [self._range(piece)]))
            elif isinstance(piece, Part):
                found[piece.array] = None
        return tuple(at for at in found if at in self.contents.cells or at in self.formulas or at in self.ranges)

    def cells_read(self, node: Node) -> Iterator[Place]:
        """Yield the nonempty cells that a formula reads, ('S', 1, 1) for A1*2, and each cell of a large range."""
        for at in self.reads(node):
            yield from self.ranges.get(at, (at,))

    def _range(self, node: Range) -> Place:
        at = written(node), 0, 0
        if at not in self.ranges:
            rows, cols = node.shape
            if rows * cols > MOST_PRECEDENTS:
                self._refuse()
            self.ranges[at] = tuple(
                cell for cell in node.places() if cell in self.contents.cells or cell in self.formulas
            )
            self._count(len(self.ranges[at]))
        return at

    def _count(self, reads: int) -> None:
        self._reads += reads
        if self._reads > MOST_PRECEDENTS:
            self._refuse()

    def _refuse(self) -> NoReturn:
        raise ExportError(f"{self.contents.path}: its formulas read too many cells: {FEWER}")

    def compute(
        self,
        targets: Iterable[Place],
        values: MutableMapping[Place, Scalar] | None = None,
        constant: Constant = lambda at, value: value,
        finish: Callable[[Place, Scalar], Scalar] = lambda at, value: value,
        cut: Collection[Place] = (),
    ) -> MutableMapping[Place, Scalar]:
        """Compute some cells, and all cells from which they are computed; return `values` with the new ones added.

        Args:
            targets: the cells.
            values: the values that are known already, by cell; the dict is changed in place. None for a new dict.
            constant: returns the value of a cell without formula, from the cell and its value in the file.
            finish: returns the value to store, from a formula's cell and its value.
            cut: cells that are treated as if they had no formula.

        Returns:
            The values of all these cells, {('S', 1, 2): 6.0, …}; an error is a `CellError`.

        Raises:
            CircularReference: a cell depends on itself.
        """
        values = {} if values is None else values
        opened: set[Place] = set()
        stack = [*targets]
        while stack:
            at = stack[-1]
            if at in values:
                stack.pop()
                continue
            node = self.formulas.get(at)
            if (node is None and at not in self.ranges) or at in cut:
                values[at] = constant(at, self.constant(at))
                stack.pop()
                continue
            waiting = [other for other in self.precedents(at) if other not in values]
            if not waiting:
                stack.pop()
                values[at] = None if node is None else finish(at, self.value(node, values, at))
                continue
            if at in opened:
                waits = lambda at: [each for each in self.precedents(at) if each not in values and each not in cut]  # noqa: E731
                raise CircularReference(f"{self.contents.path}: {address(at)} {CIRCULAR}", _circle_of(at, waits))
            opened.add(at)
            stack.extend(waiting)
        return values

    @contextmanager
    def replacing(self, formulas: Mapping[Place, Node]) -> Iterator[None]:
        """Give some cells other formulas within a `with` block: with graph.replacing({('S', 3, 2): node}).

        `numbers` and `dependents` stay as they are; `compute` and `precedents` go by the new formulas.
        """
        before = {at: self.formulas.get(at) for at in formulas}
        self.formulas.update(formulas)
        try:
            for at in formulas:
                self._precedents.pop(at, None)
            yield
        finally:
            for at, node in before.items():
                self._precedents.pop(at, None)
                if node is None:
                    del self.formulas[at]
                else:
                    self.formulas[at] = node

    def add(self, formulas: Mapping[Place, Node]) -> None:
        """Add formulas to empty cells, {('S', 9, 2): A1*2}, and compute them."""
        numbers = self.numbers
        self.formulas.update(formulas)
        self.__dict__.pop("dependents", None)
        self.compute(formulas, numbers)

    def value(self, node: Node, values: Mapping[Place, Scalar], at: Place) -> Any:
        """Return the value of a formula in the cell `at`, 6.0 or a `CellError`, by the other cells' `values`."""
        known, function = self._functions.get(at, (None, None))
        if known is not node or function is None:
            function = function_of(node, at, at in self.arrays)
            self._functions[at] = node, function if known is node else None
        result = function(values.get)
        if isinstance(result, ValueGrid) and at[1] > 0:
            result = result.rows[0][0] if result.rows and result.rows[0] else CellError("#VALUE!")
        return 0.0 if result is None else result

    @cached_property
    def numbers(self) -> MutableMapping[Place, Scalar]:
        """The values of all cells, {('S', 1, 1): 3.0}, in the order of computation; an error is a `CellError`.

        Of cells in a circle, one keeps the file's value, and is then in `left_out`.
        """
        values: dict[Place, Scalar] = {}
        while True:
            try:
                return self.compute([*self.formulas, *self.contents.cells], values)
            except CircularReference as error:
                at = _closing(error.circle)
                self._leave(at, CIRCULAR, self.formulas.get(at))

    @cached_property
    def dependents(self) -> dict[Place, list[Place]]:
        """For each cell, the formulas that read it: {('S', 1, 1): [('S', 1, 2)]} for =A1*2 in B1."""
        found: dict[Place, list[Place]] = {}
        for at in [*self.formulas]:
            for other in self.precedents(at):
                found.setdefault(other, []).append(at)
        for at, cells in self.ranges.items():
            for other in cells:
                found.setdefault(other, []).append(at)
        return found

    def ancestors(self, at: Place, cut: Iterable[Place] = ()) -> set[Place]:
        """Return a cell and all cells from which it is computed: {B1, A1} for =A1*2 in B1.

        Cells in `cut` are returned, but not those from which they are computed.
        """
        return self.ancestors_of_all([at], cut)

    def ancestors_of_all(self, places: Iterable[Place], cut: Iterable[Place] = ()) -> set[Place]:
        """Return some cells and all cells from which any of them is computed: the union of their `ancestors`."""
        return _reached(places, self.precedents, cut)

    def reads_of(self, node: Node, cut: Iterable[Place] = ()) -> set[Place]:
        """Return all cells behind a formula, {C1, A1} for C1*2 with =A1+1 in C1, but none behind cells in `cut`."""
        return _reached(self.reads(node), self.precedents, cut)

    def descendants(self, at: Place, cut: Iterable[Place] = ()) -> set[Place]:
        """Return a cell and all cells that depend on it: {A1, B1} for =A1*2 in B1.

        Other cells in `cut` are returned, but not those that depend on them; `at` may be in `cut`.
        """
        return self.descendants_of_all([at], cut)

    def descendants_of_all(self, places: Collection[Place], cut: Iterable[Place] = ()) -> set[Place]:
        """Return some cells and all cells that depend on any of them: the union of their `descendants`."""
        return _reached(places, lambda cell: self.dependents.get(cell, ()), cut, begin=places)

    def repeated(self, at: Place) -> Place:
        """Return the cell whose value a cell repeats: B3 for =B3, or =C3 with =B3 in C3; any other cell as it is."""
        for _ in range(100):
            node = self.formulas.get(at)
            if not isinstance(node, Cell):
                break
            at = node.place
        return at


def _circle_of(begin: Place, reads: Callable[[Place], Iterable[Place]]) -> list[Place]:
    path: list[Place] = []
    on_path: set[Place] = set()
    done: set[Place] = set()
    stack: list[tuple[Place, bool]] = [(begin, False)]
    while stack:
        at, is_left = stack.pop()
        if is_left:
            on_path.discard(path.pop())
            done.add(at)
        elif at in on_path:
            return path[path.index(at) :]
        elif at not in done:
            path.append(at)
            on_path.add(at)
            stack.append((at, True))
            stack += [(other, False) for other in reads(at)]
    return [begin]


def _closing(circle: list[Place]) -> Place:
    cells = [at for at in circle if at[1] > 0]  # without the places of ranges and arrays

    def ahead(k: int) -> tuple[bool, int, int]:
        (sheet, row, col), other = cells[k], cells[(k + 1) % len(cells)]
        return other[0] == sheet, other[1] - row, other[2] - col

    return cells[max(range(len(cells)), key=ahead)]


def _reached(
    begin_at: Iterable[Place],
    next_to: Callable[[Place], Iterable[Place]],
    cut: Iterable[Place],
    begin: Iterable[Place] = (),
) -> set[Place]:
    ends = (cut if isinstance(cut, (set, frozenset, dict)) else set(cut)) or set()
    found, stack, own = set(begin_at), [*begin_at], set(begin)
    while stack:
        cell = stack.pop()
        if cell in ends and cell not in own:
            continue
        for other in next_to(cell):
            if other not in found:
                found.add(other)
                stack.append(other)
    return found
