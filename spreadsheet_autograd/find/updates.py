"""Finds the updates of parameters: formulas such as old − rate · gradient."""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

from excel_export.shared.a1_notation import Place
from spreadsheet_autograd.find.blocks import called_gradients
from spreadsheet_autograd.find.labels import Labels, gradient_in, is_rate, is_short
from spreadsheet_autograd.find.optimizer_state import (
    gradient_behind,
    is_root_or_correction,
    without_state,
)
from spreadsheet_autograd.graph.graph import SpreadsheetGraph
from spreadsheet_autograd.language.algebra import ZERO, negative, product_of, terms_of
from spreadsheet_autograd.language.places import moved, way
from spreadsheet_autograd.language.single_cells import element_of
from spreadsheet_autograd.language.syntax import (
    Binary,
    Call,
    Cell,
    Node,
    Number,
    Part,
    Range,
    Unary,
    pieces,
    shifted,
)

MINUS_ONE = Number(-1.0)
KEEPING_WITHIN = ("MAX", "MIN", "MEDIAN", "IF", "IFS")
"""The functions that keep a step within bounds."""
MOST_ALONE = 2
"""A cell that multiplies more steps than this, where being a cell counts as one, is their learning rate."""


@dataclass(frozen=True)
class Update:
    """The formula of a parameter's next value: B8 `=B3-B7*B6`, with w in B3, the rate in B7 and ∂E/∂w in B6."""

    new: Place
    """The cell of the parameter's value after the update, B8."""
    old: Place
    """The cell of the parameter's value before the update, B3."""
    rate: Place | None
    """The cell of the learning rate, B7; None if the rate is a number in the formula, as in =B3-0.1*B6."""
    gradient: Node
    """A reference to the gradient's cell, B6, or its formula if that is a part of the update's, B4*B1 in
    =B3-B7*B4*B1."""
    at: Place
    """The cell whose formula has the gradient: `new`, B8, or the cell of a step, C6 `=B7*B6` for B8 `=B3-C6`."""
    factor: Node
    """The learning rate as the formula has it: the reference B7, or the number 0.1."""
    adds: bool = False
    """True if the next value is the old one plus the content of `at`, as =B3+C6; False for =B3-C6."""
    ascends: bool = False
    """True if the update adds a cell that is called a gradient, =B3+B7*B6: the loss grows."""
    is_turned: bool = False
    """True if the update subtracts its step, =B3-C6, where most of the sheet add theirs, or the other way round."""

    @property
    def source(self) -> Place | None:
        """The cell with the gradient or the step, B6 or C6; None if the update's own formula has all of it."""
        return self.cell or (self.at if self.at != self.new else None)

    @property
    def cell(self) -> Place | None:
        """The cell of the gradient, B6; None if the gradient is a part of a formula."""
        return self.gradient.place if isinstance(self.gradient, Cell) else None


def find_updates(graph: SpreadsheetGraph, labels: Labels) -> list[Update]:
    """Return the updates of a workbook, w − rate · gradient, an `Update` for each; [] if nothing is trained.

    For B8 `=B3-B7*B6`: one with new=B8, old=B3, rate=B7 and cell=B6.
    """
    return _Finder(graph, labels).updates()


class _Shape(NamedTuple):
    """A formula old − factors / divisors, or with `adds` old + factors / divisors."""

    new: Place
    old: Place
    factors: list[Node]
    divisors: list[Node]
    adds: bool
    at: Place
    """The cell whose formula has the factors."""
    adds_step: bool
    """True if the content of `at` is added to the old value."""


