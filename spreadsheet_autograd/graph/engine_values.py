"""Compares our own numbers with those of a spreadsheet engine, cell by cell, before gradients are judged."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from excel_export.shared.a1_notation import Place
from spreadsheet_autograd.functions.range_functions import AS_ARRAYS
from spreadsheet_autograd.functions.scalar_functions import SCALAR
from spreadsheet_autograd.functions.values import CellError
from spreadsheet_autograd.graph.graph import SpreadsheetGraph
from spreadsheet_autograd.graph.tolerance import nearly_equal
from spreadsheet_autograd.language.syntax import Call, Node, Range, pieces

MOST_ROUNDS = 4
"""The most computations by the engine: formulas that read array formulas may be computed before these."""


def hold_against_an_engine(graph: SpreadsheetGraph) -> str:
    """Leave out the cells for which neither the engine IronCalc nor the file has the number that we compute.

    Returns:
        'ironcalc'; or 'the stored values' if this engine can't compute the workbook, and only the file's numbers are
        compared.
    """
    engine = engine_numbers(graph.contents.path, graph)
    cells = graph.contents.cells
    for at in graph.left_out:  # the file may have no number of RAND()
        if at in engine and cells[at].value is None:
            cells[at] = cells[at]._replace(value=engine[at])
    leave_out_what_differs(graph, engine)
    return "ironcalc" if engine else "the stored values"


def leave_out_what_differs(graph: SpreadsheetGraph, engine: Mapping[Place, float]) -> bool:
    """Leave out the cells for which neither the engine nor the file has our number: they keep the file's value.

    Args:
        graph: the workbook.
        engine: the engine's numbers, {('S', 1, 2): 6.0}; a cell that is missing is compared with the file's only.

    Returns:
        True if any cell was left out. Of cells that read each other, only the first is.
    """
    differing: list[Place] = []
    numbers = graph.numbers
    loose = graph.descendants_of_all({*graph.left_out}) if graph.left_out else set()  # the engine has another RAND()
    for at in graph.formulas:
        ours = numbers.get(at)
        if at[1] < 1 or at in loose or isinstance(ours, CellError) or not isinstance(ours, float):
            continue
        content = graph.contents.cells.get(at)
        stored = content.value if content and isinstance(content.value, float) else None
        others = [other for other in (engine.get(at), stored) if other is not None]
        if others and not any(nearly_equal(ours, other) for other in others):
            differing.append(at)
    # Cells that read a differing cell differ because of it: leave out only the first ones.
    wrong = set(differing)
    first = [at for at in differing if not any(other in wrong for other in graph.precedents(at))]
    if first:
        graph.leave_out(dict.fromkeys(first, "a spreadsheet engine has another value here"))
    return bool(first)


def engine_numbers(
    path: Path, graph: SpreadsheetGraph, further: Mapping[Place, str] | None = None
) -> dict[Place, float]:
    """Return the numbers that the engine IronCalc computes for a workbook, {('S', 1, 2): 6.0}; {} if the engine fails.

    Args:
        path: the workbook.
        graph: its formulas.
        further: further formulas as texts, by the cells that get them: {('S', 9, 2): 'A1*2'}; None for none.
    """
    from excel_export.workbook.contents import Cell

    beyond = {at: Cell(None, text, is_array=True) for at, text in _beyond(graph, further or {})}
    try:
        from excel_export.workbook.engine import Engine

        engine = Engine(str(path))
        for at, content in beyond.items():
            engine.put(at, content)
        # The engine may compute a cell before the array formula that it reads: repeat until nothing changes.
        for _ in range(MOST_ROUNDS if graph.arrays or beyond else 1):
            engine.evaluate()
    except (KeyboardInterrupt, SystemExit, MemoryError):
        raise
    except BaseException:  # a panic inside the engine is not an Exception
        return {}
    volatile = (at for at in graph.left_out if not graph.reads_left_out(at))
    known = (at for at in (*graph.formulas, *volatile, *(further or {})) if at[1] > 0 and at[0] in engine.sheets)
    return {at: number for at in known if (number := engine.number(at)) is not None}


def _beyond(graph: SpreadsheetGraph, further: Mapping[Place, str]) -> Iterator[tuple[Place, str]]:
    for at, node in graph.formulas.items():
        if at not in graph.arrays and _takes_ranges_one_by_one(node):
            yield at, graph.contents.cells[at].formula
    for at, text in further.items():
        parsed = graph.parsed(text, at) if any(f"{name}(" in text for name in AS_ARRAYS) else ""
        if not isinstance(parsed, str) and _takes_ranges_one_by_one(parsed):
            yield at, text


def _takes_ranges_one_by_one(node: Node) -> bool:
    """Return whether EXP, say, gets a range within SUMPRODUCT: the engine allows that in array formulas only."""
    wholes = (piece for piece in pieces(node) if isinstance(piece, Call) and piece.name in AS_ARRAYS)
    calls = (inner for whole in wholes for inner in pieces(whole) if isinstance(inner, Call) and inner.name in SCALAR)
    return any(isinstance(piece, Range) for call in calls for piece in pieces(call))
