"""Parameters that a further block or sheet begins with: whether each is the one that the step before gave."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from excel_export.shared.a1_notation import Place
from excel_export.spreadsheets.findings import Finding, most
from excel_export.spreadsheets.graph import SpreadsheetGraph
from excel_export.spreadsheets.syntax import Cell, address
from excel_export.spreadsheets.updates import Update

Step = tuple[str, int, int]


def carried(graph: SpreadsheetGraph, updates: Sequence[Update]) -> Iterator[Finding]:
    """Yield the parameters that repeat another cell than those beside them, where what is meant is an update, too."""
    news = {update.new for update in updates}
    repeated: dict[Place, Place] = {}
    for update in updates:
        node = graph.formulas.get(update.old)
        if isinstance(node, Cell) and node.place in news:
            repeated[update.old] = node.place
    taken = {*repeated.values()}
    for axis in (1, 2):
        lines: dict[tuple[str | int, ...], list[Place]] = {}
        for at in repeated:
            lines.setdefault((at[0], at[axis]), []).append(at)
        for line in lines.values():
            usual = most([_step(at, repeated[at]) for at in line]) if len(line) > 2 else None
            for at in line if usual else ():
                meant = (usual[0], at[1] + usual[1], at[2] + usual[2])  # type: ignore[index]
                if repeated[at] != meant and meant in news - taken:
                    yield Finding(at, "parameter", f"begins from {address(repeated[at])}, not from {address(meant)}")


def _step(at: Place, other: Place) -> Step:
    return other[0], other[1] - at[1], other[2] - at[2]
