"""Formulas made of formulas: sums and products, 1 − x, what is 1 where x > 0, and texts with formulas for names."""

from collections.abc import Iterable, Iterator, Sequence
from functools import cache, reduce

from spreadsheet_autograd.language.parser import parse
from spreadsheet_autograd.language.syntax import Binary, Call, Name, Node, Number, Unary, mapped

ZERO, ONE, TWO = Number(0.0), Number(1.0), Number(2.0)
MINUS_ONE = Unary("-", ONE)


def terms_of(node: Node, sign: int = 1) -> Iterator[tuple[int, Node]]:
    """Yield what is added up, each with its sign."""
    if isinstance(node, Binary) and node.operator in "+-":
        yield from terms_of(node.left, sign)
        yield from terms_of(node.right, sign if node.operator == "+" else -sign)
    elif isinstance(node, Unary) and node.operator in "+-":
        yield from terms_of(node.operand, sign if node.operator == "+" else -sign)
    else:
        yield sign, node


def factors_of(node: Node) -> list[Node]:
    """What is multiplied, and 1/x of what is divided by; a formula that is neither is its own only factor."""
    if isinstance(node, Binary) and node.operator in "*/":
        right = Binary("/", ONE, node.right)
        return [*factors_of(node.left), *(factors_of(node.right) if node.operator == "*" else [right])]
    return [node]


def times(left: Node, right: Node) -> Node:
    """A product; by 1/x it is a division."""
    if left == ONE or right == ONE:
        return left if right == ONE else right
    if isinstance(right, Binary) and right.operator == "/" and right.left == ONE:
        return Binary("/", left, right.right)
    return Binary("*", left, right)


def product_of(factors: Iterable[Node]) -> Node:
    """The product of some factors; 1 without any."""
    one: Node = ONE
    return reduce(times, factors, one)


def negative(node: Node) -> Node:
    """A formula with the other sign."""
    return node.operand if isinstance(node, Unary) and node.operator == "-" else Unary("-", node)


def one_less(x: Node) -> Node:
    """1 − x."""
    return Binary("-", ONE, x)


def of_one_less(node: Node) -> Node | None:
    """The x of 1 − x."""
    return node.right if isinstance(node, Binary) and node.operator == "-" and node.left == ONE else None


def square(x: Node) -> Node:
    """x²."""
    return Binary("^", x, TWO)


def mask_of(x: Node) -> Node:
    """1 where a number is above 0, else 0."""
    return Call("IF", (Binary(">", x, ZERO), ONE, ZERO))


def as_nested_if(name: str, arguments: Sequence[Node]) -> Node:
    """IFS, or SWITCH, as IF inside IF."""
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
    """A formula with nodes in the place of names."""
    return mapped(_parsed(text), lambda piece: names.get(piece.text, piece) if isinstance(piece, Name) else piece)


def call_of(name: str, *arguments: Node) -> Node:
    """A call of a function of Excel's."""
    return Call(name, arguments)
