"""Read a formula as a spreadsheet does, as a tree, and compute trees; none of the project's own code.

A tree is a number, a text, or a tuple: `("cell", "B3")`, `("-", tree)`, `("+", tree, tree)`, `("MAX", tree, …)`.

From loose to tight bind comparisons, &, + and -, * and /, ^, a minus sign before an operand (ECMA-376 part 1,
18.17.2.2); all read from left to right. Two ways of writing have no meaning here: Gnumeric reads a^b^c from right to
left, and a person reads -a^b as -(a^b), which no spreadsheet does.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_TOKEN = re.compile(
    r"""(?P<text>"(?:[^"]|"")*")
    |(?P<number>\d+(?:\.\d+)?(?:E[-+]\d+|E\d+)?(?![\w.]))
    |(?P<name>(?:'(?:[^']|'')+'!)?\$?[A-Za-z_][\w.]*(?:\$\d+)?(?::\$?[A-Z]+\$?\d+)?)
    |(?P<sign><=|>=|<>|[-+*/^&=<>(),])""",
    re.VERBOSE,
)
_LEVELS = (("=", "<>", "<", ">", "<=", ">="), ("&",), ("+", "-"), ("*", "/"))


class Unreadable(ValueError):
    """No formula, or one that is not read alike everywhere."""


def read(formula):
    """Return the tree of a formula."""
    tokens = list(_tokens(formula))
    tree = _chain(tokens, 0)
    if tokens:
        raise Unreadable(formula)
    return tree


def _tokens(formula: str) -> Iterator[tuple[str, str]]:
    at = 0
    while at < len(formula):
        match = _TOKEN.match(formula, at)
        if not match:
            raise Unreadable(formula)
        yield match.lastgroup, match[0]
        at = match.end()


def _take(tokens, *signs):
    """Take the next token if it is one of the signs."""
    if tokens and tokens[0][0] == "sign" and tokens[0][1] in signs:
        return tokens.pop(0)[1]
    return None


def _chain(tokens, level):
    if level == len(_LEVELS):
        return _power(tokens)
    tree = _chain(tokens, level + 1)
    while sign := _take(tokens, *_LEVELS[level]):
        tree = (sign, tree, _chain(tokens, level + 1))
    return tree


def _power(tokens):
    negative = bool(tokens) and tokens[0] == ("sign", "-")
    base = _signed(tokens)
    if not _take(tokens, "^"):
        return base
    if negative:
        raise Unreadable("-a^b")
    power = ("^", base, _signed(tokens))
    if _take(tokens, "^"):
        raise Unreadable("a^b^c")
    return power


def _signed(tokens):
    return ("-", _signed(tokens)) if _take(tokens, "-") else _operand(tokens)


def _operand(tokens):
    if not tokens:
        raise Unreadable("an operand is missing")
    kind, text = tokens.pop(0)
    if kind == "text":
        return text[1:-1].replace('""', '"')
    if kind == "number":
        return float(text)
    if kind == "name" and not _take(tokens, "("):
        return ("cell", text)
    if kind != "name" and text != "(":
        raise Unreadable(text)
    inside = [_chain(tokens, 0)]
    while kind == "name" and _take(tokens, ","):
        inside.append(_chain(tokens, 0))
    if not _take(tokens, ")"):
        raise Unreadable("a bracket is missing")
    return (text, *inside) if kind == "name" else inside[0]


def meaning(tree):
    """Return what is equal for two trees just if they mean the same.

    Minus signs move to the front of products, -1*a is -a, and chains are one, whatever is read first: a+(b+c), a*(b*c),
    a*(b/c) and a&(b&c) are a+b+c, a*b*c, a*b/c and a&b&c.
    """
    if not isinstance(tree, tuple) or tree[0] == "cell":
        return 1, tree
    kind, *parts = tree
    parts = [meaning(part) for part in parts]
    if kind == "-" and len(parts) == 1:
        [(sign, body)] = parts
        return -sign, body
    if kind in ("+", "-"):
        left, (sign, body) = parts
        return 1, ("sum", *_terms(left), *_terms((-sign if kind == "-" else sign, body)))
    if kind in ("*", "/"):
        (one, left), (two, right) = parts
        if (kind, one, left) == ("*", -1, 1.0):
            return -two, right
        return one * two, ("product", *_factors(left), *(_factors(right) if kind == "*" else [(-1, right)]))
    if kind == "&":
        return 1, ("&", *(item for part in parts for item in _joined(part)))
    return 1, (kind, *parts)


def _terms(part):
    sign, body = part
    return body[1:] if sign > 0 and isinstance(body, tuple) and body[0] == "sum" else [part]


def _factors(body):
    return body[1:] if isinstance(body, tuple) and body[0] == "product" else [(1, body)]


def _joined(part):
    sign, body = part
    return body[1:] if sign > 0 and isinstance(body, tuple) and body[0] == "&" else [part]


def brackets(formula: str) -> Iterator[tuple[int, int]]:
    """Yield where each pair of brackets stands that belongs to no function."""
    # Texts may hold brackets, too: they are blanked.
    bare = re.sub(r'"(?:[^"]|"")*"', lambda text: "_" * len(text[0]), formula)
    opened = []
    for at, sign in enumerate(bare):
        if sign == "(":
            opened.append(at)
        elif sign == ")":
            first = opened.pop()
            if not (first and re.match(r"\w", bare[first - 1])):
                yield first, at


def compute(tree, cells, largest=1e4, smallest=1e-6, margin=1e-6):
    """Return the number that a tree stands for.

    Raises ArithmeticError where it, or a number on the way, is none, is larger than `largest`, or is not 0 and nearer
    to it than `smallest`; and where a comparison hangs on the last digits.
    """
    if isinstance(tree, float):
        return tree
    if tree[0] == "cell":
        return cells[tree[1]]
    kind, *parts = tree
    if kind == "IF":
        (sign, one, two), yes, no = parts
        difference = compute(one, cells) - compute(two, cells)
        if abs(difference) < margin:
            raise ArithmeticError("a close decision")
        holds = {"<": difference < 0, "<=": difference < 0, ">": difference > 0, ">=": difference > 0}
        numbers = compute(yes, cells), compute(no, cells)
        return numbers[0] if (holds | {"=": False, "<>": True})[sign] else numbers[1]
    numbers = [compute(part, cells) for part in parts]
    if kind == "^" and numbers[0] < 0 and not _is_given(parts[1]):
        raise ArithmeticError("the last digits decide whether the exponent is a whole number")
    result = _FUNCTIONS[kind, len(numbers)](*numbers)
    if isinstance(result, complex) or abs(result) > largest or 0 < abs(result) < smallest:
        raise ArithmeticError("out of bounds")
    return result


def _is_given(tree):
    return isinstance(tree, float) or tree[0] == "cell" or (tree[0] == "-" and isinstance(tree[1], float))


def _power_of(base, exponent):
    power = base**exponent
    if base == exponent == 0 or (base and not power):
        raise ArithmeticError("engines differ on 0^0, and on powers that are too small for a double")
    return power


_FUNCTIONS = {
    ("-", 1): lambda a: -a,
    ("-", 2): lambda a, b: a - b,
    ("+", 2): lambda a, b: a + b,
    ("*", 2): lambda a, b: a * b,
    ("/", 2): lambda a, b: a / b,
    ("^", 2): _power_of,
    ("ABS", 1): abs,
    ("MAX", 2): max,
    ("MIN", 2): min,
}
