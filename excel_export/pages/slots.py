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
    """Return the tensors of a view that are shown, in their order on the page: those read, [x, w, b], and the result.

    A gradient is shown beside its tensor. If there are too many, those at the end of `read` are left out.

    Args:
        view: the view.
        read: the tensors that are read, the most important first.
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
    """Return the tensors that an element with the terms `account` is computed from, each once: [x, w, b] for x·w + b.

    First those of its first term, of that term's factor and of the summand without a term, then those of the other
    terms and of conditions. `owners` has the tensor of each cell; cells that belong to none are left out.
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
