"""The tensors of a view in the page's slots: in the order in which the call reads them; the result is the last.

On the way back everything stays in its place: a gradient is computed beside the number whose gradient it is, and the
gradient that arrives is the last.
"""

from collections.abc import Sequence

from excel_export.formulas import Grid, Reference
from excel_export.formulas.analysis.chosen import Found, Matching
from excel_export.views.terms import Account, Owners, Term
from excel_export.views.views import LEFT, StepTensor, View


def slots(view: View, read: Sequence[Grid]) -> list[StepTensor]:
    """Return the tensors that the page shows for a view, from left to right: [x, w, b, y] for y = x·w + b.

    Backward, ∂L/∂x stands beside x, and the gradient that it is computed from last: [x, ∂L/∂x, w, ∂L/∂y]. There is room
    for four and the last; if there are more, those at the end of `read` are left out.

    Args:
        view: the view.
        read: the tensors that the shown element reads, the most important first, as `read_by` returns them.
    """
    companion, made = view.companion, view.tensor
    here, reaching = _in_view(view, read, LEFT - (companion is not None))
    # What is made stands beside the tensor whose gradient it is.
    filled = [each for one in here for each in ((one, made) if one is companion else (one,))] + reaching[1:]
    # What is given stands among what may be read, and nothing comes out.
    last = reaching[:1] if companion else [] if made in filled else [made]
    return [*filled[:LEFT], *last]


def _in_view(view: View, read: Sequence[Grid], room: int) -> tuple[list[StepTensor], list[StepTensor]]:
    ranked = {id(grid): rank for rank, grid in enumerate(read)}
    here = [each for each in view.operands if id(each.grid) in ranked or each is view.companion]
    arriving = [each for each in view.arriving if id(each.grid) in ranked]
    reaching = sorted(arriving, key=lambda each: ranked[id(each.grid)]) or list(view.arriving[:1])
    room -= max(0, len(reaching) - 1)
    kept = sorted(here, key=lambda each: (each is not view.companion, ranked.get(id(each.grid), 0)))[: max(room, 1)]
    return [each for each in here if each in kept], reaching


def read_by(account: Account, owners: Owners) -> list[Grid]:
    """Return the tensors that an element with the terms `account` reads, as grids, each once: [x, w, b] for x·w + b.

    First come those of the first term, of its factor and of `account.alone`, then those of the other terms, their
    factors and `account.conditions`. owners[cell] is the tensor of a cell; cells of no tensor are left out.
    """
    cells = [
        *(cell for term in account.terms[:1] for cell in _cells(term)),
        *(term.factor for term in account.terms[:1]),
        account.alone,
        *(cell for term in account.terms[1:] for cell in _cells(term)),
        *(term.factor for term in account.terms[1:]),
        *account.conditions,
    ]
    found: dict[int, Grid] = {}
    for cell in cells:
        if isinstance(cell, Reference) and cell in owners:
            found.setdefault(id(owners[cell]), owners[cell])
    return list(found.values())


def _cells(term: Term) -> list[Reference]:
    if isinstance(term.cell, (Found, Matching)):
        return [term.cell.cells.at(0)]
    return [term.cell] if isinstance(term.cell, Reference) else []
