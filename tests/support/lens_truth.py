"""What the Lens must show, by PyTorch's autograd, and the comparison of every number on it, at random choices."""

from __future__ import annotations

import math
import random
import re
from collections.abc import Iterable, Iterator
from functools import cached_property
from pathlib import Path

import numpy as np
import pytest

from excel_export import export
from excel_export.compiler.trace.tracer import trace
from excel_export.graph.graph import Graph
from excel_export.graph.subgraphs import part
from excel_export.shared.infinity import NEVER
from excel_export.sheets.book import Book, start_book
from excel_export.sheets.lens.arrangements import BETWEEN, BOX, LOSSES, PRODUCTS
from excel_export.sheets.lens.lens_layout import NAME
from excel_export.sheets.lens.selection import NOTHING
from excel_export.views.groups import COLUMNS
from excel_export.views.plan import Part, Plan, PlanStep
from excel_export.views.views import SHOWN_PATHS
from tests.support.lens import SLOTS, Known, Places, Shown
from tests.support.live import Live, Place
from tests.support.shown_digits import differences, last_digit, number_of, numbers_in

RELATIVE, ABSOLUTE = 1e-9, 1e-11
COARSEST = 5.01e-4
"""How far off a number of four digits may be."""


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
        self._check_numbers(shown, share)
        self._check_operands_in_view(shown)

    def _check_paths(self, shown: Shown, part: Part, known: Known, share: float) -> None:
        value = next(value for value in part.call.inputs if f"grad.{value.name}" == known.key)
        others = [call for call in self.graph.calls if call is not part.call and value in call.inputs]
        gradient, said = self.number(known), shown.said.removeprefix("This step passes nothing on to it. ")
        if not others:
            assert share == near(gradient)
            assert "along this path" not in shown.line
            raised = re.fullmatch(r"Raise .+ by 0\.001: the loss (grows|falls) by about (\S+)\.", said)
            if raised is None:
                reached = "the loss stays as it is, or a detach lies between."
                stays = "A small change of it leaves the loss as it is."
                assert said == (f"No gradient reaches it: {reached}" if self.graph.is_detached else stays)
                assert gradient == near(0)
                return
            _check_spelled(raised[2], abs(gradient) / 1000)
            assert raised[1] == ("falls" if gradient < 0 else "grows")
            return
        assert " along this path  =  " in shown.line
        through, _, numbers = said.removeprefix("Other paths (through ").partition(") add ")
        for call in others[:SHOWN_PATHS]:
            assert call.outputs[0].called in through
        for text, exact in zip(numbers.split(". Together: "), (gradient - share, gradient), strict=True):
            _check_spelled(text.removesuffix("."), exact)

    def _check_lines(self, shown: Shown, exact: float) -> None:
        """Each number is its cell's, and the products add up to the element."""
        for line in shown.lines:
            numbers = [shown.number(address) for address in (line.cell, line.factor) if address != NOTHING]
            self._check_cells(shown, zip((line.cell, line.factor), numbers, strict=False))
            if line.adds:  # what is sought and not wanted counts as 0
                assert line.product == near(math.prod(numbers)) or line.product == 0
        for line in shown.shown_lines:
            self._check_cells(shown, ((line.cell, line.x), (line.factor, line.w or shown.number(line.factor))))
            [known] = [shown.lines[int(line.line) - 1]]
            assert (known.cell, known.factor) == (line.cell, line.factor)
            assert line.product == near(known.product)
        if shown.lines and not shown.field("spelled"):
            assert shown.field("one alone") + sum(line.product for line in shown.lines) == near(exact)

    def _check_cells(self, shown: Shown, numbers: Iterable[tuple[float, float]]) -> None:
        for address, number in numbers:
            for known in shown.known(address) if address != NOTHING else ():
                assert number == near(self.number(known)), known

    def _check_arithmetic(self, shown: Shown, exact: float) -> None:
        """Who works out the line by hand, from the digits that it shows, comes to the element."""
        _, *middle, result = shown.line.split("  =  ")
        _check_spelled(result, exact)
        products = [line.product for line in shown.lines if line.adds and exact + line.product != exact]
        assert not middle or shown.lines
        assert middle or len(products) <= 1, "what is more than a copy is worked out"
        chains = ["  =  ".join((*middle, result))]
        if shown.part_line.startswith("of which "):
            label, _, chain = shown.part_line.removeprefix("of which ").partition(": ")
            assert label == shown.text("name of the open group")
            sum_of_group = sum(line.product for line in shown.lines if line.group == shown.field("open group"))
            _check_spelled(chain.rpartition("  =  ")[2], sum_of_group)
            assert chain.rpartition("  =  ")[2].removeprefix("−") in numbers_in(middle[0])
            chains.append(chain)
        assert not [difference for chain in chains for difference in differences(chain)]
        assert not list(hidden_operands(shown, chains[-1])), "hidden"

    def _check_numbers(self, shown: Shown, share: float) -> None:
        """Each large number is that of its cell, or what is said to stand there; those of a tensor are together."""
        for number in SLOTS:
            addresses, exact = (shown.rectangle(f"slot {number + 1}: {what}") for what in ("shown", "numbers"))
            mode = shown.field(f"slot {number + 1}: mode")
            keys: dict[bool, list[set[str]]] = {True: [], False: []}
            rows = zip(addresses, exact, shown.numbers(number), strict=True)
            places = ((row, cells) for row, line in enumerate(rows) for cells in zip(*line, strict=True))
            for place, (row, (address, value, written)) in enumerate(places):
                assert (value in ("", None)) == (written == "")
                if mode == LOSSES and row == 0:  # the heads of its columns
                    assert written == value
                    continue
                if written:
                    _check_spelled(written, value)
                if address == NOTHING:
                    if mode in (PRODUCTS, BETWEEN, LOSSES):
                        self._check_between(shown, mode, place, value)
                    else:
                        assert written == ""
                    continue
                known = shown.known(address)
                is_below = mode == BOX and row == 2
                keys[is_below].append({each.key for each in known})
                is_share = is_below and address == shown.field("code")
                for each in known:
                    assert value == near(share if is_share else self.number(each)), each
            for each in keys.values():
                assert all(one == each[0] for one in each), f"slot {number + 1} shows several tensors"

    def _check_between(self, shown: Shown, mode: float, place: int, value: object) -> None:
        """What stands there that is no cell of a tensor: a product, a slope, a loss."""
        if mode == PRODUCTS:
            found = [line.product for line in shown.shown_lines if line.product_place == place]
            assert value in ("", None) if not found else value == near(found[0])
        elif mode == BETWEEN and place // COLUMNS == 2 and value not in ("", None):
            assert value == near(shown.shown_lines[0].w)
        elif mode == LOSSES and place == COLUMNS:
            assert value == near(self.tensors[self.graph.loss.name].item())

    def _check_operands_in_view(self, shown: Shown) -> None:
        """What the element reads is among the large numbers; of what a closed group sums up, its tensor."""
        listed = [shown.listed(number) for number in SLOTS]
        assert any(shown.field("code") in each for each in listed), "the element is not shown"
        for line in shown.shown_lines:
            for address, place in line.slots:
                if address != NOTHING and (shown.known(address) or place) and not (line.w == 0 and line.product == 0):
                    assert place, f"{shown.known(address)} has no slot"
                    assert address in listed[int(place) - 1], f"{shown.known(address)} is not in slot {place}"
        in_view = {known.key for addresses in listed for address in addresses for known in shown.known(address)}
        for line in shown.lines:
            for address in (line.cell, line.factor):
                known = {each.key for each in shown.known(address)} if address != NOTHING else set()
                assert not known or known & in_view, f"{known} is not in view"
        if shown.field("has one alone"):
            place = int(shown.field("slot of one alone"))
            assert shown.field("code of one alone") in listed[place - 1]


