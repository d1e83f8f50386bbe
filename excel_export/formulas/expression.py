"""Formulas as values: an expression knows its precedence, so it writes the brackets that it needs and no others.

An expression is one formula, or the formulas of a whole tensor, one for each element: `w * x + b` is a single tree
whatever the shapes, with NumPy's broadcasting. When it is written, its sheet is known: references to cells of the same
sheet do not name it.

An `Operand` is anything that can stand in a formula: a reference, a tensor, a grid, an expression. Beside operands,
plain numbers are constants and plain strings are texts. Operations make expressions of operands, and expressions are
operands: so both stand in this one file.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from itertools import accumulate
from typing import Any, Protocol, Self

import numpy as np

from excel_export.formulas import writing
from excel_export.formulas.literals import literal, number
from excel_export.formulas.writing import ATOM, COMPARISON, JOIN, NEGATED, POWER, PRODUCT, SUM, Index, Writer


class HasText(Protocol):
    """A defined name, such as learning_rate: a token of a formula that reads the same on every sheet."""

    @property
    def text(self) -> str:
        """The name, as a formula writes it: 'learning_rate'."""


class Operand:
    """Anything that can be part of a formula, such as a cell or a tensor. Operators between them give expressions.

    Example:
        >>> from excel_export.formulas.reference import Reference
        >>> w, x = Reference("Sheet1", 3, 2), Reference("Sheet1", 3, 4)
        >>> (2 * (w + x) ** 2).text("Sheet1")
        '2*(B3+D3)^2'
    """

    # NumPy leaves arithmetic with its arrays to the operand.
    __array_ufunc__ = None

    @property
    def cells(self) -> Expression:
        """The operand as an expression: the formulas 'B3', 'B4', … of a tensor; 'B3' of the reference B3."""
        raise NotImplementedError

    def __add__(self, other: OperandLike) -> Expression:
        return total((self, other))

    def __radd__(self, other: OperandLike) -> Expression:
        return total((other, self))

    def __sub__(self, other: OperandLike) -> Expression:
        return total((self, negated(other)))

    def __rsub__(self, other: OperandLike) -> Expression:
        return total((other, negated(self)))

    def __mul__(self, other: OperandLike) -> Expression:
        return _product(self, other)

    def __rmul__(self, other: OperandLike) -> Expression:
        return _product(other, self)

    def __truediv__(self, other: OperandLike) -> Expression:
        return _product(self, other, divide=True)

    def __rtruediv__(self, other: OperandLike) -> Expression:
        return _product(other, self, divide=True)

    def __pow__(self, other: OperandLike) -> Expression:
        return Infix("^", POWER, as_expression(self), as_expression(other), tighter=NEGATED)

    def __neg__(self) -> Expression:
        return negated(self)

    def __gt__(self, other: OperandLike) -> Expression:  # type: ignore[misc]
        return _compared(self, ">", other)

    def __ge__(self, other: OperandLike) -> Expression:  # type: ignore[misc]
        return _compared(self, ">=", other)

    def __lt__(self, other: OperandLike) -> Expression:  # type: ignore[misc]
        return _compared(self, "<", other)

    def __le__(self, other: OperandLike) -> Expression:  # type: ignore[misc]
        return _compared(self, "<=", other)


OperandLike = Operand | float | str | np.ndarray
"""An operand, a number, a text, or an array of numbers."""


class Expression(Operand):
    """The formulas of a tensor, one for each element, as `texts` writes them: ['B3*2', 'B4*2'] of shape (2,).

    A single formula has shape (); `text` writes it.
    """

    shape: tuple[int, ...] = ()
    """The shape of the tensor of formulas; () for a single one."""
    precedence: int = ATOM
    """The precedence of the formula that binds least: from COMPARISON (1) to ATOM (8)."""
    begins_with_power: bool = False
    """True if a formula begins with a power: a minus sign in front of it would belong to the base."""

    @property
    def precedences(self) -> int | np.ndarray:
        """The precedence of each formula, 1 for A1=B1, 8 for B3: an integer array, or one number for all."""
        return self.precedence

    @property
    def cells(self) -> Expression:
        return self

    def write(self, out: Writer) -> None:
        """Give all formulas to `out`, left to right: B3*2, B4*2 as take(leaf of B3 and B4, 4), say('*'), take(2, 4)."""
        raise NotImplementedError

    def write_operand(self, out: Writer, needed: int) -> None:
        """Write the expression to `out`: A1+B1, of precedence 3, in brackets if `needed` is more, as 4 beside '*'."""
        if self.precedence >= needed:
            self.write(out)
        else:
            out.say("(")
            self.write(out)
            out.say(")")

    def write_after_minus(self, out: Writer) -> None:
        """Write the expression to `out` behind a minus sign: A1*2 as it is, (A1+B1) and (A1^2) in brackets."""
        self.write_operand(out, PRODUCT)

    @property
    def vanishes(self) -> bool:
        """True if the formulas are 0 at first sight: 0, 0*B3, 0+0*B3. False for others, even B3*0 and B3-B3."""
        return False

    def texts(self, home: str) -> np.ndarray:
        """Return each formula, ['B3*2', 'B4*2'], as the sheet `home` holds it, in an object array of the same shape."""
        writer = writing.TemplateWriter(home)
        self.write(writer)
        return writer.filled(self.shape)

    def text(self, home: str) -> str:
        """Return the text of a single formula, 'B3*2', as the sheet `home` holds it: cells of others as 'Other'!B3."""
        writer = writing.TemplateWriter(home)
        self.write(writer)
        return writer.single()

    def tokens(self, index: Index = ()) -> list[Any]:
        """Return one element's formula in pieces, [reference B3, '*', 2.0]; `index` counts from 0, () for a scalar."""
        tokens: list[Any] = []
        for leaf, piece in self.template:
            if leaf is None:
                tokens.append(piece)
            else:
                tokens += leaf.tokens_in(index, piece)
        return tokens

    @cached_property
    def template(self) -> list[writing.Piece]:
        """The pieces of all formulas from left to right: (None, text or number) for what they share, (leaf, precedence
        that it needs) where they differ. For B3*2, B4*2: [(leaf of B3 and B4, 4), (None, '*'), (None, 2.0)].
        """
        writer = writing.ElementWriter()
        self.write(writer)
        return writer.pieces

    def element(self, index: Index = ()) -> Expression:
        """Return the formula of one element, 'B4*2' at (1,), as an expression of its own, of shape ().

        Args:
            index: of the element, from 0 on; or an index of the shape to which this expression is broadcast.
        """
        return self.of_parts(lambda part: part.element(index))

    def of_parts(self, change: Callable[[Expression], Expression]) -> Expression:
        """Return the same operation on other operands: change(B3) + change(C3) for B3 + C3."""
        raise NotImplementedError

    def reshape(self, *shape: int) -> Expression:
        """Return the formulas in another shape with as many elements, in reading order: (6,) or (-1,) for (2, 3)."""
        return Rearranged((self,), lambda texts: texts.reshape(shape))

    @property
    def T(self) -> Expression:
        """The formulas with their dimensions in the opposite order: (3, 2) for (2, 3)."""
        return Rearranged((self,), np.transpose)

    @property
    def swapped(self) -> Expression:
        """The formulas with their last two dimensions swapped: (N, 3, 2) for (N, 2, 3)."""
        return Rearranged((self,), lambda texts: texts.swapaxes(-1, -2))

    def broadcast_to(self, shape: Sequence[int]) -> Expression:
        """Return the formulas repeated along dimensions of size 1, as NumPy does: (2, 1) to (2, 3).

        Raises:
            ValueError: the shapes do not fit.
        """
        return Rearranged((self,), lambda texts: np.broadcast_to(texts, shape))

    def in_shape(self, shape: tuple[int, ...]) -> Expression:
        """Return the formulas broadcast to a shape, 'B3' to (2,) as 'B3', 'B3'; itself if it has this shape."""
        return self if self.shape == shape else self.broadcast_to(shape)

    def __getitem__(self, index: Any) -> Expression:
        """Return some of the formulas, chosen by an index as in NumPy: ['B4*2'] for x[1:] of ['B3*2', 'B4*2']."""
        # An array of no dimension: a bare element would have lost its type.
        return Rearranged((self,), lambda texts: np.asarray(texts[index], dtype=texts.dtype))


