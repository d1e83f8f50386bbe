"""A workbook as a computation graph: one node a cell, computed with Python's numbers or with PyTorch's."""

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
LARGE = 100
"""How many cells a range may have whose cells are listed for each formula that reads it."""
LONGEST, LONG = 2_000_000, 500
"""From how many characters the formulas of a sheet aren't followed, if one of them has so many on average."""
CIRCULAR = "depends on itself: a circular reference"
Constant = Callable[[Place, Scalar], Scalar]


class CircularReference(ExportError):
    """A cell depends on itself."""

    def __init__(self, message: str, circle: list[Place]) -> None:
        super().__init__(message)
        self.circle = circle


def _too_long(contents: Contents) -> dict[str, str]:
    """The sheets with so much text of formulas that nobody typed it: what they show is computed elsewhere."""
    lengths = grouped(contents.cells, lambda at: at[0])
    found = {}
    for sheet, cells in lengths.items():
        formulas = [len(formula) for at in cells if (formula := contents.cells[at].formula)]
        if sum(formulas) > max(LONGEST, len(formulas) * LONG):
            found[sheet] = f"its sheet isn't followed: the formulas on it have {sum(formulas):,} characters"
    return found


class SpreadsheetGraph:
    """The formulas of a workbook, parsed, and what each reads."""

    def __init__(self, contents: Contents) -> None:
        self.contents = contents
        self.formulas: dict[Place, Node] = {}
        self.arrays: set[Place] = set()
        """The formulas that are computed element by element. The whole of one that fills several cells stands at a
        place with a negative row, and each of its cells is a `Part` of that."""
        self.left_out: dict[Place, str] = {}
        """The cells that can't be computed here, and why. They are leaves, and keep the value that the file has."""
        self._reads_left_out: dict[Place, tuple[Place, ...]] = {}
        self.too_long = _too_long(contents)
        """The sheets whose formulas aren't followed, and why: they are left out, and may read anything."""
        used: dict[str, tuple[int, int]] = {}
        self.ranges: dict[Place, tuple[Place, ...]] = {}
        """The cells of large ranges, each at a place of its own, so that what many formulas read is held once."""
        self._functions: dict[Place, tuple[Node, Function | None]] = {}
        """What computes a cell's formula, once that was asked for a second time: most are needed only once."""
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
        """A formula as a tree, or why it can't be computed."""
        return self._formulas.parsed(formula, at)

    def first_of(self, at: Place) -> Place | None:
        """Where the first formula stands of which that of a cell is a copy; None where it is like no other."""
        return self._formulas.first_of.get(at)

    def keep(self, places: Iterable[Place]) -> None:
        """Forget all formulas but those that lead to some cells."""
        leading = self.ancestors_of_all(places)
        self.formulas = {at: node for at, node in self.formulas.items() if at in leading}

    def leave_out(self, places: Mapping[Place, str]) -> None:
        """Take cells for some that can't be computed; each with its reason."""
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
        """What a cell that can't be computed would read; nothing of RAND(), say, which is a number like any other."""
        return self._reads_left_out.get(at, ())

    def home(self, at: Place) -> Place:
        """Where the formula of a cell stands: the cell, or of an element of an array formula the place of the whole."""
        node = self.formulas.get(at)
        return node.array if isinstance(node, Part) else at

    def first_cell(self, at: Place) -> Place:
        """The cell in which the formula of a cell is told: of an array formula the first one."""
        sheet, row, col = self.home(at)
        return sheet, abs(row), abs(col)

    def is_formula(self, at: Place) -> bool:
        """Whether a cell is computed."""
        return at in self.formulas or at in self.left_out

    def constant(self, at: Place) -> Scalar:
        """What is typed into a cell."""
        content = self.contents.cells.get(at)
        if at in self.left_out:
            is_there = content is not None and content.value not in (None, "") and not content.is_error
            return content.value if is_there and content else 0.0 if self.left_out[at] == CIRCULAR else Unknown("#N/A")
        if content is None or content.formula:
            return None
        return CellError(str(content.value)) if content.is_error else content.value

    def precedents(self, at: Place) -> tuple[Place, ...]:
        """The cells that a formula reads, as far as they hold something."""
        found = self.ranges.get(at) or self._precedents.get(at)
        if found is None:
            node = self.formulas.get(at)
            found = () if node is None else self.reads(node)
            self._precedents[at] = found
            self._count(len(found))
        return found

    def reads(self, node: Node) -> tuple[Place, ...]:
        """The cells that a formula would read, as far as they hold something; of a large range, the range."""
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
        """The cells that a formula reads, with those of large ranges."""
        for at in self.reads(node):
            yield from self.ranges.get(at, (at,))

    def _range(self, node: Range) -> Place:
        """Where a large range stands; a place that no cell has."""
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
        """Compute cells, and all that they are made of.

        Args:
            targets: the cells.
            values: cells that have a value already; what they are made of isn't computed. What is computed is added.
            constant: gives the value of a cell without a formula.
            finish: gives what is kept of a formula's value.
            cut: cells that are taken as if they had no formula.

        Returns:
            The values of all these cells. An error is a `CellError` as a value.

        Raises:
            ExportError: a cell depends on itself.
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
    def instead(self, formulas: Mapping[Place, Node]) -> Iterator[None]:
        """Let some cells have other formulas for a while."""
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
        """Let formulas stand at places that hold nothing from now on, and compute them."""
        numbers = self.numbers
        self.formulas.update(formulas)
        self.__dict__.pop("dependents", None)
        self.compute(formulas, numbers)

    def value(self, node: Node, values: Mapping[Place, Scalar], at: Place) -> Any:
        """Compute one formula from the values of what it reads."""
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
        """All cells as they are, with Python's numbers; a cell that closes a circle is a leaf from now on."""
        values: dict[Place, Scalar] = {}
        while True:
            try:
                return self.compute([*self.formulas, *self.contents.cells], values)
            except CircularReference as error:
                at = _closing(error.circle)
                self._leave(at, CIRCULAR, self.formulas.get(at))

    @cached_property
    def dependents(self) -> dict[Place, list[Place]]:
        """By which formulas each cell is read."""
        found: dict[Place, list[Place]] = {}
        for at in [*self.formulas]:
            for other in self.precedents(at):
                found.setdefault(other, []).append(at)
        for at, cells in self.ranges.items():
            for other in cells:
                found.setdefault(other, []).append(at)
        return found

    def ancestors(self, at: Place, cut: Iterable[Place] = ()) -> set[Place]:
        """The cell, and the cells that lead to it; not what leads to those in `cut`."""
        return self.ancestors_of_all([at], cut)

    def ancestors_of_all(self, places: Iterable[Place], cut: Iterable[Place] = ()) -> set[Place]:
        """The cells, and what leads to any of them; not what leads to those in `cut`."""
        return _reached(places, self.precedents, cut)

    def reads_of(self, node: Node, cut: Iterable[Place] = ()) -> set[Place]:
        """The cells that lead to a formula; not what leads to those in `cut`."""
        return _reached(self.reads(node), self.precedents, cut)

    def descendants(self, at: Place, cut: Iterable[Place] = ()) -> set[Place]:
        """The cell, and the cells that depend on it; not what depends on those in `cut`."""
        return self.descendants_of_all([at], cut)

    def descendants_of_all(self, places: Collection[Place], cut: Iterable[Place] = ()) -> set[Place]:
        """The cells, and what depends on any of them; not what depends on those in `cut`."""
        return _reached(places, lambda cell: self.dependents.get(cell, ()), cut, begin=places)

    def repeated(self, at: Place) -> Place:
        """The cell that a cell repeats, as `=B3` repeats B3."""
        for _ in range(100):
            node = self.formulas.get(at)
            if not isinstance(node, Cell):
                break
            at = node.place
        return at


def _circle_of(begin: Place, reads: Callable[[Place], Iterable[Place]]) -> list[Place]:
    """A circle among the cells that lead to one, each of which reads the next."""
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
    """The cell that closes a circle: most cells read what stands above and left of them, and it doesn't."""
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
    """Some cells and all that is reached from them; nothing beyond those in `cut`, unless one begins there."""
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