def hidden_operands(shown: Shown, chain: str) -> Iterator[str]:
    """The operands of a line that don't stand on the screen with the same digits.

    Numbers of the formula itself, such as the 2 of a slope, are none: no cell that is read holds them.
    """
    first = chain.split("  =  ")[0]
    cells = ((line.cell, line.x) for line in shown.shown_lines)
    # A slope that is spelled out stands in the line as its formula.
    factors = () if shown.field("spelled") else ((line.factor, line.w) for line in shown.shown_lines)
    read = {number for address, number in (*cells, *factors) if address != NOTHING}
    on_screen = {text.removeprefix("−") for k in SLOTS for row in shown.numbers(k) for text in row}
    for text in dict.fromkeys(numbers_in(first)):
        is_read = any(abs(number) == pytest.approx(number_of(text), rel=COARSEST) for number in read)
        if is_read and text not in on_screen and text not in shown.panel:
            yield text


def _check_spelled(text: str, exact: object) -> None:
    """A number has four digits at least, or is exactly what it says."""
    assert isinstance(exact, (int, float))
    if exact <= NEVER or exact >= -NEVER:
        assert text == ("−∞" if exact < 0 else "∞")
        return
    found = number_of(text)
    if last_digit(text):
        assert found == pytest.approx(exact, rel=1e-9, abs=last_digit(text) / 2 * 1.001 + ABSOLUTE), text
    assert found == pytest.approx(exact, rel=COARSEST, abs=ABSOLUTE), text


