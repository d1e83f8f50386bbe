"""The account of each element for a page: elements with the same kinds of terms share them, and differ in places.

A *source* is the origin of a number: an array's name, or the number of a small function. After the kinds of all sources
come their places: those of the first element, and the distances of the others' from them. Places that move alike, as
all pixels under a filter do, share these distances.
"""

import heapq
import math
import re
from collections.abc import Hashable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

import numpy as np

from excel_export.formulas import Reference, unravelled
from excel_export.formulas.analysis.chosen import Found, Matching
from excel_export.formulas.javascript.array_places import place_of, width_of
from excel_export.formulas.javascript.columns import LoopColumn
from excel_export.formulas.javascript.loops import Loop, Piece, loop_of
from excel_export.formulas.javascript.script import Script
from excel_export.pages.groups import GroupLabels, TermGroups
from excel_export.views.alike import Outlines
from excel_export.views.alike import Place as Cell
from excel_export.views.terms import Account, Term
from excel_export.views.views import View, Views

LARGEST = 2**31
"""Whole numbers up to this size are arguments of the small functions; larger ones stand in their text."""
MOST_OF_MANY = 48
"""Elements with an account in each view of a large network."""
_ARRAY = re.compile(r"\b(a\d+)\W*$")
Place = tuple[int, str]
"""A place in an array, from 0 on, and the array's name; '' for a whole number that is no place."""
Kind = str | int | None
"""An array's name, a function's number from 0 on, or None for no number."""
Block = tuple[tuple[Any, ...], Account, np.ndarray, np.ndarray]
"""Elements that are alike: their kinds, the account of the first, their numbers, and a row of places for each."""


