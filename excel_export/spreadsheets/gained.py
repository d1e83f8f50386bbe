"""What cells gain of the gradient from the formulas that read them; copies of a formula are worked out once."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from excel_export.shared.a1_notation import Place, place
from excel_export.shared.cells import letters_of
from excel_export.spreadsheets.derivatives import Term
from excel_export.spreadsheets.formulas import REFERENCE
from excel_export.spreadsheets.syntax import shifted


class _Sent(NamedTuple):
    """The term of that number of the formula in `first`, of which the one in `by` is a copy."""

    by: Place
    first: Place
    number: int


class Gained:
    """The terms of each cell's gradient."""

    def __init__(
        self,
        cells: Iterable[Place],
        first_of: Callable[[Place], Place],
        terms_of: Callable[[Place], list[Term]],
    ) -> None:
        """Begin.

        Args:
            cells: those that have a gradient.
            first_of: gives the first formula of which that of a cell is a copy.
            terms_of: gives what a formula sends; it is asked for the first one only.
        """
        self._first_of, self._terms_of = first_of, terms_of
        self._sent: dict[Place, list[_Sent]] = {at: [] for at in cells}
        self._terms: dict[Place, list[Term]] = {}
        self._texts: dict[Hashable, _Movable] = {}
        self.senders: dict[Place, int] = dict.fromkeys(self._sent, 0)
        """By how many formulas a cell is read."""

    def send(self, at: Place) -> None:
        """Let the formula of a cell send what it does."""
        first = self._first_of(at)
        if first not in self._terms:
            self._terms[first] = self._terms_of(first)
        down, right = at[1] - first[1], at[2] - first[2]
        receivers = set()
        for number, (cell, _, _) in enumerate(self._terms[first]):
            to = cell.sheet, cell.row + (0 if cell.fixed_row else down), cell.col + (0 if cell.fixed_col else right)
            if to in self._sent:
                self._sent[to].append(_Sent(at, first, number))
                receivers.add(to)
        for to in receivers:
            self.senders[to] += 1

    def terms(self, at: Place) -> Iterator[Term]:
        """What a cell gains."""
        for by, first, number in self._sent[at]:
            term = self._terms[first][number]
            down, right = by[1] - first[1], by[2] - first[2]
            yield term._replace(factors=tuple([shifted(factor, down, right) for factor in term.factors]))

    def remember(self, at: Place, text: str) -> None:
        """Keep the formula of a gradient for those that are copies of it; not where it has ranges, which may turn."""
        if ":" not in text:
            self._texts[self._kind(at)] = _movable(text, at)

    def remembered(self, at: Place) -> str | None:
        """The formula of a gradient, where it is a copy of another one."""
        known = self._texts.get(self._kind(at))
        return known.moved(at) if known else None

    def _kind(self, at: Place) -> Hashable:
        """What gradients have in common whose formulas are copies of each other."""
        sheet, row, col = at
        return sheet, *[(first, number, by[1] - row, by[2] - col) for by, first, number in self._sent[at]]


@dataclass(frozen=True)
class _Movable:
    """A formula in pieces: texts, and between them columns and rows, as texts where they stay."""

    at: Place
    texts: list[str]
    references: list[tuple[str | int, str | int]]

    def moved(self, at: Place) -> str:
        """The formula as a copy of it stands in another cell."""
        down, right = at[1] - self.at[1], at[2] - self.at[2]
        parts = [self.texts[0]]
        for (col, row), text in zip(self.references, self.texts[1:], strict=True):
            parts.append(letters_of(col + right) if isinstance(col, int) else col)
            parts.append(str(row + down) if isinstance(row, int) else row)
            parts.append(text)
        return "".join(parts)


def _movable(text: str, at: Place) -> _Movable:
    texts, references, begin = [], [], 0
    for match in REFERENCE.finditer(text):
        fixed_col, letters, fixed_row, digits = match.groups()
        if digits is None:  # a text, or the name of a sheet
            continue
        row, col = place(letters + digits)
        texts.append(text[begin : match.start()])
        references.append((f"${letters}" if fixed_col else col, f"${digits}" if fixed_row else row))
        begin = match.end()
    return _Movable(at, [*texts, text[begin:]], references)
