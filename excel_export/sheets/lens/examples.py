"""The element that a step shows by itself: of a few, the one that is largest now."""

from __future__ import annotations

import numpy as np

from excel_export.formulas import ABS, IF, MATCH, MAX, Expression, Reference, equal
from excel_export.shared.infinity import NEVER
from excel_export.sheets.lens.codes import Codes
from excel_export.sheets.lens.desk import Desk
from excel_export.sheets.lens.elements import CANDIDATES
from excel_export.sheets.lens.recipes import Recipes


def largest(desk: Desk, recipes: Recipes, codes: Codes, view: Reference) -> list[Expression]:
    """Find the index of the candidate with the largest number; of the first, where a view does not follow numbers."""
    first = desk.cell("example: first candidate", recipes.views.look_up("candidates", view))
    code = desk.column("example: codes", recipes.candidates.look_up("code", first + np.arange(1, CANDIDATES + 1)))
    number = desk.column("example: numbers", codes.number(code))
    sizes = desk.column("example: sizes", IF(number <= NEVER, 0, ABS(number))).box.fixed
    best = IF(equal(recipes.views.look_up("live", view), 1), MATCH(MAX(sizes), sizes, 0), 1)
    row = desk.cell("example: row", first + best)
    return [recipes.candidates.look_up(f"index {k}", row) for k in range(recipes.rank)]
