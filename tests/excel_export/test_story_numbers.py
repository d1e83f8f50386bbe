"""The numbers of the story: the network's, in other engines, before and after edits; and sums as shown."""

import copy
import itertools
import re
import zipfile
from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal

import numpy as np
import pytest
import torch
from openpyxl.utils import column_index_from_string
from torch import nn

from excel_export import export
from tests.support.cells import cell as name_of
from tests.support.engines import Recalculated, recalculate, sheet_parts
from tests.support.excel_fit import Fit
from tests.support.kinds import Made
from tests.support.live import Live
from tests.support.long_proofs import only_quick
from tests.support.shown_digits import differences, numbers_in
from tests.support.story_sheets import StorySheet, references_in, story_of
from tests.support.story_workbooks import ALL, EACH, TEACHING

EDITED = only_quick(
    ALL, TEACHING, "example small_cnn", "example attention", "example xor", "lesson two-layers", "lesson attention"
)
SAID = only_quick(ALL, TEACHING, "example attention", "example xor", "lesson two-layers")
ENGINES = ["ironcalc", "formulon", "libreoffice"]
CHOSEN = only_quick([*ALL, "part from", "part to", "random"], "example small_cnn", "lesson relu-and-max-pool")
COMPUTED = only_quick(
    [*ALL, "part from", "part to", "odd names", "random"], "example small_cnn", "example attention", "example xor"
)
CLOSE = 1e-9


class Opened:
    """A workbook open in an engine, with the sheets of its story."""

    def __init__(self, made: Made, folder) -> None:
        self.made, self.live, self.sheets = made, Live(made.path, folder), story_of(made.path)

    def odd(self) -> dict[str, object]:
        """Where no ✓ stands beside a result, or another number than the result; and where an error stands."""
        found: dict[str, object] = {}
        for sheet in self.sheets:
            found |= {f"{sheet.name}!{cell}": error for cell, error in self.live.errors(sheet.name).items()}
            for cell, result, own in sheet.checks:
                said, one, other = (self.live.value((sheet.name, each)) for each in (cell, result, own))
                if said != "✓" or not _is_close(one, other):
                    found[f"{sheet.name}!{result}"] = said, one, other
        return found


@pytest.fixture(scope="module")
def opened(made_of, tmp_path_factory):
    """Opens the workbook of a kind."""

    def open_(kind: str) -> Opened:
        return Opened(made_of(kind), tmp_path_factory.mktemp("live"))

    return open_


def _is_close(one: object, other: object) -> bool:
    numbers = isinstance(one, (int, float)) and isinstance(other, (int, float))
    return bool(numbers) and abs(one - other) <= CLOSE * max(1.0, abs(other))


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("kind", COMPUTED)
def test_each_result_is_the_networks_and_the_networks_is_pytorchs(kind, engine, made_of, tmp_path):
    made = made_of(kind)
    computed = recalculate(made.path, engine, tmp_path)
    assert made.compare(computed.path).ok
    for sheet in story_of(made.path):
        for cell, result, own in sheet.checks:
            place = f"{sheet.name}!{result}"
            assert computed.value(sheet.name, cell) == "✓", place
            number = _of_the_network(computed, sheet, own)
            assert _is_close(computed.value(sheet.name, result), number), place


def _of_the_network(computed: Recalculated, sheet: StorySheet, cell: str) -> object:
    """The number of the network that a cell leads to: by references, and by INDEX of a map."""
    on = sheet.name
    for _ in range(5):
        formula = sheet.formulas[cell].replace("$", "")
        found = re.fullmatch(
            r"INDEX\((?:'((?:[^']|'')+)'!)?([A-Z]+)(\d+):[A-Z]+\d+,([A-Z]+\d+)(?:,([A-Z]+\d+))?\)", formula
        )
        if not found:
            break
        at = [int(computed.value(sheet.name, each)) - 1 for each in found.groups()[3:] if each]
        cell = name_of(int(found[3]) + at[0], column_index_from_string(found[2]) + (at[1] if len(at) > 1 else 0))
        if found[1]:
            on = found[1]
            break
    if on == sheet.name:
        place = re.fullmatch(r"'((?:[^']|'')+)'!([A-Z]+\d+)", formula)
        assert place, f"{sheet.name}!{cell} is no number of the network: {formula}"
        on, cell = place[1].replace("''", "'"), place[2]
    return computed.value(on, cell)


