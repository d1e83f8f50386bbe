"""What PyTorch leaves open, or holds in another way, after an edit: Start says it where it happens, and only there."""

import pytest
import torch
from openpyxl import load_workbook
from openpyxl.formula.translate import Translator
from torch import nn

from excel_export import export, read_tensors
from excel_export.sheets.start import left_open
from tests.support.cells import cell, cells_of
from tests.support.engines import each_engine, edit, recalculate
from tests.support.live import Live
from tests.support.long_proofs import only_quick

LINES = [[3.0, 1.0, 2.0, 5.0], [0.5, 4.0, -1.0, 2.5]]


class Net(nn.Module):
    def __init__(self, function):
        super().__init__()
        torch.manual_seed(0)
        self.function, self.weight = function, nn.Parameter(torch.tensor(0.5).double())

    def forward(self, x):
        return self.function(x).square().sum() * self.weight


RANKINGS = {
    "topk": (lambda x: x.topk(2).values, 1, 2),
    "smallest": (lambda x: x.topk(2, largest=False).values, 3, 4),
    "sort": (lambda x: x.sort().values, 1, 4),
}
"""Each with the first and the last of the results, counted from the largest number."""


class Said:
    """The texts on Start, in an engine that is open, after edits that are taken back."""

    def __init__(self, path, folder):
        self._live = Live(path, folder)

    def __call__(self, changes):
        before = {place: self._live.value(place) for place in changes}
        self._live.type(changes)
        texts = [self._live.value(("Start", cell(row, col))) for row in range(1, 61) for col in range(1, 38)]
        self._live.type(before)
        return [text for text in texts if isinstance(text, str)]


def computed(path, changes, folder, engine):
    edit(path, changes, folder / "edited.xlsx")
    found = recalculate(folder / "edited.xlsx", engine, folder)
    return found.texts("Start")


@pytest.mark.parametrize("case", only_quick(RANKINGS, "topk", "smallest"))
def test_equal_numbers_are_said_where_a_result_is_one_of_them(case, tmp_path):
    function, first, last = RANKINGS[case]
    path = tmp_path / "net.xlsx"
    export(Net(function), (torch.tensor(LINES).double(),), path)
    said, cells = Said(path, tmp_path), cells_of(path, "x")
    for line, numbers in enumerate(LINES):
        order = sorted(range(4), key=lambda k: -numbers[k])
        for rank in range(1, 4):  # the number at the next rank becomes equal to it
            texts = said({cells[4 * line + order[rank]]: numbers[order[rank - 1]]})
            touches = first <= rank + 1 and rank <= last
            assert (left_open.EQUAL in texts) == touches, (line, rank)
            assert (left_open.APART in texts) != touches
    assert left_open.APART in said({})


@pytest.mark.slow
@each_engine
def test_all_engines_say_it(engine, tmp_path):
    path = tmp_path / "net.xlsx"
    export(Net(RANKINGS["topk"][0]), (torch.tensor(LINES).double(),), path)
    assert left_open.APART in computed(path, {}, tmp_path, engine)
    assert left_open.EQUAL in computed(path, {cells_of(path, "x")[0]: 5.0}, tmp_path, engine)


LARGE = {
    "y · y · y": (lambda y: y * y * y, 208_063),
    "y³": (lambda y: y**3, 208_063),
    "the product": (lambda y: y.prod(1), 208_063),
    "int32": (lambda y: y.int() * y.int(), 46_340),
}
"""Each with the largest number of which it is exact."""


@pytest.mark.parametrize("case", only_quick(LARGE, "y³", "int32", "the product"))
def test_whole_numbers_that_would_become_too_large_are_not_used(case, tmp_path):
    function, most = LARGE[case]
    path, first = tmp_path / "net.xlsx", torch.tensor([[2, 3, 4]])
    net = Net(lambda y: (function(y) % 7).double())
    export(net, (first,), path)
    live, cells = Live(path, tmp_path), cells_of(path, "x")
    for number, used in ((most, torch.tensor([[most] * 3])), (most + 1, first), (-most - 1, first)):
        live.type(dict.fromkeys(cells, float(number)))
        assert live.value("loss") == pytest.approx(net(used).item(), rel=1e-12)
        texts = [live.value(("Start", cell(row, col))) for row in range(1, 61) for col in range(1, 38)]
        assert left_open.SMALL in texts
        assert left_open.LARGE not in texts


def test_a_stable_sort_and_a_network_without_an_order_say_nothing(tmp_path):
    for function in (lambda x: x.sort(stable=True).values, lambda x: x * x):
        export(Net(function), (torch.tensor(LINES).double(),), tmp_path / "net.xlsx")
        assert not {left_open.APART, left_open.SMALL, left_open.OPEN} & {*Said(tmp_path / "net.xlsx", tmp_path)({})}
        assert "loss" in read_tensors(tmp_path / "net.xlsx")


class Rules:
    """The rules for equal numbers in the cells of a workbook, in an engine that is open."""

    def __init__(self, path, folder):
        self._live, self._places = Live(path, folder), {}
        for sheet in load_workbook(path):
            for area in sheet.conditional_formatting:
                names = [cell(*at) for bounds in area.sqref.ranges for line in bounds.rows for at in line]
                for rule in area.rules:
                    if rule.formula and "COUNTIF" in rule.formula[0]:
                        at_first = Translator(f"=IF({rule.formula[0]},1,0)", names[0])
                        places = self._live.add(sheet.title, [at_first.translate_formula(name) for name in names])
                        self._places |= {(sheet.title, name): at for name, at in zip(names, places, strict=True)}

    def red(self, changes):
        """The cells that turn red after edits, which are taken back."""
        before = {place: self._live.value(place) for place in changes}
        self._live.type(changes)
        found = {place for place, at in self._places.items() if self._live.value(at)}
        self._live.type(before)
        return found


@pytest.mark.parametrize("case", only_quick(RANKINGS, "topk"))
def test_the_cells_that_are_equal_turn_red(case, tmp_path):
    function, first, last = RANKINGS[case]
    path = tmp_path / "net.xlsx"
    export(Net(function), (torch.tensor(LINES).double(),), path)
    cells = cells_of(path, "x")
    order = sorted(range(4), key=lambda k: -LINES[0][k])
    rules = Rules(path, tmp_path)
    assert rules.red({}) == set()
    for rank in range(1, 4):
        two = cells[order[rank]], cells[order[rank - 1]]
        touches = first <= rank + 1 and rank <= last
        assert rules.red({two[0]: LINES[0][order[rank - 1]]}) == (set(two) if touches else set())
