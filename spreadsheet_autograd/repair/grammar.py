"""The grammar of edits: every small change of a formula that is tried, the likelier ones first.

Another reference, range or line; two references exchanged; a sign, an operator, a function, an activation or its slope;
a number; a factor, a term or a function too much or too few. `solved_edits` has the edits that follow from numbers.
"""

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import combinations, islice, product

from spreadsheet_autograd.functions.derivatives import of_sigmoid
from spreadsheet_autograd.language import algebra, syntax
from spreadsheet_autograd.language.algebra import ONE, TWO, ZERO, one_less, product_of, square
from spreadsheet_autograd.language.places import nearest
from spreadsheet_autograd.language.syntax import Binary, Call, Cell, Node, Number, Range, Unary, mapped, replaced, walk
from spreadsheet_autograd.repair.edit import Edit, Kind
from spreadsheet_autograd.repair.vocabulary import Vocabulary, transposed

MOST_OF_TWO = 40
"""The number of first changes after which a second one is tried."""
MOST_TERMS_OF_FEW = 12
"""The number of terms that are added if a trial costs much."""
MOST_PIECES = 16
"""The number of pieces of a formula that get a further term, or are exchanged."""
MOST_INSIDE = 40
"""The number of cells that are added within a function, and the texts that a reference may mean."""
LONGEST_SUM = 40
"""The most pieces of a sum that gets a next term."""
_OTHER_SIGNS = {"+": "-", "-": "+"}
_OTHER_OPERATORS = {"*": "/+-", "/": "*", "+": "*", "-": "*", "^": "*",
                    ">": ("<", ">="), "<": (">", "<="), ">=": ("<", "<="), "<=": (">", ">=")}  # fmt: skip
_OTHER_FUNCTIONS = {"SUM": ("AVERAGE",), "AVERAGE": ("SUM",), "MAX": ("MIN",), "MIN": ("MAX",),
                    "COS": ("SIN",), "SIN": ("COS",), "SUMPRODUCT": ("SUM",), "EXP": ("LN",)}  # fmt: skip
_WITHIN = ("IF", "MAX", "EXP", "ABS", "SQRT", "TANH")
"""Functions that may stand where their argument belongs."""
_LINES = ((1, 0), (-1, 0), (0, 1), (0, -1))
_STEPS = [(k * down, k * right) for k in (1, -1, 2, -2, 3, -3) for down, right in ((0, 1), (1, 0))]
_Changes = Iterator[Edit]
"""Edits of a piece, whose formulas replace the piece."""


def edits(formula: Node, words: Vocabulary, *, many: bool) -> Iterator[Edit]:
    """Yield small changes of a formula, the likelier ones first: Edit(Kind.REFERENCE, B6*C4, 0, B4, C4) for B6*B4.

    Others of B6*B4 are B6/B4 (operator) and -(B6*B4) (sign).

    Args:
        formula: the formula.
        words: the cells, terms and numbers that may belong into it.
        many: True for many more cells in place of a reference or a number, and for two changes at once, but without
            factors and slopes; False if each edit takes long to try.
    """
    everywhere = partial(_everywhere, formula)
    yield from _lines_off(formula, words)
    yield from _references(formula, words, many=many)
    yield from _exchanged(formula)
    yield from everywhere(_orders)
    yield from _ranges(formula, words)
    yield from _logarithm(formula)
    yield from everywhere(_signs)
    yield Edit(Kind.SIGN, Unary("-", formula), 0)
    yield from everywhere(_operators)
    yield from everywhere(_slopes)
    yield from _next_term(formula, words)
    yield from everywhere(_activations)
    for new in _activations_of(formula):
        yield Edit(Kind.ACTIVATION, new, 2, formula, new)
    yield from everywhere(partial(_numbers, words=words, many=many))
    if many:
        cells: list[tuple[int, Node]] = [(1, Cell(*at)) for at in [*words.cells[:MOST_INSIDE], *words.typed]]
        yield from _terms(formula, [*words.terms, *cells], _pieces_inside(formula))
        yield from _twice(formula)
        return
    for count in (2.0, 0.5, *words.numbers, *(1 / number for number in words.numbers if number)):
        yield Edit(Kind.FACTOR, Binary("*", formula, Number(count)), 1, None, Number(count))
    yield from _terms(formula, words.terms[:MOST_TERMS_OF_FEW], walk(formula))
    for slope in words.slopes:
        for path, piece in walk(formula):
            if piece != slope:
                yield Edit(Kind.REFERENCE, replaced(formula, path, slope), 3, piece, slope)