class Leaf(Expression):
    """An expression without operands: 0.5, a name, or B3, B4. `column` gives its texts, `single` that of shape ()."""

    @property
    def precedences(self) -> int | np.ndarray:
        binds = [self.element(index).precedence for index in np.ndindex(self.shape)]
        return np.array(binds, dtype=int).reshape(self.shape)

    def column(self, home: str) -> np.ndarray:
        """Return the text of each formula, ['B3', 'B4'], on the sheet `home`: an object array of the leaf's shape."""
        raise NotImplementedError

    def element(self, index: Index = ()) -> Expression:
        return self.own_element(writing.own_index(index, self.shape))

    def own_element(self, index: Index) -> Expression:
        """Return the formula of one element as an expression: 'B4' of the leaf B3, B4 at (1,).

        Unlike `element`, this takes an index of the leaf's own shape, not of one that it is broadcast to.
        """
        raise NotImplementedError

    def tokens_in(self, index: Index, needed: int) -> list[Any]:
        """Return one formula in pieces, [reference B3], in brackets if its precedence is less than `needed` (1 to 8).

        `index` may be one of the shape to which the leaf is broadcast.
        """
        one = self.element(index)
        return one.tokens() if one.precedence >= needed else ["(", *one.tokens(), ")"]

    def single(self, home: str) -> str:
        """Return the text of a leaf of shape (), as the sheet `home` holds it: 'B3'."""
        return str(self.column(home)[()])

    def write(self, out: Writer) -> None:
        out.take(self, COMPARISON)

    def write_operand(self, out: Writer, needed: int) -> None:
        out.take(self, needed)

    def write_after_minus(self, out: Writer) -> None:
        # The sign would belong to the base of a power, were there no brackets and no factor.
        if self.begins_with_power and self.precedence != POWER:
            out.say("1*")
        out.take(self, ATOM if self.begins_with_power and self.precedence == POWER else PRODUCT)


