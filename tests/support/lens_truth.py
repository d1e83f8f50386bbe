"""What the Lens must show, by PyTorch's autograd, and the comparison of every number on it."""

from __future__ import annotations

import math
from functools import cached_property
from itertools import pairwise

import numpy as np
import pytest

from excel_export.compiler.trace.tracer import trace
from excel_export.graph.graph import Graph
from excel_export.graph.parts import part
from excel_export.sheets.book import Book, start_book
from excel_export.sheets.plan import Plan, PlanStep
from tests.support.arithmetic import shown_number, worked_out
from tests.support.lens import NO_CODE, Known, Shown

RELATIVE, ABSOLUTE = 1e-9, 1e-11
UNITS = {"in trillions": 1e12, "in billions": 1e9, "in millions": 1e6, "in thousands": 1e3, "in thousandths": 1e-3,
         "in millionths": 1e-6}  # fmt: skip


def near(number: float) -> object:
    """A number but for rounding: LibreOffice keeps 15 digits, and takes small differences as 0."""
    return pytest.approx(number, rel=RELATIVE, abs=ABSOLUTE)


class Truth:
    """A module's eager float64 run: every tensor, every gradient, and what each call adds to a gradient."""

    def __init__(self, module, inputs, rate: float = 0.1, start: str | None = None, stop: str | None = None) -> None:  # type: ignore[no-untyped-def]
        graph = trace(module, inputs)
        self.graph: Graph = part(graph, start, stop) if start or stop else graph
        self.tensors = dict(self.graph.tensors)
        for value in self.graph.of_kind("parameter"):
            if value.gradient is not None:
                self.tensors[f"after.{value.name}"] = value.data - rate * value.gradient

    @cached_property
    def steps(self) -> list[PlanStep]:
        """The steps that the network must have."""
        book: Book = start_book(self.graph, 0.1)
        return Plan(book.graph, book.placement).steps

    def shape(self, key: str) -> tuple[int, ...]:
        """The shape of a tensor."""
        return np.shape(self.tensors[key])

    def keys_of(self, number: int) -> list[str]:
        """What a step may show, by key, in order; [''] where it is a helper of a call."""
        step, graph = self.steps[number - 1], self.graph
        if step.direction == "inputs":
            inputs = sorted(graph.of_kind("input"), key=lambda value: -value.data.size)
            return [value.name for value in (*inputs, *graph.of_kind("parameter")) if value.data.size]
        if step.direction == "loss":
            return [f"grad.{graph.loss.name}"]
        if step.direction == "update":
            return [f"after.{value.name}" for value in graph.of_kind("parameter") if value.has_grad]
        assert step.call
        if step.helper:
            return [""]
        if step.direction == "forward":
            return [value.name for value in step.call.outputs if value.data.size]
        inputs = dict.fromkeys(step.call.inputs)
        return [f"grad.{value.name}" for value in inputs if value.has_grad and value.data.size]

    def share(self, number: int, known: Known) -> float:
        """What a gradient gains through the call of a step."""
        call = self.steps[number - 1].call
        assert call
        shares = [share for value, share in call.contributions if f"grad.{value.name}" == known.key]
        return float(sum(share[known.index] for share in shares))

    def number(self, known: Known) -> float:
        """The number of an element."""
        return float(self.tensors[known.key][known.index])

    def check(self, shown: Shown, number: int, which: int = 0, index: tuple[int, ...] | None = None) -> None:
        """Hold everything that the Lens shows against the truth.

        Args:
            shown: the Lens.
            number: the step that was chosen.
            which: the tensor that was chosen, from 0 on.
            index: the element that was chosen, by its last indices; None for the step's own example.
        """
        step, key = self.steps[number - 1], self.keys_of(number)[which]
        assert shown.field("step") == number
        made = shown.field("made")
        if key:
            [known] = [known for known in shown.made if known.key == key] or [None]
            assert known, f"step {number} shows {shown.made} instead of {key}"
            assert index is None or known.index[len(known.index) - len(index) :] == index
            assert made == near(self.number(known))
            name = shown.line.partition("  =  ")[0]
            index_text = ", ".join(str(k) for k, size in zip(known.index, self.shape(key), strict=True) if size > 1)
            written = name.removesuffix(" along this path")
            assert written.endswith(f" ({index_text})" if index_text else " ")
        if step.direction == "backward":
            share = self.share(number, known)
            assert shown.field("share") == near(share)
            assert shown.field("share") + shown.field("others") == near(self.number(known))
            self._check_paths(shown, step, known, share)
        self._check_terms(shown, step.direction == "backward")
        self._check_line(shown, share if step.direction == "backward" else made)
        self._check_maps(shown)

    def _check_paths(self, shown: Shown, step: PlanStep, known: Known, share: float) -> None:
        value = next(value for value in step.call.inputs if f"grad.{value.name}" == known.key)
        others = [call for call in self.graph.calls if call is not step.call and value in call.inputs]
        assert "Chain rule" in shown.paths
        if not others:
            assert share == near(self.number(known))
            assert "along this path" not in shown.line
            assert "No other step adds" in shown.paths
            return
        assert " along this path  =  " in shown.line
        for call in others:
            assert call.outputs[0].called in shown.paths
        for text, exact in zip(shown.paths.rpartition(") add ")[2].split(". Together: "),
                               (self.number(known) - share, self.number(known)), strict=True):  # fmt: skip
            found, off = shown_number(text.rstrip("."))
            assert found == pytest.approx(exact, abs=off * 1.001 + ABSOLUTE)

    def _check_terms(self, shown: Shown, backward: bool) -> None:
        total = shown.field("one alone")
        spelled = shown.field("spelled") > 0
        for at, x, by, w in shown.terms:
            for code, number in ((at, x), (by, w)):
                if code < NO_CODE:
                    for known in shown.known(code):
                        assert number == near(self.number(known)), known
            if by >= NO_CODE:
                assert w == 1
            total += x * w
        if shown.terms and not spelled:
            assert total == near(shown.field("share") if backward else shown.field("made"))

    def _check_line(self, shown: Shown, exact: float) -> None:
        _, *middle, result = shown.line.split("  =  ")
        found, off = shown_number(result)
        assert found == pytest.approx(exact, abs=off * 1.001 + ABSOLUTE)
        assert off <= max(0.006 * abs(exact), 0.005), f"{result} is too coarse"
        products = [x * w for _, x, _, w in shown.terms if exact + x * w != exact]
        assert not middle or shown.terms
        assert middle or len(products) <= 1, "what is more than a copy is worked out"
        if middle:
            by_hand, may_be_off = worked_out(middle[0])
            assert by_hand == pytest.approx(exact, abs=1.5 * may_be_off + ABSOLUTE), shown.line

    def _check_maps(self, shown: Shown) -> None:
        for which in ("in", "met", "out"):
            raw, numbers, head = shown.square(which), shown.map(which), shown.head(which)
            unit = next((unit for words, unit in UNITS.items() if f"({words})" in head), 1.0)
            for raw_row, row in zip(raw, numbers, strict=True):
                for exact, number in zip(raw_row, row, strict=True):
                    assert (exact in ("", None)) == (number in ("", None))
                    if isinstance(exact, (int, float)):
                        assert number * unit == near(exact)
        self._check_window(shown, "out cells", "out", shown.made)
        assert any(shown.field("code") in row for row in shown.square("out cells"))
        has_source = shown.field("has a source") > 0
        if has_source:
            self._check_window(shown, "in cells", "in", [])
        if shown.field("has one beside") > 0:
            self._check_window(shown, "beside cells", "met", [])
        else:
            self._check_factors(shown)

    def _check_window(self, shown: Shown, cells: str, which: str, same: list[Known]) -> None:
        """Each place of a map shows the number of its cell, and the cells are a part of one tensor."""
        keys = []
        for codes, numbers in zip(shown.square(cells), shown.square(which), strict=True):
            line = []
            for code, number in zip(codes, numbers, strict=True):
                assert bool(code) == (number not in ("", None))
                if not code:
                    continue
                known = shown.known(code)
                keys.append({each.key for each in known})
                for each in known:
                    assert number == near(self.number(each)), each
                line += known[:1]
            for one, other in pairwise(line):
                steps = np.subtract(other.index, one.index)
                assert steps[np.flatnonzero(steps)].tolist() == [1], f"{one} stands beside {other}"
        assert keys, f"{cells} shows nothing"
        assert all(each == keys[0] for each in keys)
        if same:
            assert keys[0] == {known.key for known in same}
        if keys[0]:
            # Of more than two dimensions, a map shows the last two.
            shape = self.shape(min(keys[0]))[-2:]
            assert len(keys) >= min(9, max(shape, default=1), math.prod(shape))

    def _check_factors(self, shown: Shown) -> None:
        """Beside each place of the input stands the factor that it meets."""
        factor = {at: w for at, _, by, w in reversed(shown.terms) if by < NO_CODE}
        for codes, numbers in zip(shown.square("in cells"), shown.square("met"), strict=True):
            for code, number in zip(codes, numbers, strict=True):
                if code in factor:
                    assert number == near(factor[code])
                else:
                    assert number in ("", None)
