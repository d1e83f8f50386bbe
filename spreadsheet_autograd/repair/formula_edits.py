"""The small changes of a formula that are tried: a reference, a sign, a factor, a term, a mask, a mean, a slope."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from itertools import islice

from excel_export.shared.a1_notation import Place
from spreadsheet_autograd.graph.graph import SpreadsheetGraph
from spreadsheet_autograd.graph.sample_points import Point
from spreadsheet_autograd.language.places import nearest
from spreadsheet_autograd.language.syntax import (
    Binary,
    Call,
    Cell,
    Node,
    Number,
    Unary,
    mapped,
    pieces,
    replaced,
    shifted,
    size_of,
    walk,
)
from spreadsheet_autograd.repair.activations import other_activations, other_slopes
from spreadsheet_autograd.repair.edit import REFERENCE, Edit
from spreadsheet_autograd.repair.forward_pieces import ForwardPieces, local_slopes
from spreadsheet_autograd.repair.missing_parts import ValuesAt, missing_parts, own_values
from spreadsheet_autograd.repair.range_edits import changed_arrays, changed_ranges

MOST_WORDS, MOST_OTHERS, MOST_BESIDE, MOST_EXPRESSIONS = 150, 100, 12, 60
MOST_OF_TWO, MOST_TERMS_OF_COPIES, MOST_TYPED, MASK, OF_SLOPE = 40, 12, 20, "mask", 2
SIGN, OPERATOR, MEAN, TYPED, SLOPE, ACTIVATION = "sign", "operator", "mean", "typed", "slope", "activation"
LOGARITHM, MOST_OF_FORWARD = "logarithm", 900
_OTHER_SIGNS = {"+": "-", "-": "+"}
_OTHER_OPERATORS = {"*": "/+-", "/": "*", "+": "*", "-": "*", "^": "*",
                    ">": ("<", ">="), "<": (">", "<="), ">=": ("<", "<="), "<=": (">", ">=")}  # fmt: skip
_OTHER_FUNCTIONS = {"SUM": ("AVERAGE",), "AVERAGE": ("SUM",), "MAX": ("MIN",), "MIN": ("MAX",),
                    "COS": ("SIN",), "SIN": ("COS",), "SUMPRODUCT": ("SUM",), "EXP": ("LN",)}  # fmt: skip


def edits_of_one(
    graph: SpreadsheetGraph,
    formula: Node,
    cell: Place,
    forward: set[Place],
    points: Sequence[Point],
    needed: Sequence[float],
    is_part: bool,
    values_at: ValuesAt = own_values,
) -> Iterator[Edit]:
    """Yield changes, the smaller first.

    Args:
        graph: the workbook.
        formula: what is changed.
        cell: where it stands.
        forward: the cells that lead to the loss.
        points: the choices of numbers.
        needed: what the formula must give at each.
        is_part: whether it is an array formula, of which the cell is one element.
        values_at: all cells at a choice of numbers, with what was mended.
    """
    words = _vocabulary(graph, formula, cell, forward)
    yield from _references(formula, words)
    yield from _references_to_texts(graph, formula, forward)
    yield from changed_ranges(graph, formula)
    yield from _signs(formula)
    yield from _operators(formula)
    yield from _slopes(formula)
    yield from _twice(formula)
    for changed, before, after in other_activations(formula):
        yield Edit(ACTIVATION, changed, 2, before, after)
    parts = ForwardPieces(graph, cell, forward)
    yield from parts.missing_terms(formula, cells=[*words[:MOST_BESIDE], *_typed(graph, cell)])
    yield from _numbers(graph, formula, words, parts.numbers)
    if is_part:
        yield from changed_arrays(graph, formula, cell)
        return
    further = [*(Cell(*at) for at in words), *_expressions(graph, cell, forward)]
    slopes = local_slopes(graph, cell, forward)
    for each in missing_parts(graph, formula, cell, further, points, needed, parts.numbers, values_at, slopes):
        old, new = each.old, each.new
        if isinstance(old, Cell) and graph.is_formula(old.place) and old.place not in forward:
            continue  # it is that cell which must be mended
        # A mask asks what the forward pass is like.
        is_strange = each.kind == MASK and new is not None and not {*graph.reads(new)} <= forward
        of_slope = new is not None and any(piece in slopes for piece in pieces(new))
        yield replace(each, rank=each.rank + is_strange + OF_SLOPE * of_slope)


def edits_of_copies(graph: SpreadsheetGraph, formula: Node, cell: Place, forward: set[Place]) -> Iterator[Edit]:
    """Yield changes that may be meant for a formula and all its copies: what takes no search."""
    words = _vocabulary(graph, formula, cell, forward)
    yield from _signs(formula)
    yield from _operators(formula)
    yield from _slopes(formula)
    parts = ForwardPieces(graph, cell, forward)
    yield from _numbers(graph, formula, [], parts.numbers)
    yield from parts.missing_terms(formula, MOST_TERMS_OF_COPIES)
    for count in (2.0, 0.5, *parts.numbers, *(1 / number for number in parts.numbers if number)):
        yield Edit("factor", Binary("*", formula, Number(count)), 1, None, Number(count))
    in_line = [at for at in words if at[0] == cell[0] and (at[1] == cell[1] or at[2] == cell[2])]
    yield from _references(formula, in_line)
    yield from _references_to_texts(graph, formula, forward)
    for slope in local_slopes(graph, cell, {at for at in forward if at[:2] == cell[:2] or at[::2] == cell[::2]}):
        for path, piece in walk(formula):
            if piece != slope:
                yield Edit(REFERENCE, replaced(formula, path, slope), 3, piece, slope)


def forward_edits(
    graph: SpreadsheetGraph, formula: Node, cell: Place, forward: set[Place], gradients: Collection[Place]
) -> Iterator[Edit]:
    """Yield changes that may be meant for a formula of the forward pass, alone or with its copies."""
    yield from _lines_off(formula)
    yield from _next_references(graph, formula, gradients)
    yield from _other_logarithm(formula)
    yield from _next_term(graph, formula)
    for changed, before, after in other_activations(formula):
        yield Edit(ACTIVATION, changed, 3, before, after)
    inputs = {at for at in forward if at not in graph.formulas}
    yield from islice(edits_of_copies(graph, formula, cell, forward | inputs), MOST_OF_FORWARD)


def _vocabulary(graph: SpreadsheetGraph, formula: Node, cell: Place, forward: set[Place]) -> list[Place]:
    """The cells that a reference may have meant."""
    found = dict.fromkeys(graph.reads(formula))
    for sheet, row, col in [*found, cell]:
        for step in (1, -1, 2, -2, 3, -3):
            found[sheet, row + step, col] = None
            found[sheet, row, col + step] = None
    close = nearest(forward, cell)[:MOST_WORDS]
    found.update(dict.fromkeys(close))
    others = [at for at in graph.formulas if at[0] == cell[0] and at not in forward]
    found.update(dict.fromkeys(nearest(others, cell)[:MOST_OTHERS]))
    numbers = graph.numbers
    usable = [at for at in found if at[1] > 0 and isinstance(numbers.get(at), float) and at != cell]
    return nearest(usable, cell)[: 2 * MOST_WORDS]


def _typed(graph: SpreadsheetGraph, cell: Place) -> list[Place]:
    """The typed numbers that stand nearest: what a forgotten target, or bias, may be."""
    typed = [at for at in graph.numbers if at[0] == cell[0] and at[1] > 0 and at not in graph.formulas]
    numbers = [at for at in typed if isinstance(graph.numbers[at], float)]
    return nearest(numbers, cell)[:MOST_TYPED]


def _expressions(graph: SpreadsheetGraph, cell: Place, forward: set[Place]) -> Iterator[Node]:
    """Yield what the formulas beside a cell multiply: the gradients of other cells, where they have none themselves."""
    found: dict[Node, None] = {}
    beside = [at for at in graph.formulas if at[0] == cell[0] and at not in forward and at[1] > 0 and at != cell]
    for at in nearest(beside, cell)[:MOST_BESIDE]:
        for _, piece in walk(graph.formulas[at]):
            if isinstance(piece, Binary) and piece.operator == "*":
                found[piece] = None
    yield from [*found][:MOST_EXPRESSIONS]


def _references(formula: Node, words: list[Place]) -> Iterator[Edit]:
    paths = [(path, piece) for path, piece in walk(formula) if isinstance(piece, Cell)]
    as_written = {piece.place: piece for _, piece in paths}
    for path, piece in paths:
        several = sum(other == piece for _, other in paths) > 1
        for word in nearest(words, piece.place):
            if word == piece.place:
                continue
            new = as_written.get(word) or Cell(*word, piece.fixed_row, piece.fixed_col)
            near = word[0] == piece.sheet and (word[1] == piece.row or word[2] == piece.col)
            rank = 0 if near else 1
            yield Edit(REFERENCE, replaced(formula, path, new), rank, piece, new)
            if several:
                yield Edit(REFERENCE, _instead(formula, piece, new), rank, piece, new)


def _references_to_texts(graph: SpreadsheetGraph, formula: Node, forward: set[Place]) -> Iterator[Edit]:
    """Yield other cells with a text in the place of one: names that are looked up, or compared."""
    for path, piece in walk(formula):
        if isinstance(piece, Cell) and isinstance(graph.numbers.get(piece.place), str):
            texts = [at for at in forward if isinstance(graph.numbers.get(at), str) and at != piece.place]
            for at in nearest(texts, piece.place)[:MOST_TYPED]:
                new = Cell(*at, piece.fixed_row, piece.fixed_col)
                yield Edit(REFERENCE, replaced(formula, path, new), 0, piece, new)


def _lines_off(formula: Node) -> Iterator[Edit]:
    """Yield the formula with all references a row or a column further, as where it was copied from the line beside."""
    for by in ((1, 0), (-1, 0), (0, 1), (0, -1)):
        places = [piece for piece in pieces(formula) if isinstance(piece, Cell)]
        if len(places) > 1 and all(min(piece.row + by[0], piece.col + by[1]) >= 1 for piece in places):
            yield Edit("copy", shifted(formula, *by), 1)


def _next_references(graph: SpreadsheetGraph, formula: Node, avoided: Collection[Place]) -> Iterator[Edit]:
    """Yield the formula with a cell near one that it reads in its place."""
    for path, piece in walk(formula):
        if not isinstance(piece, Cell):
            continue
        for step in (1, -1, 2, -2, 3, -3):
            for by in ((0, step), (step, 0)):
                new = piece.moved(*by)
                if isinstance(graph.numbers.get(new.place), float) and new.place not in avoided:
                    yield Edit(REFERENCE, replaced(formula, path, new), abs(step) // 2, piece, new)


def _other_logarithm(formula: Node) -> Iterator[Edit]:
    """Yield the formula with LN for LOG, which is to base 10 in a spreadsheet."""

    def natural(piece: Node) -> Node:
        is_log = isinstance(piece, Call) and piece.name in ("LOG", "LOG10") and len(piece.arguments) == 1
        return Call("LN", piece.arguments) if is_log else piece  # type: ignore[union-attr]

    changed = mapped(formula, natural)
    if changed != formula:
        yield Edit(LOGARITHM, changed, 0)


def _next_term(graph: SpreadsheetGraph, formula: Node) -> Iterator[Edit]:
    """Yield a sum with one more term, which is the next copy of the last one: w1·i1, and w2·i2 behind it."""
    if size_of(formula) > 40:
        return
    term = formula.right if isinstance(formula, Binary) and formula.operator == "+" else formula
    for by in ((0, 1), (1, 0), (0, -1), (-1, 0)):
        more = shifted(term, *by)
        reads = graph.reads(more)
        if more != term and reads and all(isinstance(graph.numbers.get(at), float) for at in reads):
            yield Edit("missing term", Binary("+", formula, more), 2, None, more)


def _instead(formula: Node, old: Cell, new: Cell) -> Node:
    return mapped(formula, lambda piece: new if isinstance(piece, Cell) and piece.place == old.place else piece)


def _signs(formula: Node) -> Iterator[Edit]:
    for path, piece in walk(formula):
        if isinstance(piece, Unary) and piece.operator == "-":
            yield Edit(SIGN, replaced(formula, path, piece.operand), 0)
    for path, piece in walk(formula):
        if isinstance(piece, Binary) and piece.operator in _OTHER_SIGNS:
            other = Binary(_OTHER_SIGNS[piece.operator], piece.left, piece.right)
            yield Edit(SIGN, replaced(formula, path, other), 0)
        if isinstance(piece, Binary) and piece.operator == "-":
            yield Edit(SIGN, replaced(formula, path, Binary("-", piece.right, piece.left)), 0)
    yield Edit(SIGN, Unary("-", formula), 0)


def _operators(formula: Node) -> Iterator[Edit]:
    for path, piece in walk(formula):
        if isinstance(piece, Binary):
            for other in _OTHER_OPERATORS.get(piece.operator, ()):
                changed = Binary(other, piece.left, piece.right)
                yield Edit(OPERATOR, replaced(formula, path, changed), 1, None, None)
            if piece.operator in "*+-":
                right = Unary("-", piece.right) if piece.operator == "-" else piece.right
                kind = "surplus factor" if piece.operator == "*" else "surplus term"
                for kept, dropped in ((piece.left, piece.right), (right, piece.left)):
                    yield Edit(kind, replaced(formula, path, kept), 2, dropped)
            if piece.operator in "/^":
                yield Edit("surplus factor", replaced(formula, path, piece.left), 2, piece.right)
        if isinstance(piece, Call):
            for name in _OTHER_FUNCTIONS.get(piece.name, ()):
                kind = MEAN if {piece.name, name} == {"SUM", "AVERAGE"} else OPERATOR
                yield Edit(kind, replaced(formula, path, Call(name, piece.arguments)), 1, piece)
            if piece.name in ("IF", "MAX", "EXP", "ABS", "SQRT", "TANH") and piece.arguments:
                for argument in piece.arguments[:3]:
                    yield Edit("surplus function", replaced(formula, path, argument), 2, piece)
            if piece.name == "IF" and len(piece.arguments) == 3:
                test, then, otherwise = piece.arguments
                yield Edit(OPERATOR, replaced(formula, path, Call("IF", (test, otherwise, then))), 1)


def _twice(formula: Node) -> Iterator[Edit]:
    """Yield two changes of signs and operators at once."""
    once = [*_signs(formula), *(each for each in _operators(formula) if each.kind == OPERATOR)]
    for first in once[:MOST_OF_TWO]:
        for second in (*_signs(first.formula), *(each for each in _operators(first.formula) if each.kind == OPERATOR)):
            yield Edit(OPERATOR, second.formula, 4)


def _slopes(formula: Node) -> Iterator[Edit]:
    for changed, old, new in other_slopes(formula):
        yield Edit(SLOPE, changed, 1, old, new)


def _numbers(graph: SpreadsheetGraph, formula: Node, words: list[Place], further: Sequence[float]) -> Iterator[Edit]:
    """Yield other numbers in the place of typed ones, and the cells that hold the same number."""
    for path, piece in walk(formula):
        if isinstance(piece, Unary) and piece.operator == "-" and isinstance(piece.operand, Number):
            piece = Number(-piece.operand.value)
        if not isinstance(piece, Number):
            continue
        usual = (1.0, 2.0, 0.5, 0.0, 3.0, 4.0, -piece.value, 1 / piece.value if piece.value else 1.0)
        for value in dict.fromkeys((*usual, *further, piece.value - 1, piece.value + 1)):
            if value != piece.value:
                rank = 3 if value == 1 else 1 if value in usual else 2  # not times 2 is a factor too much, not 1 for 2
                yield Edit("number", replaced(formula, path, Number(value)), rank, piece, Number(value))
        for word in words:
            if graph.numbers[word] == piece.value:
                cell = Cell(*word)
                yield Edit(TYPED, replaced(formula, path, cell), 0, piece, cell)
        if piece.value != 0:
            for word in words:
                cell = Cell(*word)
                yield Edit("number", replaced(formula, path, cell), 3, piece, cell)