class _Finder:
    def __init__(self, graph: SpreadsheetGraph, labels: Labels) -> None:
        self._graph, self._labels = graph, labels
        self._is_gradient = called_gradients(graph, labels)
        self._olds = set[Place]()
        """The cells that updates may begin from: the cells before them belong to another step."""
        self._shared = Counter[Place]()
        """For each cell with $, or in a step's own cell such as Δw, the number of steps that it multiplies."""

    def updates(self) -> list[Update]:
        shapes = [shape for at in self._graph.formulas if at[1] > 0 and (shape := self._shape(at))]
        begins = {shape.old for shape in shapes}
        self._olds = begins | {self._graph.repeated(at) for at in begins}
        cells = [(shape, each) for shape in shapes for each in shape.factors if isinstance(each, Cell)]
        self._shared.update(
            each.place for shape, each in cells if each.fixed_row or each.fixed_col or shape.at != shape.new
        )
        by_shape = {shape.new: self._update(shape) for shape in shapes}
        # Copies of updates count even if a mistake hides all other signs of an update.
        copies = [shape for shape in shapes if not by_shape[shape.new] and self._is_copy(shape.new, by_shape)]
        by_shape |= {shape.new: self._update(shape, is_copy=True) for shape in copies}
        updates = [update for update in by_shape.values() if update]
        olds: dict[tuple[Place | None, Node], set[Place]] = {}
        for update in updates:
            olds.setdefault((update.source, update.gradient), set()).add(update.old)
        updates = [update for update in updates if not self._is_mean(update, olds[update.source, update.gradient])]
        # What a step begins from may be computed by a step before it: without that one, it is no parameter either.
        while True:
            news = {update.new for update in updates}
            kept = [each for each in updates if self._is_of_parameter(each, news) and not self._is_difference(each)]
            if len(kept) == len(updates):
                return _as_most(kept)
            updates = kept

    def _is_copy(self, at: Place, updates: Mapping[Place, Update | None]) -> bool:
        formulas = self._graph.formulas
        beside = (moved(at, *step) for step in ((-1, 0), (1, 0), (0, -1), (0, 1)))
        return any(updates.get(other) and formulas[at] == shifted(formulas[other], *way(other, at)) for other in beside)

    def _is_mean(self, update: Update, olds: Collection[Place]) -> bool:
        """Return whether the number that is subtracted from several cells is made of these alone, as their mean."""
        if len(olds) < 2 or (update.cell and self._is_gradient(update.cell)):
            return False
        node = self._graph.formulas.get(update.cell) if update.cell else update.gradient
        return node is not None and {*olds} <= {*self._graph.cells_read(node)}

    def _is_of_parameter(self, update: Update, news: Collection[Place]) -> bool:
        """Return whether the old value may be a parameter: typed, of another update, or with a rate called so."""
        old = self._graph.repeated(update.old)
        formula = self._graph.formulas.get(old)
        is_given = formula is None or old in news or not self._graph.cells_read(formula)
        return is_given or (update.rate is not None and self._is_rate(update.rate))

    def _is_difference(self, update: Update) -> bool:
        """Return whether the step is a parameter itself, as in dw = next w − w: that is how far an update went."""
        return update.at != update.new and update.at in self._olds

    def _is_rate(self, at: Place) -> bool:
        return any(map(is_rate, self._labels.beside(self._graph.repeated(at))))

    def _is_computed(self, at: Place) -> bool:
        return self._graph.is_formula(self._graph.repeated(at))

    def _is_typed(self, factor: Node) -> bool:
        return isinstance(factor, Cell) and not self._is_computed(factor.place)

    def _shape(self, at: Place) -> _Shape | None:
        """Return the form of a formula that adds something to a cell, and does no more; None for other formulas."""
        node = element(self._graph, at)
        terms = [*terms_of(node)] if isinstance(node, Binary) and node.operator in "+-" else []
        old = next((term for sign, term in terms if sign > 0 and isinstance(term, Cell)), None)
        if old is None:
            return None
        rest = [(sign, term) for sign, term in terms if term is not old]
        if len(rest) > 1:  # a weight decay, or a part of the step before
            rest = [(sign, term) for sign, term in rest if old.place not in _cells(term)]
        if len(rest) != 1:
            return None
        [(sign, step)], place = rest, at
        if isinstance(step, Call) and step.name in KEEPING_WITHIN:
            step = next((each for each in pieces(step) if isinstance(each, Binary) and each.operator == "*"), step)
        adds_step = sign > 0
        if isinstance(step, Cell) and (inner := element(self._graph, step.place)) is not None:
            # the step stands in a cell of its own: Δw = rate · gradient, or β · Δw before + rate · gradient
            beyond = without_state(self._graph, step.place, inner, way(at, old.place))
            meant = beyond or (inner if isinstance(inner, (Binary, Unary)) else None)
            rate = self._rate_of_summed(inner)  # a sum over all examples: Σ Δw = rate · (Σ Δw / rate)
            if rate is not None:
                meant = Binary("*", rate, Binary("/", inner, rate))
            if meant is not None:
                place, step = step.place, meant
        factors, divisors = _factors(step)
        sign *= (-1) ** factors.count(MINUS_ONE)
        factors = [factor for factor in factors if factor != MINUS_ONE]
        if len(factors) < 2 or old.place in [factor.place for factor in factors if isinstance(factor, Cell)]:
            return None
        return _Shape(at, old.place, factors, divisors, sign > 0, place, adds_step)

    def _rate_of_summed(self, node: Node) -> Cell | None:
        """Return the typed cell that multiplies every term of a sum or a mean; None if there is none."""
        if not (isinstance(node, Call) and node.name in ("SUM", "AVERAGE") and len(node.arguments) == 1):
            return None
        [summed] = node.arguments
        steps = [element(self._graph, at) for at in summed.places()] if isinstance(summed, Range) else []
        factors = [[*filter(self._is_typed, _factors(step)[0])] for step in steps if step is not None]
        shared = (each for each in factors[0] if all(each in others for others in factors)) if factors else ()
        return next((each for each in shared if isinstance(each, Cell)), None)

    def _update(self, shape: _Shape, is_copy: bool = False) -> Update | None:
        """Return the update, with rate and gradient told apart; None if it is none. With `is_copy` it must be one."""
        graph, factors = self._graph, shape.factors
        rates = [k for k, factor in enumerate(factors) if self._may_be_rate(factor)] or self._beside_gradient(factors)
        if not rates:
            return None

        def likeness(k: int) -> tuple[bool, int]:
            factor = factors[k]
            return (
                (self._is_rate(factor.place), 1 + self._shared[factor.place])
                if isinstance(factor, Cell)
                else (False, 0)
            )

        chosen = max(rates, key=likeness)
        rate, (is_rate_named, times) = factors[chosen], likeness(chosen)
        is_rate_named |= shape.at != shape.new and times > MOST_ALONE
        rest = [factor for k, factor in enumerate(factors) if k != chosen and factor != ZERO]
        if not rest:
            return None
        plain = [divisor for divisor in shape.divisors if not is_root_or_correction(divisor)]
        gradient, at = gradient_behind(
            graph, _without_decay(product_of(rest), shape.old), shape.at, way(shape.new, shape.old),
            is_averaged=len(plain) != len(shape.divisors),
        )  # fmt: skip
        is_named = isinstance(gradient, Cell) and self._is_gradient(gradient.place)
        if isinstance(gradient, Cell) and is_named and shape.adds:  # headings such as dw or delta tell no sign
            is_named = any(gradient_in(text) and not is_short(text) for text in self._labels.beside(gradient.place))
        is_of_old = not {shape.old, graph.repeated(shape.old)}.isdisjoint(graph.reads_of(gradient, self._olds))
        is_typed = isinstance(gradient, Cell) and not is_named and not graph.is_formula(gradient.place)
        if is_typed or not (is_rate_named or is_named or is_of_old or is_copy):
            return None
        if not is_named:
            for divisor in plain:
                gradient = Binary("/", gradient, divisor)
            if shape.adds:  # (target − output) in place of (output − target): the sum adds the negative gradient
                if not (is_rate_named and is_of_old):
                    return None
                gradient = negative(gradient)
        return Update(
            shape.new, shape.old, rate.place if isinstance(rate, Cell) else None, gradient, at, rate,
            adds=shape.adds_step, ascends=is_named and shape.adds,
        )  # fmt: skip

    def _may_be_rate(self, factor: Node) -> bool:
        if isinstance(factor, Number):
            return 0 < factor.value < 100
        if not isinstance(factor, Cell):
            return False
        return self._is_rate(factor.place) or (self._shared[factor.place] > 1 and not self._follows_old(factor.place))

    def _follows_old(self, at: Place) -> bool:
        """Return whether a cell is computed from parameters; a computed rate uses typed numbers alone."""
        at = self._graph.repeated(at)
        return not self._graph.ancestors_of_all([at], self._olds).isdisjoint(self._olds)

    def _beside_gradient(self, factors: list[Node]) -> list[int]:
        """Return the index of the one typed cell that a gradient is multiplied by, a rate without $; [] without one."""
        cells = [factor.place for factor in factors if isinstance(factor, Cell)]
        if not len(cells) == len(factors) == 2:
            return []
        may_be = [self._is_gradient(at) or self._is_computed(at) for at in cells]
        are_gradients = [self._is_gradient(at) and self._is_computed(at) for at in cells]
        return [k for k in (0, 1) if not may_be[k] and are_gradients[1 - k]]


