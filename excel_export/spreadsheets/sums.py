"""Many products as one short sum: those along a row or a column become SUMPRODUCT, or SUM."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from excel_export.spreadsheets.products import Product, product
from excel_export.spreadsheets.syntax import PRECEDENCE, SIGN, Call, Cell, Node, Range, written_and_binding

FEWEST = 3


def added(products: Iterable[Product], home: str) -> list[Product]:
    """The products of a sum on the sheet `home`, as few as may be."""
    found: list[Product] = []
    runs: list[list[Product]] = []
    for one in products:
        if not 1 <= len(one.cells) <= 2:
            found.append(one)
            continue
        for run in reversed(runs):
            if run[0].negative == one.negative and _goes_on(run, one.cells):
                run.append(one)
                break
        else:
            runs.append([one])
    for run in runs:
        found += run if len(run) < FEWEST else [_whole(run, home)]
    return found


def total(products: Sequence[Product]) -> str:
    """The sum of products."""
    if not products:
        return "0"
    # A sum that begins without a sign is easier to read.
    first, *others = sorted(products, key=lambda one: one.negative)
    start = "-" + first.inside(SIGN) if first.negative else first.text
    return start + "".join(["+-"[one.negative] + one.inside(PRECEDENCE["*"]) for one in others])


def _step(one: Cell, other: Cell) -> tuple[int, int] | None:
    return (other.row - one.row, other.col - one.col) if one.sheet == other.sheet else None


def _goes_on(run: Sequence[Product], cells: tuple[Cell, ...]) -> bool:
    """Whether cells are the next ones of a run: all by one down, or all by one to the right, or one stays."""
    if len(cells) != len(run[0].cells):
        return False
    steps = [_step(last, now) for last, now in zip(run[-1].cells, cells, strict=True)]
    if len(run) > 1 and steps != [_step(a, b) for a, b in zip(run[-2].cells, run[-1].cells, strict=True)]:
        return False
    moving = {step for step in steps if step != (0, 0)}
    return moving in ({(1, 0)}, {(0, 1)})


def _whole(run: Sequence[Product], home: str) -> Product:
    ranges: list[Node] = []
    fixed: list[Node] = []
    for first, last in zip(run[0].cells, run[-1].cells, strict=True):
        if first == last:
            fixed.append(first)
        else:
            ranges.append(Range(Cell(*first.place), Cell(*last.place)))
    whole: Node = Call("SUM" if len(ranges) == 1 else "SUMPRODUCT", tuple(ranges))
    return Product(run[0].negative, *written_and_binding(product([*fixed, whole]), home))