class Single(Leaf):
    """A leaf that is one formula of one token, of shape (): a constant, a name, or a reference to B3."""

    def __init__(self, token: Any) -> None:
        self.token = token

    @property
    def precedences(self) -> int:
        return self.precedence

    def column(self, home: str) -> np.ndarray:
        return np.asarray(self.single(home), dtype=object)

    def element(self, index: Index = ()) -> Self:
        return self

    def tokens(self, index: Index = ()) -> list[Any]:
        return [self.token]


class Constant(Single):
    """A number, a name, or a str that formulas hold as it is: 0.5, Name('rate'), '"right"' for the text "right"."""

    def __init__(self, token: str | float | HasText) -> None:
        super().__init__(token)
        self._text = number(token) if isinstance(token, float) else token if isinstance(token, str) else token.text
        self.precedence = NEGATED if isinstance(token, float) and token < 0 else ATOM

    @property
    def vanishes(self) -> bool:
        return self._text == "0"

    def single(self, home: str) -> str:
        return self._text


class NumberArray(Leaf):
    """Numbers, one in each formula: ['1', '2'] of np.array([1.0, 2.0])."""

    def __init__(self, values: np.ndarray) -> None:
        self.numbers, self.shape = values, values.shape
        self.precedence = NEGATED if (values < 0).any() else ATOM

    def column(self, home: str) -> np.ndarray:
        return np.asarray(np.frompyfunc(number, 1, 1)(self.numbers), dtype=object)

    def own_element(self, index: Index) -> Expression:
        return Constant(float(self.numbers[index]))


def as_expression(item: OperandLike) -> Expression:
    """Return an operand, a number, a text or an array as an expression: np.array([1.0, 2.0]) as '1', '2'.

    Example:
        >>> as_expression(0.5).text("Sheet1"), as_expression("a").text("Sheet1")
        ('0.5', '"a"')
    """
    if isinstance(item, Expression):
        return item
    if isinstance(item, Operand):
        return item.cells
    if isinstance(item, str):
        return Constant(literal(item))
    if isinstance(item, np.ndarray) and item.ndim:
        return NumberArray(item)
    value = float(item)
    return Negated(Constant(-value)) if value < 0 else Constant(value)


def total(terms: Iterable[OperandLike]) -> Expression:
    """Return the sum of the terms, without brackets around sums among them; '0' if there are none.

    Example:
        >>> from excel_export.formulas.reference import Reference
        >>> a1, b1 = Reference("Sheet1", 1, 1), Reference("Sheet1", 1, 2)
        >>> total([a1, -b1, total([a1, 3])]).text("Sheet1"), total([]).text("Sheet1")
        ('A1-B1+A1+3', '0')
    """
    signed: list[tuple[bool, Expression]] = []
    for term in map(as_expression, terms):
        if isinstance(term, Total):
            signed += term.terms
        else:
            signed.append((True, term.operand) if isinstance(term, Negated) else (False, term))
    if not signed:
        return as_expression(0)
    if len(signed) == 1:
        [(negative, term)] = signed
        return Negated(term) if negative else term
    return Total(signed)