class AccountWriter:
    """Writes the terms of each element of a view (a tensor that a step computes) for a page: see `view`, `functions`.

    `views` are all views of the page, and `script` writes formulas as JavaScript. With `is_large`, only the 48 elements
    with the largest `View.weights` get their terms.
    """

    def __init__(self, script: Script, views: Views, *, is_large: bool = False) -> None:
        self._script, self._owners, self._is_large = script, views.owners, is_large
        self._outlines = Outlines(views.owners, views.helpers)
        self._functions: dict[str, int] = {}
        self._labels = GroupLabels(views.owners)

    @property
    def functions(self) -> list[str]:
        """The JavaScript, so far, of numbers that are in no array: ['[2,(c,d)=>a13[c[d+0]]*c[d+1]]'].

        Each item is [number of arguments, function of a list of numbers and the place of its first argument there].
        """
        return list(self._functions)

    def view(self, view: View) -> dict[str, Any]:
        """Return the terms of all elements, ready for JSON: {'groups': [{'terms': …}, …], 'group': [0, 0, 1]}.

        'groups' has a dict for each form of terms: 'terms' [[5, 'a1', 'a4', None]] are five products of numbers in a1
        and a4, without a condition; 'alone', 'asides' (conditions), 'spelled' and 'bare' are as in an `Account`.
        'first' has the places of the form's first element, term by term, those of 'alone' and 'asides' last; in its
        m-th element, place k is moves[which[k]][m] further on. 'of' has each term's group, 'labels' the groups' names.
        'group' has the index of each element's form, from 0 on, -1 for none. 'first', each of 'moves', 'of' and 'group'
        are as `steps` returns integers. 'groups' and 'group' are [] for inputs and parameters.
        """
        shape = view.tensor.grid.shape
        if view.is_given or not view.operands:
            return {"groups": [], "group": []}
        self._labels.add_names(view.tensor.grid, view.index_names)
        found: dict[tuple[Any, ...], list[tuple[np.ndarray, np.ndarray]]] = {}
        examples: dict[tuple[Any, ...], tuple[TermGroups, Account]] = {}
        for kinds, account, numbers, rows in self._blocks(view, self._chosen(view)):
            if kinds not in found:
                examples[kinds] = self._labels.group(account), account
            found.setdefault(kinds, []).append((numbers, rows))
        same = self._labels.of_all(examples.values())
        groups, group = [], np.full(math.prod(shape), -1)
        for number, (kinds, blocks) in enumerate(found.items()):
            parts, account = examples[kinds]
            members, rows = (np.concatenate(each) for each in zip(*blocks, strict=True))
            group[members] = number
            written = _group(kinds, rows[np.argsort(members)])
            groups.append({**written, "of": steps(parts.groups), "labels": self._labels.texts(parts, account, same)})
        return {"groups": groups, "group": steps(group)}

    def _chosen(self, view: View) -> np.ndarray:
        size = view.weights.size
        if not self._is_large or size <= MOST_OF_MANY:
            return np.arange(size)
        return np.sort(np.argsort(-view.weights, axis=None)[:MOST_OF_MANY])

    def _blocks(self, view: View, chosen: np.ndarray) -> Iterator[Block]:
        shape = view.tensor.grid.shape
        touched = chosen if view.touched is None else chosen[np.isin(chosen, view.touched)]
        firsts: dict[int, dict[int, Cell]] = {}
        alike: dict[Hashable, list[int]] = {}
        made_of = frozenset(id(each.grid) for each in view.arriving)
        for element in touched.tolist():
            outline, firsts[element] = object(), {}
            if view.formulas:
                outline, firsts[element] = self._outlines.of(view.formulas, unravelled(element, shape), made_of)
            alike.setdefault(outline, []).append(element)
        todo = [(members[0], members) for members in alike.values()]
        untouched = np.setdiff1d(chosen, touched)
        if len(untouched):
            todo.append((int(untouched[0]), []))
        heapq.heapify(todo)
        while todo:
            first, members = heapq.heappop(todo)
            if not members:
                kinds, _ = self._account(Account(()))
                yield kinds, Account(()), untouched, np.zeros((len(untouched), 0), dtype=np.int64)
                continue
            account = view.account(unravelled(first, shape))
            kinds, places = self._account(account)
            rows = self._moved(places, [firsts[each] for each in members])
            for each in members[len(rows) :]:
                heapq.heappush(todo, (each, [each]))
            yield kinds, account, np.array(members[: len(rows)]), rows

    def _moved(self, places: Sequence[Place], firsts: Sequence[Mapping[int, Cell]]) -> np.ndarray:
        rows = np.array([[number for number, _ in places]] * len(firsts), dtype=np.int64)
        moves: dict[str, Any] = {"": 0}
        for k, (_, array) in enumerate(places if len(firsts) > 1 else ()):
            if array not in moves:
                grid = self._owners.get(Reference(array, 1, 1))
                if grid is None or id(grid) not in firsts[0]:
                    return rows[:1]
                begin = place_of(grid.sheet, *np.array([each[id(grid)] for each in firsts]).T)
                moves[array] = begin - begin[0]
            rows[:, k] += moves[array]
        return rows

    def _account(self, account: Account) -> tuple[tuple[Any, ...], list[Place]]:
        places: list[Place] = []
        terms = tuple(
            tuple(self._source(each, places) for each in term)
            for given in account.terms
            for term in self._spread(given)
        )
        alone = self._source(account.alone, places)
        asides = tuple(self._source(cell, places) for cell in account.conditions if cell in self._owners)
        return (terms, alone, asides, account.spelled, account.bare), places

    def _spread(self, term: Term) -> Iterator[tuple[Any, Any, Any]]:
        """Yield (cell, factor, condition) for each cell that a term may read; the condition is None for always."""
        if not isinstance(term.cell, Matching):
            yield term.cell, term.factor, None
            return
        for cell, when in term.cell.each():
            if cell in self._owners:  # between blocks there are empty cells
                yield cell, term.factor, when

    def _source(self, what: Any, places: list[Place]) -> Kind:
        if what is None:
            return None
        if isinstance(what, Reference):
            places.append((place_of(what.sheet, what.row, what.col), what.sheet))
            return str(what.sheet)
        pieces = self._found(what) if isinstance(what, Found) else loop_of(what).pieces
        return self._function(pieces, places)

    @staticmethod
    def _found(found: Found) -> list[Piece]:
        box = found.cells
        first = place_of(box.sheet, box.row, box.col)
        pieces: list[Piece] = [f'["{box.sheet}",', LoopColumn(np.array([first]), is_place=True)]
        for place, stride in zip(found.places, (width_of(box.sheet), 1), strict=False):
            pieces += [f"+{stride}*(", *loop_of(place).pieces, " -1)"]
        return [*pieces, "]"]

    def _function(self, pieces: Sequence[Piece], places: list[Place]) -> int:
        text: list[Piece] = []
        count = 0
        for piece in pieces:
            if isinstance(piece, LoopColumn) and float(piece.values[0]).is_integer() and abs(piece.values[0]) < LARGEST:
                before = _ARRAY.search(text[-1]) if piece.is_place and text and isinstance(text[-1], str) else None
                places.append((int(piece.values[0]), before[1] if before else ""))
                text.append(f"c[d+{count}]")
                count += 1
            else:
                text.append(piece)
        written = self._script.expression(Loop(np.zeros(1, dtype=np.int64), text))
        return self._functions.setdefault(f"[{count},(c,d)=>{written}]", len(self._functions))


def _group(kinds: tuple[Any, ...], rows: np.ndarray) -> dict[str, Any]:
    terms, alone, asides, spelled, bare = kinds
    moves = rows - rows[:1]
    known: dict[bytes, int] = {}
    which = [known.setdefault(column.tobytes(), len(known)) for column in moves.T]
    distinct = [steps(np.frombuffer(column, dtype=np.int64)) for column in known]
    return {
        "terms": [[len(list(each)), *kind] for kind, each in groupby(terms)],
        "alone": alone, "asides": list(asides), "spelled": list(spelled), "bare": [int(each) for each in bare],
        "first": steps(rows[0].tolist()), "which": which, "moves": distinct,
    }  # fmt: skip


def steps(numbers: Sequence[int] | np.ndarray) -> list[int]:
    """Return integers as the first one, then the difference from each to the next; they are packed better so.

    Example:
        >>> steps([3, 4, 5, 0])
        [3, 1, 1, -5]
    """
    found: list[int] = np.diff(np.asarray(numbers, dtype=np.int64), prepend=0).tolist()
    return found