def _everywhere(formula: Node, of_piece: Callable[[Node], _Changes]) -> Iterator[Edit]:
    for path, piece in walk(formula):
        for edit in of_piece(piece):
            yield Edit(edit.kind, replaced(formula, path, edit.formula), edit.rank, edit.old, edit.new)


def _lines_off(formula: Node, words: Vocabulary) -> Iterator[Edit]:
    """Yield the formula with all references moved by a row or a column, as if it were copied from the line beside."""
    cells = [piece for piece in syntax.pieces(formula) if isinstance(piece, Cell)]
    for by in _LINES:
        if len(cells) > 1 and all(words.is_number(cell.copied(*by).place) for cell in cells):
            yield Edit(Kind.COPY, syntax.shifted(formula, *by), 1)


def _references(formula: Node, words: Vocabulary, *, many: bool) -> Iterator[Edit]:
    paths = [(path, piece) for path, piece in walk(formula) if isinstance(piece, Cell)]
    as_written = {piece.place: piece for _, piece in paths}
    for path, piece in paths:
        several = sum(other == piece for _, other in paths) > 1
        beside = filter(words.is_number, (piece.moved(*by).place for by in _STEPS))
        others = words.cells if many else dict.fromkeys([*beside, *words.in_line])
        texts = words.texts if isinstance(words.graph.numbers.get(piece.place), str) else ()
        for word in [*nearest(others, piece.place), *nearest(texts, piece.place)[:MOST_INSIDE]]:
            if word == piece.place:
                continue
            new = as_written.get(word) or Cell(*word, piece.fixed_row, piece.fixed_col)
            rank = 0 if word[0] == piece.sheet and (word[1] == piece.row or word[2] == piece.col) else 1
            yield Edit(Kind.REFERENCE, replaced(formula, path, new), rank, piece, new)
            if several:
                yield Edit(Kind.REFERENCE, mapped(formula, partial(_replacement, piece, new)), rank, piece, new)


def _replacement(old: Cell, new: Cell, piece: Node) -> Node:
    return new if isinstance(piece, Cell) and piece.place == old.place else piece


def _exchanged(formula: Node) -> Iterator[Edit]:
    paths = [(path, piece) for path, piece in walk(formula) if isinstance(piece, (Cell, Range))][:MOST_PIECES]
    for (path, piece), (other_path, other) in combinations(paths, 2):
        if type(piece) is type(other) and piece != other:
            yield Edit(Kind.EXCHANGED, replaced(replaced(formula, path, other), other_path, piece), 2)


def _orders(piece: Node) -> _Changes:
    """Yield other orders of a matrix product, and its matrices transposed."""
    if isinstance(piece, Call) and piece.name == "MMULT" and len(piece.arguments) == 2:
        a, b = piece.arguments
        s, t = transposed(a), transposed(b)
        for pair in ((b, a), (s, b), (a, t), (s, t), (b, s), (t, a), (t, s)):
            yield Edit(Kind.TRANSPOSED, Call("MMULT", pair), 2, piece)


def _ranges(formula: Node, words: Vocabulary) -> Iterator[Edit]:
    """Yield the formula with another range in place of one, and of all ranges of the same shape."""
    for path, piece in walk(formula):
        if not isinstance(piece, Range):
            continue
        rows, cols = piece.shape
        steps = {*product(range(-2, 3), repeat=2)} | {
            way for k in (-2, -1, 1, 2) for way in ((k * rows, 0), (0, k * cols))
        }
        moves = [(down, right, down, right) for down, right in sorted(steps, key=lambda by: abs(by[0]) + abs(by[1]))]
        sides = [(sign * (k == 0), sign * (k == 1), sign * (k == 2), sign * (k == 3))
                 for k in range(4) for sign in (-1, 1)]  # fmt: skip
        for by in [*moves, *sides]:
            new = _resized(piece.shape, by, piece)
            if new == piece:
                continue
            yield Edit(Kind.REFERENCE, replaced(formula, path, new), 1, piece, new)
            if by in sides:
                yield Edit(Kind.REFERENCE, mapped(formula, partial(_resized, piece.shape, by)), 1, piece, new)
        for new in words.blocks(piece.shape, piece.first.sheet):
            yield Edit(Kind.REFERENCE, replaced(formula, path, new), 2, piece, new)