def _as_most(updates: list[Update]) -> list[Update]:
    """Return the updates, with the gradient's sign turned if one subtracts its step where most add theirs."""
    signs = Counter((update.new[0], update.adds) for update in updates if update.at != update.new)

    def is_turned(update: Update) -> bool:
        sheet, adds = update.new[0], update.adds
        return update.at != update.new and not update.ascends and signs[sheet, adds] < signs[sheet, not adds]

    return [
        replace(update, gradient=negative(update.gradient), is_turned=True) if is_turned(update) else update
        for update in updates
    ]


def _cells(node: Node) -> set[Place]:
    return {piece.place for piece in pieces(node) if isinstance(piece, Cell)}


def _factors(node: Node) -> tuple[list[Node], list[Node]]:
    """Return the factors and the divisors of a formula; a minus sign is the factor -1."""
    if isinstance(node, Binary) and node.operator == "*":
        (a, below_a), (b, below_b) = _factors(node.left), _factors(node.right)
        return a + b, below_a + below_b
    if isinstance(node, Binary) and node.operator == "/":
        factors, divisors = _factors(node.left)
        return factors, [*divisors, node.right]
    if isinstance(node, Unary) and node.operator in "+-":
        factors, divisors = _factors(node.operand)
        return [MINUS_ONE] * (node.operator == "-") + factors, divisors
    return [node], []


def _without_decay(gradient: Node, old: Place) -> Node:
    """Return the gradient of a formula gradient + λ·old; any other formula itself."""
    if isinstance(gradient, Binary) and gradient.operator == "+":
        for one, other in ((gradient.left, gradient.right), (gradient.right, gradient.left)):
            factors, _ = _factors(one)
            if len(factors) == 2 and any(isinstance(each, Cell) and each.place == old for each in factors):
                return other
    return gradient


def element(graph: SpreadsheetGraph, at: Place) -> Node | None:
    """Return the formula of a cell as a tree, or for a cell of an array formula that of its element; None for none.

    For B2 of the array formula A1:B2 `=D1:E2*2` it is E2*2. An array formula of another kind, such as a call, is
    returned as a whole.
    """
    node = graph.formulas.get(at)
    if not isinstance(node, Part):
        return node
    whole = graph.formulas[node.array]
    return element_of(whole, node.row, node.col) if isinstance(whole, (Binary, Unary, Range)) else whole
