"""The cells of some elements of a tensor, as rectangles."""

import numpy as np

from excel_export.formulas import Grid, Reference


def rectangles(grid: Grid, chosen: np.ndarray) -> list[Reference]:
    """Return rectangles without overlap that together are the cells of the chosen elements of a grid, and no others.

    `chosen` has a truth value for each element, in the grid's shape; if all are False, the result is [].

    Example:
        >>> grid = Grid("Sheet1", 1, 1, (2, 2), (1, 0), (0, 1))
        >>> [area.area for area in rectangles(grid, np.array([[True, True], [True, False]]))]
        ['A1:B1', 'A2']
    """
    rows: dict[int, list[int]] = {}
    for row, col in sorted(zip(grid.rows[chosen].tolist(), grid.cols[chosen].tolist(), strict=True)):
        rows.setdefault(row, []).append(col)
    open_: dict[tuple[int, int], Reference] = {}
    done: list[Reference] = []
    for row, cols in rows.items():
        runs = np.split(np.asarray(cols), np.flatnonzero(np.diff(cols) > 1) + 1)
        before, open_ = open_, {}
        for run in runs:
            key = int(run[0]), len(run)
            above = before.pop(key, None)
            if above and above.row + above.height == row:
                open_[key] = Reference(grid.sheet, above.row, key[0], above.height + 1, key[1])
            else:
                open_[key] = Reference(grid.sheet, row, key[0], 1, key[1])
                done += [above] if above else []
        done += before.values()
    return [*done, *open_.values()]
