"""Find the updates of parameters: formulas such as old − rate · gradient."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace

from excel_export.shared.a1_notation import Place
from spreadsheet_autograd.find.blocks import CalledGradients
from spreadsheet_autograd.find.labels import Labels, is_rate
from spreadsheet_autograd.find.optimizer_state import gradient_behind, is_root_or_correction, without_state
from spreadsheet_autograd.graph.graph import SpreadsheetGraph
from spreadsheet_autograd.language.algebra import ZERO, negative, product_of, terms_of
from spreadsheet_autograd.language.places import way
from spreadsheet_autograd.language.syntax import (
    Binary,
    Cell,
    Node,
    Number,
    Part,
    Range,
    Unary,
    children,
    pieces,
    with_children,
)


@dataclass(frozen=True)
class Update:
    """A cell that holds a parameter's next value."""

    new: Place
    old: Place
    rate: Place | None
    """The cell of the learning rate; None where it is typed into the formula."""
    gradient: Node
    """A reference to the cell, or the formula where it stands inside the update."""
    at: Place
    """The cell in whose formula the gradient stands: the new value's, or that of a step such as Δw."""
    factor: Node
    """The learning rate, as it stands there."""
    adds: bool = False
    """Whether the new value is the old one plus what stands in `at`."""
    ascends: bool = False
    """Whether it adds what is called a gradient."""
    is_frozen: bool = False
    """Whether the step is multiplied by 0."""
    is_turned: bool = False
    """Whether it subtracts a step where the others add theirs, or the other way round."""

    @property
    def source(self) -> Place | None:
        """The cell that the update takes its gradient from, or its step, where it isn't written into it."""
        return self.cell or (self.at if self.at != self.new else None)

    @property
    def cell(self) -> Place | None:
        """The cell of the gradient, where it has one."""
        return self.gradient.place if isinstance(self.gradient, Cell) else None


@dataclass(frozen=True)
class _Shape:
    """old − factors / divisors, or with `adds` old + factors / divisors."""

    new: Place
    old: Place
    factors: tuple[Node, ...]
    divisors: tuple[Node, ...]
    adds: bool
    at: Place
    """Where the factors stand."""
    adds_step: bool
    """Whether what stands there is added to the old value."""


def find_updates(graph: SpreadsheetGraph, labels: Labels) -> list[Update]:
    """Find the updates of a workbook."""
    shapes = [shape for at in [*graph.formulas] if at[1] > 0 for shape in _shapes(graph, at)]
    cells = [factor for shape in shapes for factor in shape.factors if isinstance(factor, Cell)]
    shared = Counter(cell.place for cell in cells if cell.fixed_row or cell.fixed_col)
    gradients = CalledGradients(graph, labels)
    found = [update for shape in shapes if (update := _update(graph, labels, gradients, shape, shared))]
    found = _without_means(graph, gradients, found)
    news = {update.new for update in found}
    return _as_most([update for update in found if _is_parameter(graph, labels, update, news)])


def _without_means(graph: SpreadsheetGraph, gradients: CalledGradients, updates: list[Update]) -> list[Update]:
    """The updates, without those that subtract from several cells what is made of just these: that is their mean."""
    olds: dict[tuple[Place | None, Node], set[Place]] = {}
    for update in updates:
        olds.setdefault((update.source, update.gradient), set()).add(update.old)

    def is_mean(update: Update) -> bool:
        of = olds[update.source, update.gradient]
        if len(of) < 2 or (update.cell and update.cell in gradients):
            return False
        node = graph.formulas.get(update.cell) if update.cell else update.gradient
        return node is not None and of <= {*graph.cells_read(node)}

    return [update for update in updates if not is_mean(update)]


def _as_most(updates: list[Update]) -> list[Update]:
    """The updates; where one subtracts a step that the others on its sheet add, its gradient is meant as theirs are."""
    signs: dict[str, Counter[bool]] = {}
    for update in updates:
        if update.at != update.new:
            signs.setdefault(update.new[0], Counter())[update.adds] += 1
    found = []
    for update in updates:
        counts = signs.get(update.new[0], Counter())
        is_turned = update.at != update.new and counts[update.adds] < counts[not update.adds]
        if is_turned and not update.ascends:
            update = replace(update, gradient=negative(update.gradient), is_turned=True)
        found.append(update)
    return found


def _is_parameter(graph: SpreadsheetGraph, labels: Labels, update: Update, news: Collection[Place]) -> bool:
    """Whether the old value may be a parameter: what a step computes is none, unless a rate says that it learns."""
    old = graph.repeated(update.old)
    if old not in graph.formulas or old in news:
        return True
    return update.rate is not None and any(map(is_rate, labels.beside(graph.repeated(update.rate))))


def _shapes(graph: SpreadsheetGraph, at: Place) -> Iterator[_Shape]:
    node: Node | None = element(graph, at)
    if not isinstance(node, Binary) or node.operator not in "+-":
        return
    terms = [*terms_of(node)]
    old = next((term for sign, term in terms if sign > 0 and isinstance(term, Cell)), None)
    if old is None:
        return
    rest = [(sign, term) for sign, term in terms if term is not old]
    if len(rest) > 1:  # a weight decay, or a part of the way that was gone before
        rest = [(sign, term) for sign, term in rest if old.place not in _cells(term)]
    if len(rest) != 1:
        return
    sign, step = rest[0]
    place, adds_step = at, sign > 0
    if isinstance(step, Cell):
        # the step stands in a cell of its own: Δw = rate · gradient, or with momentum β · Δw before + rate · gradient
        inner = element(graph, step.place)
        beyond = without_state(graph, step.place, inner, way(at, old.place)) if inner is not None else None
        meant = beyond or (inner if isinstance(inner, (Binary, Unary)) else None)
        if meant is not None:
            place, step = step.place, meant
    factors, divisors = _factors(step)
    sign *= -1 if sum(isinstance(factor, Number) and factor.value == -1 for factor in factors) % 2 else 1
    factors = [factor for factor in factors if not (isinstance(factor, Number) and factor.value == -1)]
    if len(factors) >= 2 and old.place not in [factor.place for factor in factors if isinstance(factor, Cell)]:
        yield _Shape(at, old.place, tuple(factors), tuple(divisors), sign > 0, place, adds_step)


