"""What the Lens must show, by PyTorch's autograd, and the comparison of every number on it."""

from __future__ import annotations

from functools import cached_property

import numpy as np
import pytest

from excel_export.compiler.trace.tracer import trace
from excel_export.graph.graph import Graph
from excel_export.graph.parts import part
from excel_export.shared.infinity import NEVER
from excel_export.sheets.book import Book, start_book
from excel_export.sheets.lens.selection import NOTHING
from excel_export.views.plan import Part, Plan, PlanStep
from excel_export.views.views import SHOWN_PATHS
from tests.support.arithmetic import shown_number, worked_out
from tests.support.lens import SLOTS, Known, Shown

RELATIVE, ABSOLUTE = 1e-9, 1e-11


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
    def plan(self) -> Plan:
        """The steps that the network must have."""
        book: Book = start_book(self.graph, 0.1)
        return Plan(book.graph, book.placement)

    @property
    def steps(self) -> list[PlanStep]:
        """The same, as a list."""
        return self.plan.steps

    def shape(self, key: str) -> tuple[int, ...]:
        """The shape of a tensor."""
        return np.shape(self.tensors[key])

    def within(self, number: int) -> tuple[int, int]:
        """The step of a part, which is counted among the parts of all steps, and the part's number in it, from 1 on."""
        step = max(k for k, step in enumerate(self.steps, start=1) if step.first <= number)
        return step, number - self.steps[step - 1].first + 1

    def main(self, step: int) -> int:
        """The part that a step shows where nobody asks for another, counted among the parts of all steps."""
        return self.steps[step - 1].first + self.steps[step - 1].main

    def keys_of(self, number: int) -> list[str]:
        """What a part of a step may show, by key, in order; [''] where it is a helper of a call."""
        part, graph = self.plan.parts[number - 1], self.graph
        if part.direction == "inputs":
            inputs = sorted(graph.of_kind("input"), key=lambda value: -value.data.size)
            return [value.name for value in (*inputs, *graph.of_kind("parameter")) if value.data.size]
        if part.direction == "loss":
            return [f"grad.{graph.loss.name}"]
        if part.direction == "update":
            return [f"after.{value.name}" for value in graph.of_kind("parameter") if value.has_grad]
        assert part.call
        if part.helper:
            return [""]
        if part.direction == "forward":
            return [value.name for value in part.call.outputs if value.data.size]
        inputs = dict.fromkeys(part.call.inputs)
        return [f"grad.{value.name}" for value in inputs if value.has_grad and value.data.size]

    def share(self, number: int, known: Known) -> float:
        """What a gradient gains through the call of a part."""
        call = self.plan.parts[number - 1].call
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
            number: the part of a step that was chosen, counted among the parts of all steps.
            which: the tensor that was chosen, from 0 on.
            index: the element that was chosen, by its last indices; None for the step's own example.
        """
        part, key = self.plan.parts[number - 1], self.keys_of(number)[which]
        assert (shown.field("step"), shown.field("part")) == (self.within(number)[0], number)
        made, backward = shown.field("made"), part.direction == "backward"
        share = made
        if key:
            [known] = [known for known in shown.made if known.key == key] or [None]
            assert known, f"part {number} shows {shown.made} instead of {key}"
            assert index is None or known.index[len(known.index) - len(index) :] == index
            assert made == near(self.number(known))
            name = shown.line.partition("  =  ")[0]
            index_text = ", ".join(str(k) for k, size in zip(known.index, self.shape(key), strict=True) if size > 1)
            written = name.removesuffix(" along this path")
            assert not index_text or written.endswith(f" ({index_text})")
        if backward:
            share = self.share(number, known)
            assert shown.field("share") == near(share)
            assert shown.field("share") + shown.field("others") == near(self.number(known))
            self._check_paths(shown, part, known, share)
        self._check_lines(shown, share)
        self._check_arithmetic(shown, share)
        self._check_numbers(shown)
        self._check_operands_in_view(shown)

    def _check_paths(self, shown: Shown, part: Part, known: Known, share: float) -> None:
        value = next(value for value in part.call.inputs if f"grad.{value.name}" == known.key)
        others = [call for call in self.graph.calls if call is not part.call and value in call.inputs]
        assert "Chain rule" in shown.paths
        if not others:
            assert share == near(self.number(known))
            assert "along this path" not in shown.line
            assert "No other step adds" in shown.paths
            return
        assert " along this path  =  " in shown.line
        for call in others[:SHOWN_PATHS]:
            assert call.outputs[0].called in shown.paths
        for text, exact in zip(shown.paths.rpartition(") add ")[2].split(". Together: "),
                               (self.number(known) - share, self.number(known)), strict=True):  # fmt: skip
            found, off = shown_number(text.rstrip("."))
            assert found == pytest.approx(exact, abs=off * 1.001 + ABSOLUTE)

    def _check_lines(self, shown: Shown, exact: float) -> None:
        """Each number is its cell's, and the products add up to the element."""
        for line in shown.lines:
            for code, number in ((line.cell, line.x), (line.factor, line.w)):
                if code != NOTHING:
                    for known in shown.known(code):
                        assert number == near(self.number(known)) or (code == line.factor and number == 0), known
        if shown.lines and not shown.field("spelled"):
            products = [line.x * line.w for line in shown.lines if line.adds]
            assert shown.field("one alone") + sum(products) == near(exact)

    def _check_arithmetic(self, shown: Shown, exact: float) -> None:
        """Who works out the line by hand, from the digits that it shows, comes to the element."""
        _, *middle, result = shown.line.split("  =  ")
        found, off = shown_number(result)
        assert found == pytest.approx(exact, abs=off * 1.001 + ABSOLUTE)
        assert off <= max(0.006 * abs(exact), 0.005), f"{result} is too coarse"
        products = [line.product for line in shown.lines if line.adds and exact + line.product != exact]
        assert not middle or shown.lines
        assert middle or len(products) <= 1, "what is more than a copy is worked out"
        if middle:
            self._check_by_hand(middle[0], exact)
        if shown.part_line.startswith("of which "):
            label, _, products_of_group = shown.part_line.removeprefix("of which ").partition(": ")
            sum_of_group = sum(line.product for line in shown.lines if line.group == shown.field("open group"))
            assert label == shown.text("name of the open group")
            text, _, written = products_of_group.partition("  =  ")
            self._check_by_hand(text, sum_of_group)
            found, off = shown_number(written.split("     ")[0])
            assert found == pytest.approx(sum_of_group, abs=off * 1.001 + ABSOLUTE)

    def _check_by_hand(self, text: str, exact: float) -> None:
        by_hand, may_be_off = worked_out(text)
        assert by_hand == pytest.approx(exact, abs=1.5 * may_be_off + ABSOLUTE), text

    def _check_numbers(self, shown: Shown) -> None:
        """Each large number is that of its cell, in the unit that is said; those of a slot are of one tensor."""
        for number in SLOTS:
            codes, exact = (shown.rectangle(f"slot {number + 1}: {what}") for what in ("shown", "numbers"))
            unit, keys = shown.field(f"slot {number + 1}: unit shown"), []
            for line in zip(codes, exact, shown.numbers(number), strict=True):
                for code, value, written in zip(*line, strict=True):
                    assert (code == NOTHING) == (value in ("", None)) == (written in ("", None))
                    if code == NOTHING:
                        continue
                    assert written == ("−∞" if value <= NEVER else near(value / unit))
                    known = shown.known(code)
                    keys.append({each.key for each in known})
                    for each in known:
                        assert value == near(self.number(each)), each
            assert all(each == keys[0] for each in keys), f"slot {number + 1} shows several tensors"

    def _check_operands_in_view(self, shown: Shown) -> None:
        """What the element reads is among the large numbers; what a closed group sums up, in a picture."""
        assert any(shown.field("code") in shown.listed(number) for number in SLOTS), "the element is not shown"
        open_group, spelled = shown.field("open group"), shown.field("spelled") > 0
        for line in shown.lines:
            is_open = spelled or not line.adds or line.group == open_group
            for code, place in ((line.cell, line.slot), (line.factor, line.factor_slot)):
                if code == NOTHING or not (shown.known(code) or place):
                    continue
                assert place, f"{shown.known(code)} has no slot"
                if is_open and not (line.w == 0 and line.adds):
                    assert code in shown.listed(int(place) - 1), f"{shown.known(code)} is not in slot {place}"
                else:
                    assert shown.field(f"slot {int(place)}: tensor"), f"slot {place} has no picture"
        if shown.field("has one alone"):
            place = int(shown.field("slot of one alone"))
            assert shown.field("code of one alone") in shown.listed(place - 1)