def negated(item: OperandLike) -> Expression:
    """Return minus an operand, without doubling the sign: '-A1' for A1, and 'A1' for -A1."""
    operand = as_expression(item)
    return operand.operand if isinstance(operand, Negated) else Negated(operand)


def joined(*parts: OperandLike) -> Expression:
    """Return texts joined by &: '"x = "&A1' of 'x = ' and the cell A1."""
    first, *rest = map(as_expression, parts)
    result = first
    for part in rest:
        result = Infix("&", JOIN, result, part, tighter=JOIN)
    return result


def equal(left: OperandLike, right: OperandLike) -> Expression:
    """Return the formula of left = right, 'A1=2', which is TRUE or FALSE; == compares Python objects."""
    return _compared(left, "=", right)


def unequal(left: OperandLike, right: OperandLike) -> Expression:
    """Return the formula of left <> right, 'A1<>2', which is TRUE or FALSE."""
    return _compared(left, "<>", right)


def call(function: str, *arguments: OperandLike) -> Expression:
    """Return a call of a spreadsheet function.

    Example:
        >>> call("MAX", 0, 2.5).text("Sheet1")
        'MAX(0,2.5)'
    """
    return FunctionCall(function, [as_expression(item) for item in arguments])


def _compared(left: OperandLike, sign: str, right: OperandLike) -> Expression:
    return Infix(sign, COMPARISON, as_expression(left), as_expression(right), tighter=JOIN)


def _product(left: OperandLike, right: OperandLike, divide: bool = False) -> Expression:
    # A minus sign moves to the front: a · −b is −a · b.
    one, two = as_expression(left), as_expression(right)
    negative = isinstance(one, Negated) != isinstance(two, Negated)
    one, two = (item.operand if isinstance(item, Negated) else item for item in (one, two))
    result = Infix("/" if divide else "*", PRODUCT, one, two, tighter=POWER if divide else PRODUCT)
    return Negated(result) if negative else result


class Infix(Expression):
    """Two operands with a sign between them, such as A1*B1 or A1<=2; made by Python's operators, a1 * b1.

    `precedence` is that of the sign, 4 for /; `tighter` the least of a right operand without brackets, 5: A1/(B1*C1).
    """

    def __init__(self, sign: str, precedence: int, left: Expression, right: Expression, tighter: int) -> None:
        self.sign, self.precedence, self.left, self.right, self.tighter = sign, precedence, left, right, tighter
        self.shape = left.shape if left.shape == right.shape else _broadcast((left.shape, right.shape))
        self.begins_with_power = sign == "^" or (precedence == PRODUCT and left.begins_with_power)

    def of_parts(self, change: Callable[[Expression], Expression]) -> Expression:
        return Infix(self.sign, self.precedence, change(self.left), change(self.right), self.tighter)

    @property
    def vanishes(self) -> bool:
        return self.precedence == PRODUCT and self.left.vanishes

    def write(self, out: Writer) -> None:
        self.left.write_operand(out, ATOM if self.sign == "^" else self.precedence)
        out.say(self.sign)
        self.right.write_operand(out, self.tighter)

    def write_after_minus(self, out: Writer) -> None:
        # A power in brackets, as -x^2 is the square of -x; in a product only the power: ironcalc forgets the brackets
        # of -(x^2*y).
        if self.precedence == PRODUCT:
            self.left.write_after_minus(out)
            out.say(self.sign)
            self.right.write_operand(out, self.tighter)
        else:
            self.write_operand(out, ATOM)


class Negated(Expression):
    """Minus an operand: -A1, or -(A1+B1)."""

    def __init__(self, operand: Expression) -> None:
        self.operand, self.shape = operand, operand.shape
        # What is no product is in brackets.
        self.precedence = PRODUCT if operand.precedence == PRODUCT else NEGATED

    def of_parts(self, change: Callable[[Expression], Expression]) -> Expression:
        return Negated(change(self.operand))

    @property
    def vanishes(self) -> bool:
        return self.operand.vanishes

    def write(self, out: Writer) -> None:
        out.say("-")
        self.operand.write_after_minus(out)


