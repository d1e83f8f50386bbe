"""Slopes of what is chosen: by criteria, by rank, by a key, by the first condition that is met."""

from __future__ import annotations

from spreadsheet_autograd.functions.finance_and_statistics import Items, items_of, written_with
from spreadsheet_autograd.language.algebra import ONE, ZERO, product_of
from spreadsheet_autograd.language.syntax import Binary, Call, Node, Number, Range


def call_of(name: str, *arguments: Node) -> Node:
    """A call of a function of Excel's."""
    return Call(name, arguments)


def nested(pairs: tuple[Node, ...]) -> Node:
    """IFS as IF inside IF."""
    rest: Node = nested(pairs[2:]) if len(pairs) > 2 else call_of("NA")
    return call_of("IF", pairs[0], pairs[1], rest)


def by_criteria(name: str, arguments: tuple[Node, ...]) -> Items:
    """What meets the criteria is added up: COUNTIF of one cell is 1 where it does."""
    if name in ("SUMIF", "AVERAGEIF"):
        summed, pairs = arguments[2] if len(arguments) > 2 else arguments[0], arguments[:2]
    else:
        summed, pairs = arguments[0], arguments[1:]
    share = [Binary("/", ONE, Call("COUNTIFS", pairs))] if name.startswith("AVERAGE") else []
    asked = [items_of(pairs[k]) for k in range(0, len(pairs), 2)]
    for k, item in enumerate(items_of(summed)):
        meets: list[Node] = [Call("COUNTIF", (cells[k], pairs[2 * n + 1])) for n, cells in enumerate(asked)]
        yield item, product_of([*meets, *share])


def by_rank(name: str, arguments: tuple[Node, ...], value: Node) -> Items:
    """The slopes of the k-th largest, or of the middle: numbers that are the same share it."""
    if name != "MEDIAN":
        for item in items_of(arguments[0]):
            same = written_with("IF(x=v,1/COUNTIF(r,v),0)", x=item, v=value, r=arguments[0])
            yield item, same
        return
    items = [item for each in arguments for item in items_of(each)]
    count = len(items)
    middle = [Call("SMALL", (*arguments, Number(float(k)))) for k in {(count + 1) // 2, count // 2 + 1}]
    for item in items:
        total: Node | None = None
        for each in middle:
            share = written_with(
                "IF(x=v,1/COUNTIF(r,v)/k,0)", x=item, v=each, r=arguments[0], k=Number(float(len(middle)))
            )
            total = share if total is None else Binary("+", total, share)
        if total is not None:
            yield item, total


def as_index(name: str, arguments: tuple[Node, ...]) -> Node | None:
    """A look-up as INDEX and MATCH; None where it looks in no range."""
    if name == "XLOOKUP":
        return call_of("INDEX", arguments[2], call_of("MATCH", arguments[0], arguments[1], ZERO))
    wanted, table, number, *kind = arguments
    if not isinstance(table, Range):
        return None
    rows, cols = table.shape
    first = table.first
    near: Node = call_of("IF", kind[0], ONE, ZERO) if kind else ONE
    if name == "VLOOKUP":
        keys = Range(first, first.moved(rows - 1, 0))
        return call_of("INDEX", table, call_of("MATCH", wanted, keys, near), number)
    keys = Range(first, first.moved(0, cols - 1))
    return call_of("INDEX", table, number, call_of("MATCH", wanted, keys, near))