class Chain(nn.Module):
    """Two layers, so small that all of it can be written out below."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(2)
        self.first, self.second = nn.Linear(3, 4), nn.Linear(4, 2)

    def forward(self, x, label):
        return nn.functional.cross_entropy(self.second(torch.tanh(self.first(x))), label)


def test_results_are_what_pytorch_itself_computes(tmp_path):
    module, inputs = Chain(), {"x": torch.tensor([[0.5, -1.0, 2.0]]), "label": torch.tensor([1])}
    export(module, inputs, tmp_path / "chain.xlsx")
    computed = recalculate(tmp_path / "chain.xlsx", "ironcalc", tmp_path)
    module = module.double()
    x = inputs["x"].double()
    first = module.first(x)
    hidden = torch.tanh(first)
    scores = module.second(hidden)
    loss = nn.functional.cross_entropy(scores, inputs["label"])
    made = (first, hidden, scores, loss)
    grads = torch.autograd.grad(loss, [*made, module.first.weight])
    known = [*(each.detach() for each in made), *grads]
    updated = module.first.weight.detach() - 0.1 * grads[-1]
    results = {}
    for sheet in story_of(tmp_path / "chain.xlsx"):
        for _, result, _own in sheet.checks:
            results[f"{sheet.name}!{result}"] = computed.value(sheet.name, result)
    for place, number in results.items():
        assert any(np.isclose(each.numpy(), number, rtol=1e-9, atol=1e-12).any() for each in (*known, updated)), place
    for each in (scores, loss, grads[2]):  # all scores, the loss, and all gradients of the scores
        for number in each.detach().numpy().ravel():
            assert any(_is_close(number, shown) for shown in results.values()), number
    steepest = grads[-1].abs().max().item()
    assert any(_is_close(steepest, abs(shown)) for shown in results.values()), "the weight with the largest gradient"


@pytest.mark.parametrize("kind", EDITED)
def test_all_agree_after_each_edit(kind, opened):
    workbook = opened(kind)
    live = workbook.live
    assert workbook.odd() == {}
    for what, changes in _edits(workbook):
        before = {place: live.value(place) for place in changes}
        loss = live.value("loss")
        live.type(changes)
        assert workbook.odd() == {}, what
        assert what == "learning rate" or live.value("loss") != loss, what
        live.type(before)


def _edits(workbook: Opened) -> Iterator[tuple[str, dict]]:
    """A number of an input, a parameter, a label, the learning rate: what each is, and what is typed where."""
    made, live = workbook.made, workbook.live
    if made.kind == TEACHING:
        yield "picture", {"picture": 3.0}
        yield "number", {"chosen_number": 9.0}
        yield "digit", {"chosen_digit": 4.0}
        name = next(name for name, each in made.module.named_parameters() if each.ndim == 4)
        yield "weight", {made.place(name, 0, 0, 1, 1): 0.75}
    else:
        gradients = _gradients(made)
        for key, steepest in gradients.items():
            place = made.place(key, *steepest)
            yield f"{key} {steepest}", {place: live.value(place) - 0.125}
        for key, given in made.inputs.items() if isinstance(made.inputs, dict) else ():
            if not given.is_floating_point():
                place = made.place(key, *(0,) * given.ndim)
                yield key, {place: 0.0 if live.value(place) else 1.0}
    rate = "start_rate" if "start_rate" in live.names else "learning_rate"
    yield "learning rate", {rate: live.value(rate) * 3}


def _gradients(made: Made) -> dict[str, tuple[int, ...]]:
    """Of the first parameter, and of each input that is no label, the place where the loss is steepest, by PyTorch."""
    module = copy.deepcopy(made.module).double()
    inputs = {
        key: each.double().requires_grad_() if each.is_floating_point() else each for key, each in made.inputs.items()
    }
    name, parameter = next((name, each) for name, each in module.named_parameters() if each.requires_grad)
    module(**inputs).backward()
    found = {name: parameter.grad} | {key: each.grad for key, each in inputs.items() if each.grad is not None}
    return {
        key: tuple(map(int, np.unravel_index(int(grad.abs().argmax()), tuple(grad.shape))))
        for key, grad in found.items() if grad is not None and grad.any()
    }  # fmt: skip


@pytest.mark.parametrize("kind", CHOSEN)
def test_all_agree_whatever_is_chosen(kind, opened):
    workbook = opened(kind)
    live = workbook.live
    for sheet in workbook.sheets:
        for cell, (first, last) in sheet.choices.items():
            place, before = (sheet.name, cell), live.value((sheet.name, cell))
            for number in dict.fromkeys((first, last, (first + last) // 2)):
                live.type({place: number})
                assert workbook.odd() == {}, f"{place}: {number}"
            live.type({place: before})


@pytest.mark.parametrize("kind", only_quick([TEACHING, "example small_cnn"], "example small_cnn"))
def test_a_choice_changes_what_is_shown(kind, opened):
    workbook = opened(kind)
    live = workbook.live
    chosen = [(sheet, cell) for sheet in workbook.sheets for cell in sheet.choices]
    assert len(chosen) >= 8
    assert {len(sheet.choices) for sheet, _ in chosen} >= {2, 3, 4}
    for sheet, cell in chosen:
        shown = [*sheet.number_formulas]
        before, old = [live.value((sheet.name, each)) for each in shown], live.value((sheet.name, cell))
        changed = False
        for number in range(1, int(sheet.choices[cell][1]) + 1):
            live.type({(sheet.name, cell): float(number)})
            changed = changed or [live.value((sheet.name, each)) for each in shown] != before
        live.type({(sheet.name, cell): old})
        assert changed, f"{sheet.name}!{cell}"


class Sees(nn.Module):
    """A convolution and a pool, before a layer."""

    def __init__(self, size: int, kernel: int, filters: int, pool: int, **settings) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.conv, self.pool = nn.Conv2d(1, filters, kernel, **settings), nn.MaxPool2d(pool)
        self.last = nn.Linear(self.pool(self.conv(torch.zeros(1, 1, size, size))).numel(), 3)
        self.size = size

    def forward(self, x, label):
        return nn.functional.cross_entropy(self.last(self.pool(torch.relu(self.conv(x))).flatten(1)), label)


SEES = {
    "3 x 3 on 7": Sees(7, 3, 2, 1),
    "4 x 4 on 6": Sees(6, 4, 2, 1),
    "5 x 5 on 8": Sees(8, 5, 3, 2),
    "5 x 5 on 12": Sees(12, 5, 6, 2),
    "3 x 3 on 28": Sees(28, 3, 4, 2),
    "a stride": Sees(7, 3, 2, 1, stride=2),
    "a border": Sees(6, 3, 2, 2, padding=1),
    "no bias": Sees(4, 2, 2, 1, bias=False),
}


@pytest.mark.parametrize("name", only_quick(SEES, "4 x 4 on 6", "5 x 5 on 8", "no bias"))
def test_a_window_of_any_size_fits_and_agrees_wherever_it_is(name, tmp_path):
    module, inputs = SEES[name], {"x": torch.randn(1, 1, SEES[name].size, SEES[name].size), "label": torch.tensor([1])}
    assert export(module, inputs, tmp_path / "net.xlsx").ok
    live = Live(tmp_path / "net.xlsx", tmp_path)
    sheets = story_of(tmp_path / "net.xlsx")
    [sheet] = [sheet for sheet in sheets if sheet.name.endswith(" convolution")]
    for across, down in (each.edges for each in sheets):
        assert max(across.values()) <= 1240
        assert max(down.values()) <= 440
    made = module.double().conv(inputs["x"].double())[0].detach().numpy()
    [(check, result, _)] = sheet.checks
    choices = [*sheet.choices]
    places = [*np.ndindex(*(int(last) for _, last in sheet.choices.values()))]
    for at in places[:: max(1, len(places) // 30)]:
        live.type({(sheet.name, cell): float(place + 1) for cell, place in zip(choices, at, strict=True)})
        filter_ = at[2] if len(at) == 3 else None
        number = live.value((sheet.name, result))
        assert live.value((sheet.name, check)) == "✓", at
        wanted = made[filter_][at[:2]] if filter_ is not None else made[:, at[0], at[1]] if at else made
        assert np.isclose(wanted, number, rtol=1e-9, atol=1e-12).any(), at


def test_where_a_relu_closes_the_path_the_sheet_says_so_and_all_is_true(opened):
    workbook = opened("example small_cnn")
    live = workbook.live
    [path] = [sheet for sheet in workbook.sheets if sheet.name.endswith("the path")]

    def said() -> str:
        return " ".join(str(live.value((path.name, cell))) for cell in path.formulas)

    assert "closed" not in said()
    place = workbook.made.place("conv.bias", 0)
    live.type({place: -100.0})
    assert workbook.odd() == {}
    assert "closed" in said()


# --- what is written out with its numbers ---------------------------------------------------------------------------

_PLACE = re.compile(r"'((?:[^']|'')+)'!([A-Z]+\d+)")
_HELD = re.compile(r"(?<![\w.$'\"])\d+\.\d+(?![\w.'\"])")
TAIL = re.compile(r"(−?\d+(?:\.\d+)?(?:E[+-]?\d+)?)(.*)")


@pytest.mark.parametrize("kind", EACH)
def test_what_is_written_out_comes_out_by_the_digits_that_it_shows(kind, made_of):
    for sheet in story_of(made_of(kind).path):
        found = 0
        for cell, text in sheet.worked.items():
            for line in _equations(text):
                assert list(differences(line)) == [], f"{sheet.name}!{cell}: {text}"
                found += 1
        assert found or sheet.worked or not sheet.checks, f"{sheet.name}: nothing is written out with its numbers"


def _equations(text: str) -> Iterator[str]:
    """The sums and products that a sentence writes out, each as `differences` reads it."""
    if "…" in text or re.search(r"\+ \d+ more", text):
        return
    text = re.sub(r"^[^=]*?[A-Za-z)][^=()]*: (?=[−(\d])", "", text)
    parts = text.rsplit(" = ", 1) if "if " in text else text.split(" = ")
    for left, right in itertools.pairwise(parts):
        shown = TAIL.match(right)
        assert shown, f"{right!r} in {text!r}"
        yield f"{left.rsplit('.  ', 1)[-1]}  =  {shown[1]}"


_DIGITS = r"(−?\d+\.\d{4})"
_PRODUCT = re.compile(rf"(?:^|: |  |, ){_DIGITS} × \(?{_DIGITS}\)? (=|≈) {_DIGITS}(?!\d|\.\d|E)")


@pytest.mark.parametrize("kind", EACH)
def test_a_calculator_gives_what_stands_behind_an_equals_sign(kind, made_of):
    """From the four digits that are shown, to the last digit; where it gives another one, ≈ stands instead."""
    signs = set()
    for sheet in story_of(made_of(kind).path):
        for text in sheet.said:
            for *factors, sign, shown in _PRODUCT.findall(text):
                one, other, result = (Decimal(each.replace("−", "-")) for each in (*factors, shown))
                product = (one * other).quantize(result, ROUND_HALF_UP)
                assert (product == result) == (sign == "="), f"{sheet.name}: {text}"
                signs.add(sign)
    if kind == TEACHING:
        assert signs == {"=", "≈"}


def test_tiny_numbers_beside_large_ones_are_nearly_none(made_of, tmp_path):
    path = made_of(TEACHING).path
    names = "6 softmax and loss", "9 back, loss", "11 back, last conv"
    fit = Fit(path, tmp_path, *names)
    for name in names:
        shown = [text for _, text, _ in fit.sheets[name].sizes()]
        assert "≈ 0" in shown, name
        assert not [text for text in shown if re.search(r"\dE[+-]", text)], name


@pytest.mark.parametrize("kind", SAID)
def test_a_number_is_spelled_alike_in_cells_and_in_sentences(kind, made_of, tmp_path):
    path = made_of(kind).path
    sheets = story_of(path)
    fit = Fit(path, tmp_path, *(sheet.name for sheet in sheets))
    spelled: dict[float, dict[str, str]] = {}
    for sheet in sheets:
        shown = set()
        for cell, text, _ in fit.sheets[sheet.name].sizes():
            value = fit.live.value((sheet.name, cell.coordinate))
            size = text.lstrip("-−")
            shown.add(size)
            if cell.number_format != "General" and "." in size and sheet is not sheets[-1]:  # which shows tiny steps
                spelled.setdefault(abs(float(f"{value:.12g}")), {}).setdefault(size, f"{sheet.name}!{cell.coordinate}")
        # The squares of a map have colours; what is said of their numbers can be read nowhere else.
        unseen = [(sheet.name, cell) for cell in fit.sheets[sheet.name].coloured]
        # A number of the network's own formula, as in x · 0.5, stands in the formula of a cell.
        held = {
            each
            for cell, formula in sheet.formulas.items()
            if cell not in sheet.worked
            for each in _HELD.findall(formula)
        }
        for cell, text in sheet.worked.items():
            text = re.sub(r"; the other places: [^;]+", "", text)  # what is left stands in no cell
            said = {each for each in numbers_in(_equation_part(text)) if "." in each}
            read = [
                (place[1], place[2])
                for each in references_in(sheet.formulas[cell])
                if (place := _PLACE.fullmatch(each))
            ]
            known = {
                spelling
                for place in (*unseen, *read)
                if isinstance(value := fit.live.value(place), float)
                for spelling in (
                    f"{abs(value):.4f}",
                    f"{abs(value):.7f}",
                    re.sub(r"E([+-])0*", r"E\1", f"{abs(value):.1E}"),
                )
            }
            assert said <= shown | known | held, f"{sheet.name}!{cell}: {text}: {said - shown - known}"
    assert {value: places for value, places in spelled.items() if len(places) > 1} == {}


def _equation_part(text: str) -> str:
    return text if "=" in text else ""


def test_the_share_of_the_path_is_the_product_of_its_slopes(made_of):
    for kind in (TEACHING, "example xor", "lesson two-layers"):
        [path] = [sheet for sheet in story_of(made_of(kind).path) if sheet.name.endswith("the path")]
        [line] = [text for text in path.worked.values() if text.startswith("This path alone: ")]
        factors, share = line.removeprefix("This path alone: ").split(" = ")
        assert list(differences(f"{factors}  =  {share}")) == []
        assert any(
            f"{value:.4f}".replace("-", "−") == share for value in path.stored.values() if isinstance(value, float)
        )


class Gathered(nn.Module):
    """Rows of numbers, added up at places that are an input, and a layer: as a layer over a graph does."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.layer = nn.Linear(3, 2)

    def forward(self, x, places):
        gathered = torch.zeros_like(x).scatter_add(0, places[:, None].expand_as(x), x)
        return self.layer(gathered).square().mean()


