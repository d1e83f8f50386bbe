"""Finds the cells that claim to be gradients, by headings, blocks and updates, and the parameter of each."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from excel_export.shared.a1_notation import Place
from excel_export.shared.grouped import grouped
from spreadsheet_autograd.find.blocks import blocks, is_number
from spreadsheet_autograd.find.labels import Labels, claim_in, is_approximate, is_loss_name, is_short, key, symbol_in
from spreadsheet_autograd.find.updates import Update
from spreadsheet_autograd.graph.graph import SpreadsheetGraph
from spreadsheet_autograd.language.places import moved, rectangle, step_to, way
from spreadsheet_autograd.language.syntax import Call, Cell, Node, shifted

MOST_CLAIMS = 20_000
"""The most claims that are checked in a workbook."""
_SEVERAL_WORDS = re.compile(r"/.*\w\w[)\s]+\(?\w\w")
"""Behind the fraction bar, as in ∂E/∂(relu layer): a title, and no number is called so."""


@dataclass(frozen=True)
class Claim:
    """A cell that claims to be a gradient: the derivative of a loss by a parameter, a number that training changes.

    With B3 called w, B5 called E, and B6 called ∂E/∂w, B6 claims to be the derivative of B5 by B3:
    `Claim(('S', 6, 2), ('S', 3, 2), 'heading', 'e', None, '∂e/∂w')`.
    """

    cell: Place
    """The cell of the gradient: ('S', 6, 2) for B6."""
    of: Place
    """The cell of the parameter, by which the loss is differentiated: ('S', 3, 2) for B3."""
    by: str
    """The evidence: 'heading', 'symbol' (the end of a heading, as w in 'weight w'), 'block' (a title above a
    rectangle), 'update' (w − rate · this), 'derivative' (the numbers agree) or 'option' (named by the user)."""
    numerator: str = ""
    """The name of the loss in the heading: 'e' for ∂E/∂w; '' if the heading names none, as dw."""
    formula: Node | None = None
    """The gradient's formula, if it is a part of the update's, as B4*B1 in =B3-0.1*(B4*B1); None if it has its own
    cell."""
    heading: str = ""
    """The heading as `key` returns it, '∂e/∂w' for ∂E/∂w; '' if there is none."""

    @property
    def is_short(self) -> bool:
        """True for a heading such as dz, which may mean the derivative by the input of z; False for ∂E/∂z and ''."""
        return bool(self.heading) and is_short(self.heading)

    @property
    def sheet_and_heading(self) -> tuple[str, str]:
        """The name of the sheet and the `heading`, ('S', 'dz'): a heading means the same in all places on a sheet."""
        return self.cell[0], self.heading


def find_claims(graph: SpreadsheetGraph, labels: Labels, updates: list[Update]) -> list[Claim]:
    """Return the claims of a workbook, its cells that seem to be gradients, by sheet, row and column; [] for none.

    For B3 called w and B6 called ∂E/∂w: [Claim(cell=B6, of=B3, …)]. Claims come from headings, titles of blocks, and
    updates such as w − rate · gradient. If a heading and an update disagree about a cell, the heading counts. `updates`
    are those that `find_updates` returns.
    """
    found: dict[Place, Claim] = {}
    news = {update.new for update in updates}  # the result of an update is no gradient, whatever heading is left of it
    titled = [*_by_block(graph, labels, updates), *_by_heading(graph, labels, updates)]
    last = [*_of_last_steps(graph, updates)]
    steps = {update.at for update in updates if update.at != update.new and update.rate and not update.cell}
    steps |= {claim.cell for claim in last if claim.formula}
    titled = [claim for claim in titled if claim.cell not in news and claim.cell not in steps]
    having = {graph.repeated(claim.of) for claim in titled}
    # An update that takes another cell than the named gradient is a mistake of the update.
    cells = {claim.cell for claim in titled}
    taken = [
        claim for claim in _by_update(updates)
        if claim.formula or graph.repeated(claim.of) not in having or _adds_up(graph, claim.cell, cells)
    ]  # fmt: skip
    for claim in (*titled, *taken, *last):
        if len(found) < MOST_CLAIMS:
            found.setdefault(claim.cell, claim)
    for claim in [claim for claim in found.values() if _is_total(graph, claim, found)]:
        del found[claim.cell]
    return sorted(found.values(), key=lambda claim: (graph.contents.sheets.index(claim.cell[0]), *claim.cell[1:]))


def _adds_up(graph: SpreadsheetGraph, at: Place, cells: AbstractSet[Place]) -> bool:
    """Return whether the formula of a cell is a sum, or a mean, of some of these cells and of no others."""
    formula = graph.formulas.get(at)
    is_sum = isinstance(formula, Call) and formula.name in ("SUM", "AVERAGE")
    return formula is not None and is_sum and {*graph.cells_read(formula)} <= cells


def _is_total(graph: SpreadsheetGraph, claim: Claim, claims_by_cell: Mapping[Place, Claim]) -> bool:
    """Return whether a claim sums up gradients by several parameters under its own heading, so that it is none itself.

    Examples are their sum, their mean, and the root of the mean of their squares.
    """
    formula = graph.formulas.get(claim.cell)
    if formula is None:
        return False
    claims = [claims_by_cell.get(place) for place in graph.cells_read(formula)]
    alike = [each for each in claims if each and each.heading == claim.heading]
    return len(alike) == len(claims) and len({graph.repeated(each.of) for each in alike}) > 1


def _by_heading(graph: SpreadsheetGraph, labels: Labels, updates: list[Update]) -> Iterator[Claim]:
    """Yield the numbers below or right of a heading such as ∂E/∂w1, each with the cell that is called w1."""
    names = {at: labels.beside(at) for at in graph.numbers if at[1] > 0 and is_number(graph, at)}
    # A cell with a gradient's heading gets no other name from farther away.
    called_by = {at: texts[: 1 if texts and claim_in(texts[0]) else None] for at, texts in names.items()}
    by_name = grouped(((at, key(text)) for at, texts in called_by.items() for text in texts), lambda pair: pair[1])
    symbols = ((at, symbol) for at, texts in called_by.items() for text in texts if (symbol := symbol_in(text)))
    by_symbol = grouped(symbols, lambda pair: pair[1])
    used = grouped(updates, lambda update: update.cell)
    news = {update.new for update in updates}
    for at, texts in names.items():
        for text, heading in ((text, claim_in(text)) for text in texts):
            pairs = (by_name.get(heading[1]) or by_symbol.get(heading[1]) or []) if heading else []
            called = [place for place, _ in pairs if place != at]
            named = _near(graph, at, called) or _near(graph, at, [place for place in called if place not in news])
            if not heading or not named or any(is_approximate(other) for other in texts):
                continue
            of = next((update.old for update in used.get(at, ()) if update.old in named), None)
            if of is None:  # of several numbers in a line, the one at the same distance from its heading
                likely, far = _nearest_first(at, _before(graph, named, news)), labels.distance(at, text)
                alike = (each for each in likely if any(labels.distance(each, name) == far for name in names[each]))
                of = next(alike, likely[0])
            by = "heading" if heading[1] in by_name or at in used else "symbol"
            yield Claim(at, of, by, heading[0], heading=key(text))
            break


def named_after_nothing(graph: SpreadsheetGraph, labels: Labels, claims: Iterable[Claim]) -> dict[Place, str]:
    """Return the formulas with a heading such as ∂E/∂w3 where no number is called w3, each with a reason.

    Example: {('S', 6, 2): "no number here is called w3, so '∂E/∂w3' isn't checked: write …"}; {} without any. A number
    on another sheet counts if formulas join the two. `claims` are all that were found: their cells are left out, and so
    are those under titles of several words, as '∂E/∂(relu layer)'.
    """
    known, found = {claim.cell for claim in claims}, dict[Place, str]()
    texts = ((at, text) for at in graph.numbers if at[1] > 0 and is_number(graph, at) for text in labels.beside(at))
    names = grouped(((at, name) for at, text in texts for name in {key(text), symbol_in(text)}), lambda pair: pair[1])
    for at in graph.formulas:
        text = labels.name(at) if at[1] > 0 and at not in known and is_number(graph, at) else ""
        heading = claim_in(text) if "/" in key(text) and "→" not in text else None  # a link leads elsewhere
        if not heading or not is_loss_name(heading[0]) or is_approximate(text) or _SEVERAL_WORDS.search(text):
            continue
        name = heading[1]
        if not any(_near(graph, at, [place]) for place, _ in names.get(name, ())):
            advice = f"write {name} beside or above the number that is meant"
            found[at] = f"no number here is called {name}, so '{text}' isn't checked: {advice}"
    return found


def _by_block(graph: SpreadsheetGraph, labels: Labels, updates: list[Update]) -> Iterator[Claim]:
    """Yield the cells of each block whose title names it as the gradient of another block of the same shape."""
    titled = blocks(graph, labels)
    by_name = grouped(titled, lambda block: (key(block.title), block.shape))
    news = {update.new for update in updates}
    for block in titled:
        heading = claim_in(block.title)
        called = [each.first for each in by_name.get((heading[1], block.shape), ()) if each != block] if heading else []
        named = _near(graph, block.first, called)
        if heading and named:
            of = _nearest_first(block.first, _before(graph, named, news))[0]
            for cell, place in zip(rectangle(block.first, *block.shape), rectangle(of, *block.shape), strict=True):
                yield Claim(cell, place, "block", heading[0], heading=key(block.title))


def _near(graph: SpreadsheetGraph, at: Place, candidates: list[Place]) -> list[Place]:
    """Return the cells on the same sheet; if there are none, the only one elsewhere that formulas join to the sheet."""
    here = [place for place in candidates if place[0] == at[0]]
    if here or len(candidates) != 1:
        return here
    is_joined = at not in graph.formulas or any(cell[0] == at[0] for cell in graph.descendants(candidates[0]))
    return candidates if is_joined else []


def _before(graph: SpreadsheetGraph, candidates: list[Place], news: AbstractSet[Place]) -> list[Place]:
    """Return the cells without those that a last update computes: no gradient is taken by these."""
    return [place for place in candidates if place not in news or place in graph.dependents] or candidates


def _nearest_first(at: Place, candidates: list[Place]) -> list[Place]:
    return sorted(candidates, key=lambda place: (place[0] != at[0], abs(place[1] - at[1]) + abs(place[2] - at[2])))


def _by_update(updates: Iterable[Update]) -> Iterator[Claim]:
    taken = grouped(updates, lambda update: update.cell)
    for update in taken.pop(None, ()):
        yield Claim(update.at, update.old, "update", formula=update.gradient)
    steps = Counter(step_to(update.old, cell) for cell, by in taken.items() if cell for update in by)
    for cell, by in taken.items():
        if cell:
            # If several updates take one cell, it belongs to the one at the usual distance.
            best = max(by, key=lambda update: steps[step_to(update.old, cell)])
            yield Claim(cell, best.old, "update")


def _of_last_steps(graph: SpreadsheetGraph, updates: Iterable[Update]) -> Iterator[Claim]:
    """Yield the gradients by the values that the last updates compute, which no further update uses."""
    olds = {update.old for update in updates}
    for update in updates:
        at = update.source
        if not at or update.new in olds or at[0] != update.new[0]:
            continue
        rows, cols = way(update.old, update.new)
        cell = moved(at, rows, cols)
        before = graph.formulas.get(at)
        if before is not None and graph.formulas.get(cell) == shifted(before, rows, cols):
            inner = None if update.cell else shifted(update.gradient, rows, cols)
            yield Claim(cell, update.new, "update", formula=inner)


def shown_formula(graph: SpreadsheetGraph, claim: Claim) -> Node | None:
    """Return a claim's formula: that of the cell, or the part of an update that it is; None for a typed number."""
    if claim.formula is not None and not isinstance(claim.formula, Cell):
        return claim.formula
    return graph.formulas.get(claim.cell)