def _cells(node: Node) -> set[Place]:
    return {piece.place for piece in pieces(node) if isinstance(piece, Cell)}


def _factors(node: Node) -> tuple[list[Node], list[Node]]:
    """What is multiplied, and by what that is divided; -1 for a sign."""
    if isinstance(node, Binary) and node.operator == "*":
        (a, below_a), (b, below_b) = _factors(node.left), _factors(node.right)
        return a + b, below_a + below_b
    if isinstance(node, Binary) and node.operator == "/":
        factors, divisors = _factors(node.left)
        return factors, [*divisors, node.right]
    if isinstance(node, Unary) and node.operator in "+-":
        factors, divisors = _factors(node.operand)
        return ([Number(-1.0)] if node.operator == "-" else []) + factors, divisors
    return [node], []


def _update(
    graph: SpreadsheetGraph, labels: Labels, gradients: CalledGradients, shape: _Shape, shared: Counter[Place]
) -> Update | None:
    """Tell the rate from the gradient."""
    rates = [k for k, factor in enumerate(shape.factors) if _may_be_rate(graph, labels, factor, shared)]
    rates = rates or _beside_gradient(graph, gradients, shape)
    if not rates:
        return None

    def likeness(k: int) -> tuple[bool, bool, int]:
        factor = shape.factors[k]
        if not isinstance(factor, Cell):
            return False, False, 0
        return any(map(is_rate, labels.beside(graph.repeated(factor.place)))), True, shared[factor.place]

    chosen = max(rates, key=likeness)
    rate = shape.factors[chosen]
    rest = [factor for k, factor in enumerate(shape.factors) if k != chosen and factor != ZERO]
    if not rest:
        return None
    is_frozen = len(rest) + 1 < len(shape.factors)
    gradient = _without_decay(product_of(rest), shape.old)
    plain = [divisor for divisor in shape.divisors if not is_root_or_correction(divisor)]
    is_divided = len(plain) != len(shape.divisors)
    gradient, at = gradient_behind(graph, gradient, shape.at, way(shape.new, shape.old), is_averaged=is_divided)
    named = isinstance(gradient, Cell) and gradient.place in gradients
    if isinstance(gradient, Cell) and not named and not graph.is_formula(gradient.place):
        return None
    is_rate_named = likeness(chosen)[0]
    if not (is_rate_named or named or shape.old in graph.reads_of(gradient)):
        return None
    if not named:
        for divisor in plain:
            gradient = Binary("/", gradient, divisor)
        if shape.adds:  # (target − output) instead of (output − target): what is added is the gradient's opposite
            if not (is_rate_named and shape.old in graph.reads_of(gradient)):
                return None
            gradient = negative(gradient)
    place = rate.place if isinstance(rate, Cell) else None
    return Update(shape.new, shape.old, place, gradient, at, rate, shape.adds_step, named and shape.adds, is_frozen)


def _may_be_rate(graph: SpreadsheetGraph, labels: Labels, factor: Node, shared: Counter[Place]) -> bool:
    if isinstance(factor, Number):
        return 0 < factor.value < 100
    if not isinstance(factor, Cell):
        return False
    if any(map(is_rate, labels.beside(graph.repeated(factor.place)))):
        return True
    return shared[factor.place] > 1 and not graph.is_formula(graph.repeated(factor.place))


def _beside_gradient(graph: SpreadsheetGraph, gradients: CalledGradients, shape: _Shape) -> list[int]:
    """The one typed cell, be it empty, that is multiplied with what is called a gradient: a rate without its $."""
    cells = [factor for factor in shape.factors if isinstance(factor, Cell)]
    if len(cells) != 2 or len(shape.factors) != 2:
        return []
    named = [cell.place in gradients for cell in cells]
    typed = [not graph.is_formula(graph.repeated(cell.place)) for cell in cells]
    return [k for k in (0, 1) if typed[k] and not named[k] and named[1 - k] and not typed[1 - k]]


def _without_decay(gradient: Node, old: Place) -> Node:
    """Of gradient + λ · old, the gradient."""
    if isinstance(gradient, Binary) and gradient.operator == "+":
        for one, other in ((gradient.left, gradient.right), (gradient.right, gradient.left)):
            factors, _ = _factors(one)
            if len(factors) == 2 and any(isinstance(each, Cell) and each.place == old for each in factors):
                return other
    return gradient


def element(graph: SpreadsheetGraph, at: Place) -> Node | None:
    """The formula of a cell; of an array formula that goes element by element, that of its element."""
    node = graph.formulas.get(at)
    if not isinstance(node, Part):
        return node
    return _element(graph.formulas[node.array], node.row, node.col)


def _element(node: Node, row: int, col: int) -> Node:
    if isinstance(node, Range):
        rows, cols = node.shape
        return node.first.moved(0 if rows == 1 else row, 0 if cols == 1 else col)
    if isinstance(node, (Binary, Unary)):
        return with_children(node, tuple(_element(child, row, col) for child in children(node)))
    return node