def _resized(shape: tuple[int, int], by: tuple[int, int, int, int], piece: Node) -> Node:
    """Return a range of this shape with its corners moved; any other piece as it is."""
    if not isinstance(piece, Range) or piece.shape != shape:
        return piece
    first, last = piece.first.moved(*by[:2]), piece.last.moved(*by[2:])
    is_one = min(first.row, first.col) >= 1 and first.row <= last.row and first.col <= last.col
    return Range(first, last) if is_one else piece


def _logarithm(formula: Node) -> Iterator[Edit]:
    """Yield the formula with LN for LOG, which has base 10 in a spreadsheet."""

    def natural(piece: Node) -> Node:
        is_log = isinstance(piece, Call) and piece.name in ("LOG", "LOG10") and len(piece.arguments) == 1
        return Call("LN", piece.arguments) if is_log else piece  # type: ignore[union-attr]

    changed = mapped(formula, natural)
    if changed != formula:
        yield Edit(Kind.LOGARITHM, changed, 0)


def _signs(piece: Node) -> _Changes:
    if isinstance(piece, Unary) and piece.operator == "-":
        yield Edit(Kind.SIGN, piece.operand, 0)
    if isinstance(piece, Binary) and piece.operator in _OTHER_SIGNS:
        yield Edit(Kind.SIGN, Binary(_OTHER_SIGNS[piece.operator], piece.left, piece.right), 0)
    if isinstance(piece, Binary) and piece.operator == "-":
        yield Edit(Kind.SIGN, Binary("-", piece.right, piece.left), 0)


def _operators(piece: Node) -> _Changes:
    if isinstance(piece, Binary):
        left, right = piece.left, piece.right
        for other in _OTHER_OPERATORS.get(piece.operator, ()):
            yield Edit(Kind.OPERATOR, Binary(other, left, right), 1)
        kind = Kind.SURPLUS_TERM if piece.operator in "+-" else Kind.SURPLUS_FACTOR
        if piece.operator in "*+-/^":
            yield Edit(kind, left, 2, right)
        if piece.operator in "*+-":
            yield Edit(kind, Unary("-", right) if piece.operator == "-" else right, 2, left)
    if isinstance(piece, Call):
        for name in _OTHER_FUNCTIONS.get(piece.name, ()):
            kind = Kind.MEAN if {piece.name, name} == {"SUM", "AVERAGE"} else Kind.OPERATOR
            yield Edit(kind, Call(name, piece.arguments), 1, piece)
        for argument in piece.arguments[:3] if piece.name in _WITHIN else ():
            yield Edit(Kind.SURPLUS_FUNCTION, argument, 2, piece)
        if piece.name == "IF" and len(piece.arguments) == 3:
            test, then, otherwise = piece.arguments
            yield Edit(Kind.OPERATOR, Call("IF", (test, otherwise, then)), 1)


def _twice(formula: Node) -> Iterator[Edit]:
    def once(node: Node) -> list[Node]:
        operators = (edit for edit in _everywhere(node, _operators) if edit.kind == Kind.OPERATOR)
        signs = (edit.formula for edit in _everywhere(node, _signs))
        return [*signs, Unary("-", node), *(edit.formula for edit in operators)]

    for first in once(formula)[:MOST_OF_TWO]:
        for second in once(first):
            yield Edit(Kind.OPERATOR, second, 4)


def _slopes(piece: Node) -> _Changes:
    """Yield a·(1 − a), the sigmoid's slope, for 1 − a², that of tanh, and the reverse."""
    factors = algebra.factors_of(piece)
    for k, factor in enumerate(factors):
        others = [*factors[:k], *factors[k + 1 :]]
        plain = algebra.of_one_less(factor)
        root = _root(plain)
        if root is not None:
            sigmoid = product_of([root, one_less(root)])
            yield Edit(Kind.SLOPE, product_of([*factors[:k], sigmoid, *factors[k + 1 :]]), 1, factor, sigmoid)
        elif isinstance(plain, Cell) and plain in others:
            others.remove(plain)
            tanh = one_less(square(plain))
            yield Edit(Kind.SLOPE, product_of([*others, tanh]), 1, product_of([plain, factor]), tanh)


def _root(node: Node | None) -> Cell | None:
    """Return a for a² or a·a; None for other formulas."""
    if not isinstance(node, Binary) or not isinstance(node.left, Cell):
        return None
    is_square = node.operator == "^" and node.right == TWO
    return node.left if is_square or (node.operator == "*" and node.right == node.left) else None


