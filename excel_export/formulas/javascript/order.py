"""What is made before what: the parts of a graph that depend on each other, in an order of computation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeVar

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

T = TypeVar("T")


def components(reads: Mapping[T, Sequence[T]]) -> list[list[T]]:
    """Return everything in groups, each behind all that it reads; only what reads each other is in one group.

    Args:
        reads: what each reads; all of it is among them.
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