class HeadsAsWideAsLong(nn.Module):
    """Attention over as many words as each head has numbers, of which a mask hides the last."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.query, self.key = nn.Linear(4, 4), nn.Linear(4, 4)

    def forward(self, x, keep):
        query, key = (layer(x).view(1, 2, 2, 2).transpose(1, 2) for layer in (self.query, self.key))
        return nn.functional.scaled_dot_product_attention(query, key, key, keep[:, None, None] > 0).square().sum()


class OfSeveral(nn.Module):
    """A layer, and the cross-entropy of several samples: their mean."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.layer = nn.Linear(3, 2)

    def forward(self, x, label):
        return nn.functional.cross_entropy(self.layer(x), label)


class AsManyAsWide(nn.Module):
    """A ReLU of as many samples as there are numbers in each: its rows may lie in columns."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.first, self.second = nn.Linear(3, 4), nn.Linear(4, 2)

    def forward(self, x, label):
        return nn.functional.cross_entropy(self.second(self.first(x).relu()), label)


class Lengths(nn.Module):
    """How far samples are from a point that is learned."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.point = nn.Parameter(torch.randn(1, 2))

    def forward(self, x):
        return torch.norm(x - self.point, dim=1, keepdim=True).square().sum()


class TwoMeans(nn.Module):
    """Two layers of two inputs, and the sum of the means of their squares."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.first, self.second = nn.Conv2d(2, 3, 3, padding=1), nn.Conv2d(2, 3, 1)

    def forward(self, x, y):
        return self.first(x).square().mean() + self.second(y).square().mean()


@pytest.mark.parametrize(
    ("module", "inputs"),
    [
        (AsManyAsWide, (torch.randn(4, 3, generator=torch.Generator().manual_seed(0)), torch.tensor([0, 1, 0, 1]))),
        (Lengths, (torch.randn(3, 2, generator=torch.Generator().manual_seed(0)),)),
        (TwoMeans, (torch.ones(1, 2, 4, 4), torch.ones(1, 2, 2, 2))),
        (OfSeveral, (torch.randn(4, 3, generator=torch.Generator().manual_seed(0)), torch.tensor([0, 1, 0, 1]))),
        (Gathered, (torch.randn(4, 3, generator=torch.Generator().manual_seed(0)), torch.tensor([1, 0, 2, 1]))),
        (HeadsAsWideAsLong, (torch.randn(1, 2, 4, generator=torch.Generator().manual_seed(0)), torch.tensor([[1, 0]]))),
    ],
)
def test_the_story_of_other_modules_has_the_numbers_of_the_network(module, inputs, tmp_path):
    assert export(module(), inputs, tmp_path / "net.xlsx").ok
    with zipfile.ZipFile(tmp_path / "net.xlsx") as package:
        sheets = {name: package.read(part).decode() for name, part in sheet_parts(package).items()}
    assert not [name for name, sheet in sheets.items() if "<v>≠</v>" in sheet]
