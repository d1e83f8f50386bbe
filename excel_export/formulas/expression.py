"""Formulas as values: an expression knows how tightly it binds, so it writes the brackets that it needs and no others.

An expression stands for one formula, or for the formulas of a whole tensor, one for each element: `w * x + b` is a
single tree whatever the shapes, with NumPy's broadcasting. Where it is written down, its sheet is known: a reference
to a cell of that sheet does not name it.

Operations make expressions of operands, and expressions are operands: so both stand in this one file.

What may stand in a formula is an `Operand`: a reference, a tensor, a grid, an expression. Beside operands, plain
numbers are constants and plain strings are texts.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from itertools import accumulate
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from excel_export.formulas import writing
from excel_export.formulas.literals import literal, number
from excel_export.formulas.writing import ATOM, COMPARISON, JOIN, NEGATED, POWER, PRODUCT, SUM, Index, Token, Writer

if TYPE_CHECKING:
    from excel_export.formulas.reference import Name


class Operand:
    """Something that can stand in a formula."""

    # NumPy leaves arithmetic with its arrays to the operand.
    __array_ufunc__ = None

    @property
    def cells(self) -> Expression:
        """The expression of it."""
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


class Expression(Operand):
    """The formulas of a tensor of a shape; of a single formula, which has the shape ()."""

    shape: tuple[int, ...] = ()
    precedence: int = ATOM
    """How tightly the loosest of its formulas binds."""
    begins_with_power: bool = False
    """Whether any of its formulas begins with a power: a minus sign before it would belong to the base."""

    @property
    def precedences(self) -> int | np.ndarray:
        """How tightly each formula binds, where they differ."""
        return self.precedence

    @property
    def cells(self) -> Expression:
        """Itself."""
        return self

    def write(self, out: Writer) -> None:
        """Write it as text and as leaves, from left to right."""
        raise NotImplementedError

    def write_operand(self, out: Writer, needed: int) -> None:
        """Write it as part of another formula, in brackets where it binds more loosely than is needed."""
        if self.precedence >= needed:
            self.write(out)
        else:
            out.say("(")
            self.write(out)
            out.say(")")

    def write_after_minus(self, out: Writer) -> None:
        """Write it behind a minus sign."""
        self.write_operand(out, PRODUCT)

    @property
    def vanishes(self) -> bool:
        """True for 0, and for a product that is written with a factor 0."""
        return False

    def texts(self, home: str) -> np.ndarray:
        """Write every formula, without its '=', as they stand on the sheet `home`: an object array."""
        writer = writing.TemplateWriter(home)
        self.write(writer)
        return writer.filled(self.shape)

    def text(self, home: str) -> str:
        """Write a single formula, without its '='."""
        writer = writing.TemplateWriter(home)
        self.write(writer)
        return writer.single()

    def tokens(self, index: Index = ()) -> list[Token]:
        """Return the formula of one element as its pieces: texts and references."""
        tokens: list[Token] = []
        for leaf, piece in self.template:
            if leaf is None:
                tokens.append(piece)
            else:
                tokens += leaf.tokens_in(index, piece)
        return tokens

    @cached_property
    def template(self) -> list[writing.Piece]:
        """The pieces of every formula of this expression; only the leaves differ from element to element."""
        writer = writing.ElementWriter()
        self.write(writer)
        return writer.pieces

    def element(self, index: Index = ()) -> Expression:
        """The formula of one element as an expression of its own, in which no tensor is left.

        `index` may be that of a tensor to whose shape this one is broadcast.
        """
        return self.of_parts(lambda part: part.element(index))

    def of_parts(self, change: Callable[[Expression], Expression]) -> Expression:
        """Return the operation with changed operands."""
        raise NotImplementedError

    def reshape(self, *shape: int) -> Expression:
        """Put the formulas into another shape, in reading order."""
        return Rearranged((self,), lambda texts: texts.reshape(shape))

    @property
    def T(self) -> Expression:
        """The formulas with their dimensions in the opposite order."""
        return Rearranged((self,), np.transpose)

    @property
    def swapped(self) -> Expression:
        """The formulas with their last two dimensions in the opposite order."""
        return Rearranged((self,), lambda texts: texts.swapaxes(-1, -2))

    def broadcast_to(self, shape: Sequence[int]) -> Expression:
        """The formulas repeated along dimensions of size 1."""
        return Rearranged((self,), lambda texts: np.broadcast_to(texts, shape))

    def in_shape(self, shape: tuple[int, ...]) -> Expression:
        """The formulas in a shape, which is theirs, or what broadcasting makes of it."""
        return self if self.shape == shape else self.broadcast_to(shape)

    def __getitem__(self, index: Any) -> Expression:
        """Some of the formulas, chosen as NumPy chooses elements."""
        # An array of no dimension: a bare element would have lost its type.
        return Rearranged((self,), lambda texts: np.asarray(texts[index], dtype=texts.dtype))


class Leaf(Expression):
    """An expression that is no operation on others: a constant, a name, references, or formulas made one by one."""

    @property
    def precedences(self) -> int | np.ndarray:
        binds = [self.element(index).precedence for index in np.ndindex(self.shape)]
        return np.array(binds, dtype=int).reshape(self.shape)

    def column(self, home: str) -> np.ndarray:
        """Return the text of each formula, an object array of its shape."""
        raise NotImplementedError

    def element(self, index: Index = ()) -> Expression:
        return self.own_element(writing.own_index(index, self.shape))

    def own_element(self, index: Index) -> Expression:
        """The formula of one element as an expression of its own."""
        raise NotImplementedError

    def tokens_in(self, index: Index, needed: int) -> list[Token]:
        """Return one formula as its pieces, in brackets where it binds more loosely than is needed."""
        one = self.element(index)
        return one.tokens() if one.precedence >= needed else ["(", *one.tokens(), ")"]

    def single(self, home: str) -> str:
        """Return the text of a leaf that is a single formula."""
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
    """A leaf that is a single formula, of one piece."""

    def __init__(self, token: Token) -> None:
        self.token = token

    @property
    def precedences(self) -> int:
        return self.precedence

    def column(self, home: str) -> np.ndarray:
        return np.asarray(self.single(home), dtype=object)

    def element(self, index: Index = ()) -> Self:
        return self

    def tokens(self, index: Index = ()) -> list[Token]:
        return [self.token]


class Constant(Single):
    """What is the same everywhere: a number, a name, a literal."""

    def __init__(self, token: str | float | Name) -> None:
        super().__init__(token)
        self._text = number(token) if isinstance(token, float) else token if isinstance(token, str) else token.text
        self.precedence = NEGATED if isinstance(token, float) and token < 0 else ATOM

    @property
    def vanishes(self) -> bool:
        return self._text == "0"

    def single(self, home: str) -> str:
        return self._text


class NumberArray(Leaf):
    """A number of its own in each formula."""

    def __init__(self, values: np.ndarray) -> None:
        self.numbers, self.shape = values, values.shape
        self.precedence = NEGATED if (values < 0).any() else ATOM

    def column(self, home: str) -> np.ndarray:
        return np.asarray(np.frompyfunc(number, 1, 1)(self.numbers), dtype=object)

    def own_element(self, index: Index) -> Expression:
        return Constant(float(self.numbers[index]))


def as_expression(item: OperandLike) -> Expression:
    """Return what may stand in a formula as an expression: a number is a constant, a string a text."""
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
    """The sum of the terms; 0 where there are none."""
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
    """Minus the operand."""
    operand = as_expression(item)
    return operand.operand if isinstance(operand, Negated) else Negated(operand)


def joined(*parts: OperandLike) -> Expression:
    """The texts one after another: a & b."""
    first, *rest = map(as_expression, parts)
    result = first
    for part in rest:
        result = Infix("&", JOIN, result, part, tighter=JOIN)
    return result


def equal(left: OperandLike, right: OperandLike) -> Expression:
    """Whether two operands are equal."""
    return _compared(left, "=", right)


def unequal(left: OperandLike, right: OperandLike) -> Expression:
    """Whether two operands differ."""
    return _compared(left, "<>", right)


def call(function: str, *arguments: OperandLike) -> Expression:
    """A spreadsheet function of its arguments."""
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
    """Two operands with a sign between them, read from left to right."""

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
    """Minus an operand."""

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
    """A sum of two terms or more, each added or taken away."""

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
    """A function of its arguments."""

    def __init__(self, function: str, arguments: list[Expression]) -> None:
        self.function, self.arguments = function, arguments
        self.shape = _broadcast([item.shape for item in arguments])

    def of_parts(self, change: Callable[[Expression], Expression]) -> Expression:
        return FunctionCall(self.function, [*map(change, self.arguments)])

    def write(self, out: Writer) -> None:
        out.call(self.function, self.arguments)


class Rearranged(Leaf):
    """The formulas of other expressions at other places."""

    def __init__(self, parts: Sequence[Expression], move: Callable[..., np.ndarray]) -> None:
        """Take the expressions, and what makes of an array of the shape of each, of any type, one of their elements."""
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
        """Return the part that the formula at `index` comes from, and its index there."""
        found = int(self._moved[index])
        which = bisect_right(self._ends, found)
        part = self.parts[which]
        return part, writing.unravelled(found - (self._ends[which - 1] if which else 0), part.shape)

    def origins(self, numbers: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return of formulas, by their numbers in reading order, the parts they come from and their numbers there."""
        found = self._moved.reshape(-1)[numbers]
        parts = np.searchsorted(self._ends, found, side="right")
        return parts, found - np.array([0, *self._ends])[parts]

    @cached_property
    def _ends(self) -> list[int]:
        return list(accumulate(math.prod(part.shape) for part in self.parts))

    @cached_property
    def _moved(self) -> np.ndarray:
        """The running numbers of the parts' formulas, moved."""
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