def _next_term(formula: Node, words: Vocabulary) -> Iterator[Edit]:
    """Yield a sum with one more term, the next copy of its last one: w2·i2 after w1·i1."""
    if syntax.size_of(formula) > LONGEST_SUM:
        return
    term = formula.right if isinstance(formula, Binary) and formula.operator == "+" else formula
    for by in ((0, 1), (1, 0), (0, -1), (-1, 0)):
        more = syntax.shifted(term, *by)
        reads = words.graph.reads(more)
        if more != term and reads and all(map(words.is_number, reads)):
            yield Edit(Kind.MISSING_TERM, Binary("+", formula, more), 2, None, more)


def _terms(
    formula: Node, terms: list[tuple[int, Node]], places: Iterable[tuple[syntax.Path, Node]]
) -> Iterator[Edit]:  # fmt: skip
    for path, piece in islice(places, MOST_PIECES):
        own = [term for _, term in algebra.terms_of(piece)]
        for sign, term in terms if not isinstance(piece, Number) else ():
            for operator in ("+-" if sign > 0 else "-+") if term not in own else "":
                changed = replaced(formula, path, Binary(operator, piece, term))
                yield Edit(Kind.MISSING_TERM, changed, 4, None, term)


def _pieces_inside(
    node: Node, path: syntax.Path = (), *, is_inside: bool = False
) -> Iterator[tuple[syntax.Path, Node]]:  # fmt: skip
    """Yield the pieces that are squared or arguments of functions: the result doesn't tell their right value."""
    if is_inside:
        yield path, node
    is_inside = is_inside or isinstance(node, Call) or (isinstance(node, Binary) and node.operator == "^")
    for k, child in enumerate(syntax.children(node)):
        yield from _pieces_inside(child, (*path, k), is_inside=is_inside)


def _numbers(piece: Node, words: Vocabulary, *, many: bool) -> _Changes:
    """Yield other numbers in place of a typed one, and the cells with the same number."""
    if isinstance(piece, Unary) and piece.operator == "-" and isinstance(piece.operand, Number):
        piece = Number(-piece.operand.value)
    if not isinstance(piece, Number):
        return
    usual = (1.0, 2.0, 0.5, 0.0, 3.0, 4.0, -piece.value, 1 / piece.value if piece.value else 1.0)
    for value in dict.fromkeys((*usual, *words.numbers, piece.value - 1, piece.value + 1)):
        if value != piece.value:
            rank = 3 if value == 1 else 1 if value in usual else 2  # prefer a surplus factor 2 to a 1 in place of the 2
            yield Edit(Kind.NUMBER, Number(value), rank, piece, Number(value))
    for word in words.cells if many else ():
        cell = Cell(*word)
        if words.graph.numbers[word] == piece.value:
            yield Edit(Kind.TYPED, cell, 0, piece, cell)
        if piece.value != 0:
            yield Edit(Kind.NUMBER, cell, 3, piece, cell)


def _activations(piece: Node) -> _Changes:
    x = _inside(piece)
    for new in _activations_of(x) if x is not None else ():
        if new != piece:
            yield Edit(Kind.ACTIVATION, new, 2, piece, new)
    if isinstance(piece, Call) and len(piece.arguments) == 1 and not isinstance(piece.arguments[0], Unary):
        turned = Call(piece.name, (Unary("-", piece.arguments[0]),))
        yield Edit(Kind.ACTIVATION, turned, 2, piece, turned)


def _inside(node: Node) -> Node | None:
    """Return the argument of an activation; None if the formula is none."""
    if isinstance(node, Binary):
        return of_sigmoid(node)
    if not isinstance(node, Call):
        return None
    if node.name == "TANH":
        return node.arguments[0]
    if node.name == "MAX" and len(node.arguments) == 2 and ZERO in node.arguments:
        return next((argument for argument in node.arguments if argument != ZERO), None)
    if node.name == "IF" and len(node.arguments) == 3 and isinstance(node.arguments[0], Binary):
        return node.arguments[0].left
    return None


def _activations_of(x: Node) -> Iterator[Node]:
    sigmoid = Binary("/", ONE, Binary("+", ONE, Call("EXP", (Unary("-", x),))))
    yield sigmoid
    yield Call("TANH", (x,))
    yield Call("IF", (Binary(">", x, ZERO), x, ZERO))
    yield Call("IF", (Binary(">", x, ZERO), x, Binary("*", Number(0.01), x)))
    yield Call("EXP", (x,))
    yield Call("LN", (Binary("+", ONE, Call("EXP", (x,))),))
    yield Binary("*", x, sigmoid)
    yield square(x)
