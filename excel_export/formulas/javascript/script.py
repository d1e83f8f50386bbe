"""JavaScript that computes tensors: their loops in an order in which each array is computed before it is read."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby, product
from typing import TypeVar

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from excel_export.formulas import Expression
from excel_export.formulas.javascript.columns import Box, LoopColumn, boxes, table_text
from excel_export.formulas.javascript.loops import Loop, Products, Read, loops_of

T = TypeVar("T")
Element = tuple[str, int]
SINGLE = Box((1,))


class Script:
    """Functions of JavaScript that compute tensors: str(script) is their text.

    After compute('f', {'b': 2 * a}), calling f() in JavaScript fills the array b.
    """

    def __init__(self) -> None:
        self._tables: dict[str, str] = {}
        self._products: dict[Products, str] = {}
        self._functions: dict[str, list[str]] = {}

    def compute(self, name: str, formulas: Mapping[str, Expression], *, in_place: bool = False) -> None:
        """Add a function that computes arrays: f() with for(let i0=0;i0<2;i0++)b[i0]=a[3*i0]*2.

        Args:
            name: the function's name: 'f'.
            formulas: the formulas of each array, by the array's name: {'b': 2 * a}.
            in_place: False to compute each array before it is read. True to keep the order of `formulas`; an element
                may then read the number that it held before.
        """
        loops = {array: loops_of(each, each.shape) for array, each in formulas.items()}
        shapes = {array: each.shape for array, each in formulas.items()}
        ordered = _ordered(loops) if not in_place else ((array, loop) for array in loops for loop in loops[array])
        self._functions[name] = [self._statement(array, loop, shapes[array]) for array, loop in ordered]

    def expression(self, loop: Loop, box: Box = SINGLE) -> str:
        """Return a loop's formula in JavaScript: 'a[3*i0]*2' for three elements with Box((3,)), 'a[3]*2' for one.

        `box` has the sizes of the nested loops, i0, i1, …, over all elements; the default is for a single element.
        """
        return "".join(self._piece(each, box) for each in loop.pieces)

    def __str__(self) -> str:
        lines = [f"const {name}={text};" for text, name in self._tables.items()]
        lines += [_products_text(name, products) for products, name in self._products.items()]
        for name, statements in self._functions.items():
            # An engine compiles short functions well.
            parts = [statements[k : k + 20] for k in range(0, len(statements), 20)]
            for number, part in enumerate(parts):
                lines += [f"function {name}_{number}(){{", *part, "}"]
            lines.append(f"function {name}(){{{''.join(f'{name}_{number}();' for number in range(len(parts)))}}}")
        return "\n".join(lines)

    def _statement(self, array: str, loop: Loop, shape: Sequence[int]) -> str:
        target = LoopColumn(loop.elements, is_place=True)
        columns = [target, *(each for each in loop.pieces if isinstance(each, LoopColumn))]
        box = min(boxes(loop.elements, shape), key=lambda box: _cost(box, columns))
        text = f"{array}[{box.expressed(target, self._table)}]={self.expression(loop, box)}"
        if len(loop.elements) == 1:
            return f"{text};"
        return "".join(
            f"for(let {index}=0;{index}<{size};{index}++)" for index, size in zip(box.indices, box.sizes, strict=True)
        ) + f"{text};"  # fmt: skip

    def _piece(self, piece: str | LoopColumn | Products, box: Box) -> str:
        if isinstance(piece, Products):
            return self._products.setdefault(piece, f"p{len(self._products)}")
        return box.expressed(piece, self._table) if isinstance(piece, LoopColumn) else piece

    def _table(self, values: np.ndarray) -> str:
        return self._tables.setdefault(table_text(values), f"k{len(self._tables)}")


def _cost(box: Box, columns: Sequence[LoopColumn]) -> int:
    length = 0

    def table(values: np.ndarray) -> str:
        nonlocal length
        length += len(table_text(values))
        return "k0"

    return sum(len(box.expressed(column, table)) for column in columns) + length + 22 * len(box.sizes)


def _products_text(name: str, products: Products) -> str:
    places = range(len(products.left))
    sizes = "".join(f",n{k}" for k in places)
    loops = "".join(f"for(let x{k}=0;x{k}<n{k};x{k}++)" for k in places)
    left, right = (
        "".join(f"+{step}*x{k}" if step != 1 else f"+x{k}" for k, step in enumerate(steps) if step)
        for steps in products
    )
    return f"function {name}(a,i,b,j{sizes}){{let s=0;{loops}s+=a[i{left}]*b[j{right}];return s}}"


def _components(reads: Mapping[T, Sequence[T]]) -> list[list[T]]:
    """Return all names in groups, each after the names that it reads; only names that read each other share a group.

    Args:
        reads: the names that each name reads; all of them are among its keys.
    """
    names = list(reads)
    numbers = {name: k for k, name in enumerate(names)}
    pairs = [(numbers[name], numbers[other]) for name, each in reads.items() for other in each]
    rows, columns = np.array(pairs, np.int32).reshape(-1, 2).T  # SciPy 1.11 takes no other integers here
    graph = csr_array(([True] * len(pairs), (rows, columns)), shape=(len(names), len(names)))
    count, labels = connected_components(graph, connection="strong")
    groups: list[list[T]] = [[] for _ in range(count)]
    for name, label in zip(names, labels, strict=True):
        groups[label].append(name)
    needs: list[set[int]] = [set() for _ in range(count)]
    for one, other in pairs:
        if labels[one] != labels[other]:
            needs[labels[one]].add(int(labels[other]))
    done: dict[int, None] = {}
    for start in map(int, labels):
        way = [start]
        while way:
            missing = next((each for each in needs[way[-1]] if each not in done), None)
            if missing is None:
                done.setdefault(way.pop())
            else:
                needs[way[-1]].discard(missing)
                way.append(missing)
    return [groups[label] for label in done]


def _ordered(loops: Mapping[str, Sequence[Loop]]) -> Iterator[tuple[str, Loop]]:
    reads = {
        array: [name for name in dict.fromkeys(read.array for loop in each for read in loop.reads) if name in loops]
        for array, each in loops.items()
    }
    for component in _components(reads):
        if len(component) > 1 or component[0] in reads[component[0]]:
            yield from _by_elements({array: loops[array] for array in component})
        else:
            yield from ((component[0], loop) for loop in loops[component[0]])


def _by_elements(loops: Mapping[str, Sequence[Loop]]) -> Iterator[tuple[str, Loop]]:
    made = {
        (array, element): (array, k, place)
        for array, each in loops.items()
        for k, loop in enumerate(each)
        for place, element in enumerate(loop.elements.tolist())
    }
    reads: dict[Element, list[Element]] = defaultdict(list)
    for array, each in loops.items():
        for loop in each:
            for read in loop.reads:
                if read.array in loops:
                    for place, element in enumerate(loop.elements.tolist()):
                        reads[array, element] += [(read.array, other) for other in _elements(read, place)]
    order = [made[element] for component in _components({each: reads[each] for each in made}) for element in component]
    depth: dict[Element, int] = {}
    for array, k, place in order:
        element = array, int(loops[array][k].elements[place])
        depth[element] = 1 + max((depth.get(other, 0) for other in reads[element]), default=0)
    order.sort(key=lambda each: (depth[each[0], int(loops[each[0]][each[1]].elements[each[2]])], each))
    for (array, k), places in groupby(order, key=lambda each: each[:2]):
        yield array, loops[array][k].part(np.array([place for *_, place in places]))


def _elements(read: Read, place: int) -> list[int]:
    steps = [range(0, int(size[place]) * stride, stride) if stride else (0,)
             for size, stride in zip(read.sizes, read.strides, strict=True)]  # fmt: skip
    return [int(read.first[place]) + sum(each) for each in product(*steps)]
