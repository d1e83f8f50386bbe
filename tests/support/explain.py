"""The Explain sheet as a person reads it, and the comparison of every number on it with PyTorch."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from openpyxl import load_workbook
from torch import nn

from excel_export.book.names import choices
from excel_export.formulas import gradient_name, quoted
from excel_export.graph.graph import Value
from excel_export.sheets.explain import explain_layout as layout
from excel_export.sheets.explain import explain_tables
from excel_export.sheets.explain.explain_sheet import NAME
from tests.support.cells import cell
from tests.support.live import Place
from tests.support.opened import Known, Opened, Reader, Truth, near

COLUMNS = (layout.NUMBER, layout.STEP, layout.FROM_G, layout.G, layout.FROM_X, layout.X, layout.PRODUCT, layout.SO_FAR)
MOST_LINES = 2_000


@dataclass(frozen=True)
class Line:
    """A term: what stands in its line, and the codes of the two cells that it multiplies."""

    number: float
    step: str
    from_g: str
    g: float
    from_x: str
    x: float
    product: float
    so_far: float
    g_address: float
    x_address: float


@dataclass(frozen=True)
class Way:
    """A step that passes something on: what the sheet says of it."""

    name: str
    count: float
    adds: float
    target: str
    """Where its name leads."""


class Page:
    """The sheet, in whatever holds its values."""

    def __init__(self, reader: Reader, columns: dict[str, int]) -> None:
        self._reader, self._columns = reader, columns

    def at(self, row: int, col: int) -> object:
        """What a cell shows."""
        return self._reader.value((NAME, cell(row, col)))

    @property
    def lines(self) -> list[Line]:
        """The terms; below them nothing is shown."""
        found: list[Line] = []
        addresses = [self._columns[name] for name in ("cell of g", "cell of x")]
        while self.at(layout.FIRST + len(found), layout.NUMBER) not in ("", None):
            row = layout.FIRST + len(found)
            found.append(Line(*(self.at(row, col) for col in (*COLUMNS, *addresses))))  # type: ignore[arg-type]
            assert len(found) < MOST_LINES
        row = layout.FIRST + len(found)
        assert {self.at(row + k, col) for col in COLUMNS for k in range(30)} <= {"", None}
        return found

    @property
    def paths(self) -> list[Way]:
        """The steps that pass something on."""
        found: list[Way] = []
        while (name := self.at(layout.FIRST + len(found), layout.PATH)) not in ("", None):
            row = layout.FIRST + len(found)
            target = self.at(row, self._columns["target"]) if "target" in self._columns else ""
            found.append(Way(str(name), *(self.at(row, col) for col in (layout.COUNT, layout.ADDS)), str(target or "")))  # type: ignore[arg-type]
        return found

    @property
    def total(self) -> float:
        """The sum."""
        return self.at(layout.RESULT, layout.PRODUCT)  # type: ignore[return-value]

    @property
    def verdict(self) -> str:
        """The cell that the sum must equal, and whether it does."""
        return str(self.at(layout.RESULT, layout.SO_FAR))


class Explained(Opened):
    """A workbook in which numbers are explained, and what PyTorch says of them."""

    def __init__(self, module: nn.Module, inputs, folder: Path, **options) -> None:
        super().__init__(module, inputs, folder, **options)
        [heads] = load_workbook(self.path, read_only=True)[NAME].iter_rows(layout.HEADS, layout.HEADS)
        self.columns = {str(head.value): head.column for head in heads if head.value}
        graph = self.truth.graph
        known = [value for value in graph.values if value.has_grad and value.data.size and value.kind != "constant"]
        self.values = sorted(known, key=lambda value: value.kind != "parameter")
        names = choices([value.called for value in self.values])
        self.labels = {value: gradient_name(name) for value, name in zip(self.values, names, strict=True)}
        parts = [part for part in self.truth.plan.parts if part.direction == "forward" and part.call]
        made: list[tuple[str, Value]] = []
        for part in parts:
            assert part.call
            values = [value for value in part.call.outputs if value.data.size]
            made += [(part.helper, part.call.outputs[0])] if part.helper else [("", value) for value in values]
        self.listed = choices([f"{helper} of {value.called}" if helper else value.called for helper, value in made])
        """What the list calls the results, and what is worked out on the way."""
        pairs = zip(self.listed, made, strict=True)
        self.results = {value: label for label, (helper, value) in pairs if not helper}
        """The results, each with what the list calls it."""

    @property
    def page(self) -> Page:
        """The sheet as it is now."""
        return Page(self.live, self.columns)

    def changes(
        self, value: Value, index: Sequence[int] | None = None, *, forward: bool = False
    ) -> dict[str, float | str]:
        """What is to be typed to choose an element of a gradient, or of a result."""
        indices = {name: explain_tables.AUTO for name in self.live.names if name.startswith("explain_index_")}
        chosen = {f"explain_index_{k}": float(at) for k, at in enumerate(index or (), start=1)}
        label = (self.results if forward else self.labels)[value]
        return {"explain_tensor": label} | indices | chosen  # type: ignore[return-value]

    def placed(self, changes: dict[str, float | str]) -> dict[Place, float | str]:
        """The same by sheet and cell."""
        return {self.live.names[name]: content for name, content in changes.items()}

    def choose(self, value: Value, index: Sequence[int] | None = None, *, forward: bool = False) -> Page:
        """Choose an element of a gradient, or of a result."""
        self.live.type(self.changes(value, index, forward=forward))
        return self.page

    def value(self, name: str) -> Value:
        """A value by its recorded name."""
        return next(value for value in (*self.values, *self.results) if value.name == name)

    def check_results(self, each: int, seed: int = 0, truth: Truth | None = None) -> dict[bool, int]:
        """Hold some elements of every result against PyTorch; return how many are sums, and how many are not."""
        count = {True: 0, False: 0}
        for value in self.results:
            for index in some(value, each, seed):
                page = self.choose(value, index, forward=True)
                count[self.check_result(page, value, index, truth)] += 1
        assert not self.live.errors(NAME)
        return count

    def check_result(self, page: Page, value: Value, index: tuple[int, ...], truth: Truth | None = None) -> bool:
        """Hold what an element of a result is made of against PyTorch; return whether it is a sum of products."""
        lines, number = page.lines, (truth or self.truth).number(Known(value.name, index))
        label = f"{self.results[value]}[{', '.join(map(str, index))}]" if index else self.results[value]
        told = str(page.at(layout.RESULT, layout.NUMBER)).removeprefix(f"{label} ")
        assert page.total == near(number), label
        sheet, place = self.places.at(value.name, *index)
        is_sum = told.startswith(("is the sum of ", "is a single term"))
        assert page.verdict == f"= {sheet}!{place}" + " ✓" * is_sum
        before = 0.0
        for k, line in enumerate(lines, start=1):
            assert line.number == k
            self._check_cell(line.from_g, line.g, line.g_address, truth)
            if is_sum:
                before += line.product
                assert (line.product, line.so_far) == (near(line.g * line.x), near(before))
                if line.x_address > 0:
                    self._check_cell(line.from_x, line.x, line.x_address, truth)
                else:
                    assert (line.from_x, line.x) in {("added as it is", 1), ("not read there", 0)}
            else:
                assert {line.from_x, line.x, line.product, line.so_far} <= {"", None}
        [way] = page.paths
        assert way.target == self._leads_to(self._part_of(value))
        assert {line.step or "" for line in lines} <= {"the step →" if way.target else ""}
        assert way.count == len(lines)
        assert way.adds == near(number) if is_sum else way.adds in ("", None)
        if not is_sum and lines:
            assert told == f"is worked out from {f'{len(lines)} numbers' if len(lines) > 1 else 'a single number'}"
            assert len({line.g_address for line in lines}) == len(lines)
        return is_sum

    def check_all(self, each: int, seed: int = 0) -> int:
        """Hold some elements of every gradient against autograd; return how many terms these have."""
        count = 0
        for value in self.values:
            for index in some(value, each, seed):
                page = self.choose(value, index)
                self.check(page, value, index)
                count += len(page.lines)
        assert not self.live.errors(NAME)
        return count

    def check(self, page: Page, value: Value, index: tuple[int, ...]) -> None:
        """Hold the list of terms of an element against autograd: its paths, each number, and the sum."""
        lines = page.lines
        assert value.gradient is not None
        gradient = float(value.gradient[index])
        self._check_paths(page, value, index, lines)
        before = 0.0
        for number, line in enumerate(lines, start=1):
            before += line.product
            assert line.number == number
            assert line.product == near(line.g * line.x)
            assert line.so_far == near(before)
            self._check_cell(line.from_g, line.g, line.g_address)
            if line.x_address > 0:
                self._check_cell(line.from_x, line.x, line.x_address)
            else:
                assert (line.from_x, line.x) in {("passes as it is", 1), ("not read there", 0)}
        assert page.total == near(gradient), (value.called, index)
        sheet, place = self.places.at(f"grad.{value.name}", *index)
        assert page.verdict == f"= {sheet}!{place} ✓"
        label = f"{self.labels[value]}[{', '.join(map(str, index))}]" if index else self.labels[value]
        told = str(page.at(layout.RESULT, layout.NUMBER))
        assert told.startswith(f"{label} is ")
        assert len(lines) < 2 or f"the sum of {len(lines)} terms" in told

    def _check_paths(self, page: Page, value: Value, index: tuple[int, ...], lines: list[Line]) -> None:
        """Each step that passes something on is there, with what PyTorch says that it adds."""
        expected = []
        for number, part in enumerate(self.truth.plan.parts, start=1):
            if part.direction == "backward" and part.call and value in part.call.inputs:
                share = self.truth.share(number, Known(f"grad.{value.name}", index))
                expected.append((part.name, share, self._leads_to(number)))
        if value in self.truth.graph.seeds:
            expected.append(("given", float(self.truth.graph.seeds[value][index]), ""))
        paths = page.paths
        assert len(paths) == len(expected), value.called
        first = 0
        for path, (name, share, target) in zip(paths, expected, strict=True):
            before, cut, end = path.name.partition("…")  # of a longer name, the end is shown
            assert path.name == name or (cut and name.startswith(before) and name.endswith(end)), value.called
            assert path.target == target, (value.called, name)
            own = lines[first : first + int(path.count)]
            first += len(own)
            assert path.adds == near(sum(line.product for line in own))
            if value.is_float:
                assert path.adds == near(share), (value.called, index, name)
            assert {line.step or "" for line in own} <= {"given" if name == "given" else "the step →" if target else ""}
        assert first == len(lines)

    def _part_of(self, value: Value) -> int:
        """The number of the part that makes a result, from 1 on."""
        parts = enumerate(self.truth.plan.parts, start=1)
        return next(k for k, part in parts if part.call and value in part.call.outputs and not part.helper)

    def _leads_to(self, number: int) -> str:
        """The target of a link to the sheet of a part's step; '' where the story has none."""
        sheet = self.truth.sheet_of(number)
        return f"#{quoted(sheet)}!$A$1" if sheet else ""

    def _check_cell(self, text: str, number: float, address: float, truth: Truth | None = None) -> None:
        """The number is that of its cell, and PyTorch's, where it is known; its text says which element that is."""
        place = self.places.of_address(address)
        stands = self.live.value(place)
        assert number == near(float(stands)) or number == 0, (text, place)  # type: ignore[arg-type]
        for known in self.places.known_at(place):
            assert truth is None or number == near(truth.number(known)) or number == 0, (text, known)
            shape = self.truth.shape(known.key)
            index = ", ".join(str(at) for at, size in zip(known.index, shape, strict=True) if size > 1)
            written = re.sub(r"^…?.*?( \(([\d, ]+)\))?$", r"\2", text)
            assert written == index, (text, known)


def some(value: Value, count: int, seed: int = 0) -> list[tuple[int, ...]]:
    """The element with the largest gradient, or the first one, the last one, and a few at random."""
    rng = np.random.default_rng([seed, *value.shape])
    flat = [
        0 if value.gradient is None else int(np.abs(value.gradient).argmax()),
        value.data.size - 1,
        *rng.integers(value.data.size, size=count).tolist(),
    ]
    return list(dict.fromkeys(tuple(int(k) for k in np.unravel_index(n, value.shape)) for n in flat[:count]))


def hint(page: Page, k: int) -> object:
    """What stands below the cell of an index."""
    return page.at(layout.HINTS, layout.INDICES[k])