class Chooser:
    """Chooses steps, tensors and elements at random."""

    def __init__(self, truth, places, seed):
        self.truth, self.places, self.random = truth, places, random.Random(seed)

    def choice(self, number):
        """What to type for a random element of a part of a step, and what must come."""
        keys = self.truth.keys_of(number)
        which = self.random.randrange(len(keys))
        step, part = self.truth.within(number)
        changes: dict[Place, float | str] = {
            self.places.story_cell: 0, self.places.step_cell: step, self.places.part_cell: part,
            self.places.tensor_cell: which + 1, self.places.group_cell: "auto",
        }  # fmt: skip
        index = None
        if keys[which] and self.random.random() < 0.8:
            shape = self.truth.shape(keys[which])
            index = tuple(self.random.randrange(size) for size in shape[-self.places.rank :])
        rank = self.places.rank
        typed = ["auto"] * rank if index is None else [*[0] * rank, *index][-rank:]
        return changes | dict(zip(self.places.index_cells, typed, strict=True)), which, index

    def steps(self, count):
        """Some parts of steps, by their numbers among all."""
        numbers = range(1, len(self.truth.plan.parts) + 1)
        return list(numbers) if count >= len(numbers) else sorted(self.random.sample(numbers, count))


def check_random_choices(live, places, truth, seed, count=1000):
    """Type random choices, one for each of some parts of steps, and hold all that is shown against the truth."""
    chooser = Chooser(truth, places, seed)
    for number in chooser.steps(count):
        changes, which, index = chooser.choice(number)
        live.type(changes)
        truth.check(Shown(live, places), number, which, index)
        assert not live.errors(NAME)


class Opened:
    """A network's workbook, open in an engine, and what PyTorch says of it."""

    def __init__(self, module, inputs, folder: Path, **options) -> None:
        self.path = folder / "net.xlsx"
        assert export(module, inputs, self.path, **options).ok
        self.truth = Truth(module, inputs, **options)
        self.live = Live(self.path, folder)
        self.places = Places(self.path, self.live)

    @property
    def shown(self) -> Shown:
        """What its Lens shows now."""
        return Shown(self.live, self.places)

    def check(self, seed: int, count: int = 1000, truth: Truth | None = None) -> None:
        """Hold random choices against the truth, or against that of a network after edits."""
        check_random_choices(self.live, self.places, truth or self.truth, seed, count)