class Total(Expression):
    """A sum of two terms or more, each added or subtracted: A1-B1 has the `terms` [(False, A1), (True, B1)]."""

    precedence = SUM

    def __init__(self, terms: list[tuple[bool, Expression]]) -> None:
        self.terms = terms
        self.shape = _broadcast([term.shape for _, term in terms])

    def of_parts(self, change: Callable[[Expression], Expression]) -> Expression:
        return Total([(negative, change(term)) for negative, term in self.terms])

    @property
    def vanishes(self) -> bool:
        return all(term.vanishes for _, term in self.terms)

    def write(self, out: Writer) -> None:
        for k, (negative, term) in enumerate(self.terms):
            if negative or k:
                out.say("-" if negative else "+")
            if negative and not k:
                term.write_after_minus(out)
            else:
                term.write_operand(out, PRODUCT if negative else SUM)


class FunctionCall(Expression):
    """A spreadsheet function with its arguments: FunctionCall('MAX', [0, A1]) is MAX(0,A1)."""

    def __init__(self, function: str, arguments: list[Expression]) -> None:
        self.function, self.arguments = function, arguments
        self.shape = _broadcast([item.shape for item in arguments])

    def of_parts(self, change: Callable[[Expression], Expression]) -> Expression:
        return FunctionCall(self.function, [*map(change, self.arguments)])

    def write(self, out: Writer) -> None:
        out.call(self.function, self.arguments)


class Rearranged(Leaf):
    """Formulas of other expressions in another order or shape: 'B4', 'B3' of B3, B4, as x.flip(0), x.T or cat give.

    Rearranged((x,), np.transpose) is x.T: the function does to an array what is done to the formulas.
    """

    def __init__(self, parts: Sequence[Expression], move: Callable[..., np.ndarray]) -> None:
        """Take expressions, and a function of one array of any type for each: lambda a, b: np.concatenate((a, b))."""
        self.parts, self._move = parts, move
        self.shape = move(*(np.empty(part.shape, dtype=np.bool_) for part in parts)).shape
        self.precedence = min((part.precedence for part in parts), default=ATOM)
        self.begins_with_power = any(part.begins_with_power for part in parts)

    @property
    def precedences(self) -> int | np.ndarray:
        if self.precedence == ATOM:
            return ATOM
        return self._move(*(np.broadcast_to(part.precedences, part.shape) for part in self.parts))

    def column(self, home: str) -> np.ndarray:
        # A single element that NumPy picks is a text and no array.
        return np.asarray(self._move(*(part.texts(home) for part in self.parts)), dtype=object)

    def own_element(self, index: Index) -> Expression:
        part, place = self.origin(index)
        return part.element(place)

    def origin(self, index: Index) -> tuple[Expression, Index]:
        """Return whose formula stands at `index`, and its index there: (x, (1, 2)) at (2, 1) of x.T."""
        found = int(self._moved[index])
        which = bisect_right(self._ends, found)
        part = self.parts[which]
        return part, writing.unravelled(found - (self._ends[which - 1] if which else 0), part.shape)

    def origins(self, numbers: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return where formulas come from, by their numbers from 0 on: [0, 1] of x.flip(0) are ([0, 0], [1, 0]).

        Returns:
            The number of the expression, and the number of the formula there, two arrays like `numbers`.
        """
        found = self._moved.reshape(-1)[numbers]
        parts = np.searchsorted(self._ends, found, side="right")
        return parts, found - np.array([0, *self._ends])[parts]

    @cached_property
    def _ends(self) -> list[int]:
        return list(accumulate(math.prod(part.shape) for part in self.parts))

    @cached_property
    def _moved(self) -> np.ndarray:
        """The numbers of all formulas, counted through all parts from 0 on, at their new places."""
        numbers = np.split(np.arange(self._ends[-1]), self._ends[:-1])
        return self._move(*(own.reshape(part.shape) for own, part in zip(numbers, self.parts, strict=True)))


rearranged = Rearranged


def _broadcast(shapes: Sequence[tuple[int, ...]]) -> tuple[int, ...]:
    # Most have the same, or none: asking NumPy would take most of the time of making an expression.
    found: tuple[int, ...] = ()
    for shape in shapes:
        if shape and shape != found:
            if found:
                return np.broadcast_shapes(*shapes)
            found = shape
    return found
