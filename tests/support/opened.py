"""A network's workbook, open in an engine: where each tensor is, and what PyTorch says of it."""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Protocol

import numpy as np
import pytest

from excel_export import export
from excel_export.book.book import Book
from excel_export.book.composition import start_book
from excel_export.book.inputs_in_use import IN_USE, NAME
from excel_export.compiler.trace.tracer import trace
from excel_export.graph.graph import Graph
from excel_export.graph.subgraphs import part
from excel_export.sheets.explain.hidden_table import FACTORS
from excel_export.sheets.explain.packed_addresses import ROW, SHEET
from excel_export.sheets.steps.requested_steps import story_steps
from excel_export.sheets.steps.story_sheets import story_names
from excel_export.views.plan import Plan
from excel_export.workbook.read import AFTER, read_index
from tests.support.cells import cell
from tests.support.engines import Recalculated, sheet_parts
from tests.support.live import Live, Place

RELATIVE, ABSOLUTE = 1e-9, 1e-11
FORWARD = ("inputs", "forward", "branch", "losses")
"""The kinds of steps of a story that are on the way there."""


def near(number: float) -> object:
    """A number but for rounding: LibreOffice keeps 15 digits, and takes small differences as 0."""
    return pytest.approx(number, rel=RELATIVE, abs=ABSOLUTE)


class Reader(Protocol):
    """Whatever holds the values of a workbook's cells."""

    def value(self, target: Place) -> object:
        """The value of a cell."""


class Frozen:
    """A workbook that an engine has computed, read like a live one."""

    def __init__(self, found: Recalculated) -> None:
        self._found = found

    def value(self, target: Place) -> object:
        """The value of a cell."""
        return self._found.value(*target)


@dataclass(frozen=True)
class Known:
    """An element of a tensor: its key in `read_tensors` or 'after.' + that of a parameter."""

    key: str
    index: tuple[int, ...]


class Places:
    """Which element of which tensor each cell holds, and the cells that packed addresses stand for."""

    def __init__(self, path: Path) -> None:
        self.cells: dict[Place, list[Known]] = {}
        self.entries = {}
        for entry in read_index(path):
            key = f"after.{entry.key}" if entry.what == AFTER else entry.key
            if entry.what != IN_USE:
                self.entries[key] = entry.grid
            for index in np.ndindex(*entry.grid.shape):
                at = (entry.grid.sheet, cell(int(entry.grid.rows[index]), int(entry.grid.cols[index])))
                self.cells.setdefault(at, []).append(Known(key, index))
        with zipfile.ZipFile(path) as workbook:
            names = [*sheet_parts(workbook)]
        network = next(iter(self.entries.values())).sheet
        self.sheets = [network, *(name for name in (FACTORS, NAME) if name in names)]

    def of_address(self, address: float) -> Place:
        """The cell that a code stands for."""
        sheet, within = divmod(int(address), SHEET)
        return self.sheets[sheet], cell(*divmod(within, ROW))

    def known_at(self, place: Place) -> list[Known]:
        """The elements that a cell holds: several where a tensor has several names."""
        return self.cells.get(place, [])

    def at(self, key: str, *index: int) -> Place:
        """The cell of an element."""
        grid = self.entries[key]
        return grid.sheet, cell(int(grid.rows[index]), int(grid.cols[index]))


class Truth:
    """A module's eager float64 run: every tensor, every gradient, and what each call adds to a gradient."""

    def __init__(self, module, inputs, start: str | None = None, stop: str | None = None) -> None:  # type: ignore[no-untyped-def]
        graph = trace(module, inputs)
        self.graph: Graph = part(graph, start, stop) if start or stop else graph
        self.tensors = dict(self.graph.tensors)

    @cached_property
    def book(self) -> Book:
        """The workbook that the network must have, before anything is drawn."""
        return start_book(self.graph, 0.1)

    @cached_property
    def plan(self) -> Plan:
        """The steps that the network must have."""
        return Plan(self.book.graph, self.book.placement)

    def sheet_of(self, number: int) -> str:
        """The sheet of the story that the step of a part has; '' where it has none."""
        step = self.plan.steps[self.within(number)[0] - 1]
        for told, name in zip(story_steps(self.book), story_names(self.book), strict=True):
            if step.call in (told.call, *told.calls) and (told.what in FORWARD) == (step.direction == "forward"):
                return name
        return ""

    def shape(self, key: str) -> tuple[int, ...]:
        """The shape of a tensor."""
        return np.shape(self.tensors[key])

    def within(self, number: int) -> tuple[int, int]:
        """The step of a part, which is counted among the parts of all steps, and the part's number in it, from 1 on."""
        step = max(k for k, step in enumerate(self.plan.steps, start=1) if step.first <= number)
        return step, number - self.plan.steps[step - 1].first + 1

    def share(self, number: int, known: Known) -> float:
        """What a gradient gains through the call of a part."""
        call = self.plan.parts[number - 1].call
        assert call
        shares = [share for value, share in call.contributions if f"grad.{value.name}" == known.key]
        return float(sum(share[known.index] for share in shares))

    def number(self, known: Known) -> float:
        """The number of an element."""
        return float(self.tensors[known.key][known.index])


class Opened:
    """A network's workbook, open in an engine, and what PyTorch says of it."""

    def __init__(self, module, inputs, folder: Path, **options) -> None:  # type: ignore[no-untyped-def]
        self.path = folder / "net.xlsx"
        assert export(module, inputs, self.path, **options).ok
        self.module, self.inputs = module, inputs
        self.truth = Truth(module, inputs, **options)
        self.live = Live(self.path, folder)
        self.places = Places(self.path)
