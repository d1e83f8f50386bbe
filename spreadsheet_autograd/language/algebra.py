"""Builds formulas as trees: sums, products, 1 − x, nested IFs, and texts with formulas in place of names."""

from collections.abc import Iterable, Iterator, Sequence
from functools import cache, reduce

from spreadsheet_autograd.language.parser import parse
from spreadsheet_autograd.language.syntax import Binary, Call, Name, Node, Number, Unary, mapped

ZERO, ONE, TWO = Number(0.0), Number(1.0), Number(2.0)
MINUS_ONE = Unary("-", ONE)


def terms_of(node: Node, sign: int = 1) -> Iterator[tuple[int, Node]]:
    """Yield the terms of a sum, each with its sign, 1 or -1; a formula that is no sum is its own only term.

    `sign` is the sign before the whole: -1 turns all signs.

    Example:
        >>> from spreadsheet_autograd.language.syntax import written
        >>> [(sign, written(term)) for sign, term in terms_of(parse("A1-(B1-2)", "Sheet1"), 1)]
        [(1, 'Sheet1!A1'), (-1, 'Sheet1!B1'), (1, '2')]
    """
    if isinstance(node, Binary) and node.operator in "+-":
        yield from terms_of(node.left, sign)
        yield from terms_of(node.right, sign if node.operator == "+" else -sign)
    elif isinstance(node, Unary) and node.operator in "+-":
        yield from terms_of(node.operand, sign if node.operator == "+" else -sign)
    else:
        yield sign, node


def factors_of(node: Node) -> list[Node]:
    """Return the factors of a product, with 1/x for a division by x; a formula that is no product is its only factor.

    Example:
        >>> from spreadsheet_autograd.language.syntax import written
        >>> [written(factor, "Sheet1") for factor in factors_of(parse("A1*B1/C1", "Sheet1"))]
        ['A1', 'B1', '1/C1']
    """
    if isinstance(node, Binary) and node.operator in "*/":
        right = Binary("/", ONE, node.right)
        return [*factors_of(node.left), *(factors_of(node.right) if node.operator == "*" else [right])]
    return [node]


def times(left: Node, right: Node) -> Node:
    """Return the product of two formulas, A1*B1; a factor 1 is left out, and A1 times 1/B1 is A1/B1."""
    if left == ONE or right == ONE:
        return left if right == ONE else right
    if isinstance(right, Binary) and right.operator == "/" and right.left == ONE:
        return Binary("/", left, right.right)
    return Binary("*", left, right)


def product_of(factors: Iterable[Node]) -> Node:
    """Return the product of formulas, A1*B1*C1; the number 1 if there are none."""
    one: Node = ONE
    return reduce(times, factors, one)


def negative(node: Node) -> Node:
    """Return the formula with the opposite sign: -A1 for A1, and A1 for -A1."""
    return node.operand if isinstance(node, Unary) and node.operator == "-" else Unary("-", node)


def one_less(x: Node) -> Node:
    """Return the formula 1-x."""
    return Binary("-", ONE, x)


def of_one_less(node: Node) -> Node | None:
    """Return x if the formula is 1-x, A1 for 1-A1; None for any other formula."""
    return node.right if isinstance(node, Binary) and node.operator == "-" and node.left == ONE else None


def square(x: Node) -> Node:
    """Return the formula x^2."""
    return Binary("^", x, TWO)


def mask_of(x: Node) -> Node:
    """Return the formula IF(x>0,1,0)."""
    return Call("IF", (Binary(">", x, ZERO), ONE, ZERO))


def as_nested_if(name: str, arguments: Sequence[Node]) -> Node:
    """Return a call of IFS or SWITCH with these arguments as IF inside IF.

    `name` is 'IFS' or 'SWITCH': SWITCH(x,1,b,c) becomes IF(x=1,b,c).

    Example:
        >>> from spreadsheet_autograd.language.syntax import written
        >>> a, b, c, d = (Name(letter) for letter in "abcd")
        >>> written(as_nested_if("IFS", [a, b, c, d]))
        'IF(a,b,IF(c,d,NA()))'
    """
    if name == "SWITCH":
        wanted, *cases = arguments
        last = len(cases) // 2 * 2
        tests = [Binary("=", wanted, each) if k < last and k % 2 == 0 else each for k, each in enumerate(cases)]
        return as_nested_if("IFS", tests)
    if len(arguments) < 2:
        return arguments[0] if arguments else Call("NA", ())
    return Call("IF", (arguments[0], arguments[1], as_nested_if(name, arguments[2:])))


@cache
def _parsed(text: str) -> Node:
    return parse(text, "")


def written_with(text: str, **names: Node) -> Node:
    """Parse a formula and replace names in it by formulas. Other names stay.

    Example:
        >>> from spreadsheet_autograd.language.syntax import Cell, written
        >>> written(written_with("x*(1-x)+y", x=Cell("Sheet1", 3, 2)), "Sheet1")
        'B3*(1-B3)+y'
    """
    return mapped(_parsed(text), lambda piece: names.get(piece.text, piece) if isinstance(piece, Name) else piece)


def call_of(name: str, *arguments: Node) -> Node:
    """Return the call of a spreadsheet function with these arguments: SUM(A1,B1) for 'SUM', A1 and B1."""
    return Call(name, arguments)
