"""Where each tensor of a view stands on the screen: what goes in left, what comes out right, in both directions.

A screen has a few slots, from left to right. In the forward pass the tensors that are read fill them in the order of
the call, and the result is in the last. In the backward pass everything stays in its place: the gradient arrives in the
last slot, and the gradient that is made stands beside the number whose gradient it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from excel_export.formulas.analysis.chosen import Found, Matching
from excel_export.formulas.grid import Grid
from excel_export.formulas.reference import Reference
from excel_export.views.terms import Account, Owners, Term

LEFT = 4
"""So many slots from the left are for what is read; the next one is the last, for what comes out or arrives."""
RIGHT = LEFT
COUNT = LEFT + 1


@dataclass(frozen=True, eq=False)
class Operand:
    """A tensor that a step shows."""

    grid: Grid
    name: str
    is_grad: bool = False


@dataclass(frozen=True)
class Slots:
    """What stands in each slot; None where nothing does."""

    operands: tuple[Operand | None, ...]
    made: int
    """The slot of what is made."""
    companion: int
    """The slot of the number whose gradient is made; -1 where there is none."""

    def of(self, grid: Grid | None) -> int:
        """The slot in which a tensor stands, -1 where it has none."""
        return next((k for k, each in enumerate(self.operands) if each and each.grid is grid), -1)


def slots(
    made: Operand,
    operands: Sequence[Operand],
    arriving: Sequence[Operand],
    companion: Operand | None,
    read: Iterable[Grid],
) -> Slots:
    """Give the tensors that are read a slot each, as far as there are slots.

    Args:
        made: what comes about.
        operands: the tensors that may be read, in the order of the call.
        arriving: the gradients that arrive.
        companion: the tensor whose gradient is made, one of the operands.
        read: the tensors that are read, those that matter most first.
    """
    ranked = {id(grid): rank for rank, grid in enumerate(read)}
    here = [each for each in operands if id(each.grid) in ranked or each is companion]
    reaching = sorted((each for each in arriving if id(each.grid) in ranked), key=lambda each: ranked[id(each.grid)])
    reaching = reaching or list(arriving[:1])
    room = LEFT - (companion is not None) - max(0, len(reaching) - 1)
    kept = sorted(here, key=lambda each: (each is not companion, ranked.get(id(each.grid), 0)))[: max(room, 1)]
    filled: list[Operand | None] = []
    for each in here:
        if each in kept:
            filled.append(each)
            if each is companion:
                filled.append(made)
    filled = (filled + reaching[1:])[:LEFT]
    filled += [None] * (LEFT - len(filled))
    # What is given stands among what may be read, and nothing comes out.
    comes_out = None if made in filled else made
    last = comes_out if companion is None else reaching[0] if reaching else None
    places = (*filled, last)
    return Slots(
        places,
        next(k for k, each in enumerate(places) if each is made),
        next((k for k, each in enumerate(places) if companion and each is companion), -1),
    )


def read_by(account: Account, owners: Owners) -> list[Grid]:
    """The tensors that an element reads: those of its terms first, then those of its factors, then the others."""
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
    """One cell of each tensor that a term may be."""
    if isinstance(term.cell, (Found, Matching)):
        return [term.cell.cells.at(0)]
    return [term.cell] if isinstance(term.cell, Reference) else []
