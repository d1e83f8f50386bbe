"""Walks through a graph of cells: what is reached from some, and circles."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from excel_export.shared.a1_notation import Place
from excel_export.shared.errors import ExportError

CIRCULAR = "depends on itself: a circular reference"


class CircularReference(ExportError):
    """A cell depends on itself."""

    def __init__(self, message: str, circle: list[Place]) -> None:
        super().__init__(message)
        self.circle = circle


def circle_of(begin: Place, reads: Callable[[Place], Iterable[Place]]) -> list[Place]:
    """A circle among the cells that lead to one, each of which reads the next."""
    path: list[Place] = []
    on_path: set[Place] = set()
    done: set[Place] = set()
    stack: list[tuple[Place, bool]] = [(begin, False)]
    while stack:
        at, is_left = stack.pop()
        if is_left:
            on_path.discard(path.pop())
            done.add(at)
        elif at in on_path:
            return path[path.index(at) :]
        elif at not in done:
            path.append(at)
            on_path.add(at)
            stack.append((at, True))
            stack += [(other, False) for other in reads(at)]
    return [begin]


def closing(circle: list[Place]) -> Place:
    """The cell that closes a circle: most cells read what stands above and left of them, and it doesn't."""
    cells = [at for at in circle if at[1] > 0]  # without the places of ranges and arrays

    def ahead(k: int) -> tuple[bool, int, int]:
        (sheet, row, col), other = cells[k], cells[(k + 1) % len(cells)]
        return other[0] == sheet, other[1] - row, other[2] - col

    return cells[max(range(len(cells)), key=ahead)]


def reached(
    begin_at: Iterable[Place],
    next_to: Callable[[Place], Iterable[Place]],
    cut: Iterable[Place],
    begin: Iterable[Place] = (),
) -> set[Place]:
    """Some cells and all that is reached from them; nothing beyond those in `cut`, unless one begins there."""
    ends = (cut if isinstance(cut, (set, frozenset, dict)) else set(cut)) or set()
    found, stack, own = set(begin_at), [*begin_at], set(begin)
    while stack:
        cell = stack.pop()
        if cell in ends and cell not in own:
            continue
        for other in next_to(cell):
            if other not in found:
                found.add(other)
                stack.append(other)
    return found
