"""Where each tensor of a view stands on the screen: what goes in left, what comes out right, in both directions.

A screen has a few slots, from left to right. In the forward pass the tensors that are read fill them in the order of
the call, and the result is the last. In the backward pass everything stays in its place: the gradient arrives in the
last slot. Of large tensors the gradient that is made stands beside the number whose gradient it is; of single numbers
it stands below it.

`read` are the tensors that are read, those that matter most first.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from excel_export.formulas import Grid, Reference
from excel_export.formulas.analysis.chosen import Found, Matching
from excel_export.views.terms import Account, Owners, Term
from excel_export.views.views import LEFT, StepTensor, View

COUNT = LEFT + 1


@dataclass(frozen=True)
class Slots:
    """What stands in each slot; None where nothing does."""

    operands: tuple[StepTensor | None, ...]
    made: int
    """The slot of what is made."""
    companion: int
    """The slot of the number whose gradient is made; -1 where there is none."""
    below: tuple[StepTensor | None, ...] = ()
    """The gradients that stand below the numbers of a slot."""
    middle: int = -1
    """The slot between what is read and what comes out: for products, a difference, a slope; -1 where there is none."""

    def of(self, grid: Grid | None) -> int:
        """The slot in which a tensor stands, -1 where it has none."""
        places = [k for k, each in enumerate((*self.operands, *self.below)) if each and each.grid is grid]
        return places[0] % len(self.operands) if places else -1


def slots(view: View, read: Sequence[Grid]) -> Slots:
    """Give the tensors that are read a slot each, as far as there are slots."""
    companion, made = view.companion, view.made
    here, reaching, _ = _in_view(view, view.operands, companion, read, LEFT - (companion is not None), 0)
    filled = _filled(made, here, companion) + reaching[1:]
    # What is given stands among what may be read, and nothing comes out.
    comes_out = None if made in filled else made
    last = comes_out if companion is None else reaching[0] if reaching else None
    return _placed(view, [*filled[:LEFT], *[None] * (LEFT - len(filled)), last])


def side_by_side(view: View, read: Sequence[Grid], needed: int, products: bool, slopes: bool) -> Slots:
    """Leave no gap before the last, and a slot for products or slopes, where there are some.

    The first of the tensors that are read are needed: the line names their numbers.
    """
    made, operands, beside = view.made, list(view.operands), view.companion
    room = COUNT - 1 - (products or slopes) - (beside is not None)
    here, reaching, is_cut = _in_view(view, operands, beside, read, room, needed)
    if is_cut and beside and beside.grid not in read:
        # What is read comes before the number whose gradient is made.
        operands, beside = [each for each in operands if each is not beside], None
        here, reaching, is_cut = _in_view(view, operands, None, read, room, needed)
    if is_cut and beside is None and products and not slopes:
        products = False
        here, reaching, is_cut = _in_view(view, operands, None, read, room + 1, needed)
    filled = _filled(made, here, beside) if beside is view.companion else [made, *here]
    filled += [None] * is_cut
    middle = len(filled) if products else -1
    filled += [None] * (products or slopes)
    ends = reaching if view.companion else [] if made in filled else [made]
    return _placed(view, (filled + ends)[:COUNT], middle=middle)


def boxes(view: View, read: Sequence[Grid], middle: bool) -> Slots:
    """Give single numbers a slot each, and below each its gradient, as far as that is made or arrives here.

    In the middle, something may be said between what is read and what comes out.
    """
    here, reaching, _ = _in_view(view, view.operands, view.companion, read, LEFT, 0)
    below: list[StepTensor | None] = [view.made if each is view.companion else None for each in here]
    filled: list[StepTensor | None] = [*here]
    between = len(filled) if (middle or reaching) and len(filled) < LEFT else -1
    if between >= 0:
        filled.append(None)
        below.append(None)
    if view.companion:
        filled += [view.results[view.arriving.index(each)] for each in reaching]
        below += reaching
    else:
        filled.append(view.made)
    return _placed(view, filled[:COUNT], below[:COUNT], between)


def _in_view(
    view: View,
    operands: Sequence[StepTensor],
    companion: StepTensor | None,
    read: Sequence[Grid],
    room: int,
    needed: int,
) -> tuple[list[StepTensor], list[StepTensor], bool]:
    """The tensors that have a slot, in the order of the call, and the gradients that arrive.

    Where more are needed than have room, one slot is left to the numbers of those that have none: so says the third.
    """
    ranked = {id(grid): rank for rank, grid in enumerate(read)}
    here = [each for each in operands if id(each.grid) in ranked or each is companion]
    arriving = [each for each in view.arriving if id(each.grid) in ranked]
    reaching = sorted(arriving, key=lambda each: ranked[id(each.grid)]) or list(view.arriving[:1])
    room -= max(0, len(reaching) - 1)
    is_cut = sum(ranked.get(id(each.grid), -1) < needed for each in here) > room > 1 and needed > 0
    room -= is_cut
    kept = sorted(here, key=lambda each: (each is not companion, ranked.get(id(each.grid), 0)))[: max(room, 1)]
    return [each for each in here if each in kept], reaching, is_cut


def _filled(made: StepTensor, here: Sequence[StepTensor], companion: StepTensor | None) -> list[StepTensor | None]:
    """What is read, and what is made beside the tensor whose gradient it is."""
    return [each for one in here for each in ((one, made) if one is companion else (one,))]


def _placed(
    view: View, places: Sequence[StepTensor | None], below: Sequence[StepTensor | None] = (), middle: int = -1
) -> Slots:
    places = [*places, *[None] * (COUNT - len(places))]
    below = [*below, *[None] * (COUNT - len(below))]
    made = next(k for k in range(COUNT) if places[k] is view.made or below[k] is view.made)
    companion = next((k for k, each in enumerate(places) if view.companion and each is view.companion), -1)
    return Slots(tuple(places), made, companion, tuple(below), middle)


def read_by(account: Account, owners: Owners, *, with_conditions: bool = True) -> list[Grid]:
    """The tensors that an element reads: those of its terms first, then those of its factors, then the others."""
    cells = [
        *(cell for term in account.terms[:1] for cell in _cells(term)),
        *(term.factor for term in account.terms[:1]),
        account.alone,
        *(cell for term in account.terms[1:] for cell in _cells(term)),
        *(term.factor for term in account.terms[1:]),
        *(account.conditions if with_conditions else ()),
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
