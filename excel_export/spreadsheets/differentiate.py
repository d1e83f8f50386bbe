"""`differentiate`: a copy of one's own workbook with a mirror beside each sheet that leads to the loss."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from excel_export.shared.a1_notation import Place
from excel_export.shared.errors import ExportError
from excel_export.shared.files import write_atomically
from excel_export.spreadsheets.areas import cells_of
from excel_export.spreadsheets.engine_values import MOST_ROUNDS, leave_out_what_differs
from excel_export.spreadsheets.graph import SpreadsheetGraph
from excel_export.spreadsheets.labels import Labels
from excel_export.spreadsheets.mirror_sheets import with_mirrors
from excel_export.spreadsheets.mirrors import Mirror, mirrors
from excel_export.spreadsheets.read import read_contents
from excel_export.spreadsheets.syntax import address


def differentiate(source: Path, loss: str, target: Path) -> int:
    """Write a copy of a workbook in which each cell's derivative stands on a mirror of its sheet, at the same address.

    Args:
        source: the workbook, which stays as it is.
        loss: the cell that is differentiated, such as 'M7'.
        target: where to.

    Returns:
        How many derivatives there are.

    Raises:
        ExportError: the file can't be read or written; the loss is none; a cell that leads to it can't be computed.
    """
    if target.resolve() == source.resolve():
        raise ExportError(f"{target}: is the sheet itself; name another file with -o")
    contents = read_contents(source)
    graph = SpreadsheetGraph(contents)
    leave_out_what_differs(graph)
    at = cells_of(contents, loss)[0]
    found = mirrors(graph, at)
    name = Labels(contents).name(at) or address(at)
    zeros = dict.fromkeys(_places(found), 0.0)  # the engine complains of formulas without a value
    bare = with_mirrors(source, found, graph, address(at), name, zeros)
    values = _values(bare, found, MOST_ROUNDS if graph.arrays else 1)
    write_atomically(target, with_mirrors(source, found, graph, address(at), name, values))
    return sum(len(mirror.formulas) for mirror in found)


def _places(found: list[Mirror]) -> list[Place]:
    return [(mirror.name, *at) for mirror in found for at in (*mirror.formulas, *mirror.helpers)]


def _values(workbook: bytes, found: list[Mirror], rounds: int) -> dict[Place, float]:
    """What an engine gives for the mirrors' cells, so that previews show them; nothing where it breaks off."""
    from excel_export.grading.engine import Engine

    with TemporaryDirectory() as folder:
        path = Path(folder) / "mirrors.xlsx"
        path.write_bytes(workbook)
        try:
            engine = Engine(str(path))
            for _ in range(rounds):
                engine.evaluate()
        except (KeyboardInterrupt, SystemExit, MemoryError):
            raise
        except BaseException:  # a panic inside the engine is not an Exception
            return {}
        return {at: number for at in _places(found) if (number := engine.number(at)) is not None}
