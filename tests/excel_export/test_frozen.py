"""Branches on a live value: refused, or frozen on request. Start says what is frozen, and when it no longer holds."""

import copy
from pathlib import Path

import numpy as np
import pytest
import torch

from excel_export import ExportError, Training, export, read_tensors, verify
from excel_export.cli import main
from excel_export.compiler.confirm.confirmation import confirmed_trace
from excel_export.compiler.reference.eager import run_eagerly
from excel_export.sheets import update
from excel_export.sheets.start import left_open, start
from tests.support.engines import edit, recalculate
from tests.support.kinds import Made
from tests.support.sheets import load_sheet
from tests.support.traps import Layers, X


def branch(self, x):
    h = self.l(x).sum()
    return 2 * h if h > 0 else 3 * h


def any_of_a_mask(self, x):
    h = self.l(x)
    if (h < 0).any():
        h = h * h
    return h.sum()


def number(self, x):
    return self.l(x).sum() * self.m(x).abs().max().item()


def times(self, x):
    return sum(self.l(x).sum() for _ in range(int(x.abs().sum())))


def place(self, x):
    return self.m(x)[0, int(x.argmax())].square()


def largest(self, x):
    return max(self.l(x).sum(), self.m(x).sum())


def numbers(self, x):
    return self.l(x).sum() * sum(self.m(x)[0].tolist()) + self.l(x).sum() * float(x.detach().numpy().sum())


def changed_numbers(self, x):
    found = self.m(x)[0].tolist()
    found.append(2.0)
    return self.l(x).sum() * sum(found)


def different(self, x):
    return self.l(x).sum() * len(x.long().unique()) if not torch.equal(x, 2 * x) else x.sum()


def until_small(self, x):
    h = self.m(x)
    while h.abs().sum() > 0.5:
        h = h / 2
    return h.square().sum()


def sizes(self, x):
    n = x.argmax() + 1
    return self.m(x)[0, n:].sum() + self.m(x).narrow(1, 0, n).sum() + self.m(x).expand(n, 3).square().sum()


def where(self, x):
    return self.m(x)[torch.where(x > 0)].square().sum() + self.m(x)[(x > 0).nonzero(as_tuple=True)].sum()


def mask(self, x):
    return self.m(x)[x > 0].sort()[0].square().sum()


FUNCTIONS = (
    sizes, branch, any_of_a_mask, number, times, place, largest, numbers, changed_numbers, different, until_small,
)  # fmt: skip


def start_lines(path: Path) -> list[str]:
    """What Start says beside each thing that is frozen."""
    sheet = load_sheet(path, "Start", data_only=True)
    rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
    first = next(k for k, row in enumerate(rows) if row[1] == "What is frozen") + 2
    last = next(k for k, row in enumerate(rows) if k > first and not row[1])
    return [f"{row[1]} {row[33]}" for row in rows[first:last]]


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda function: function.__name__)
def test_what_is_read_is_refused_in_the_users_line(function):
    what = r"(is read by|how many elements) \w+\(\) (gives )?in test_frozen\.py, line .*--freeze-branches"
    with pytest.raises(ExportError, match=what):
        confirmed_trace(Layers(function), (X,))


def test_the_numbers_of_pytorchs_hooks_are_not_tried():
    """They grow with each hook that is registered, and a loop that is as long as a number would last."""
    other = torch.nn.Linear(1, 1)
    for _ in range(3000):
        other.register_forward_hook(lambda *_: None).remove()
    seen = []

    def counted_up(self, x):
        total = 0
        for k in range(int(x.abs().sum())):
            seen.append(k)
            total = total + self.l(x).sum()
        return total

    with pytest.raises(ExportError, match="is read by"):
        confirmed_trace(Layers(counted_up), (X,))
    assert 2 < max(seen) < 2000


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (
            lambda self, x: self.l(x).sum() * (x > 0).nonzero().sum(),
            r"how many elements nonzero\(\) gives in test_frozen\.py",
        ),
        (lambda self, x: self.l(x).sum() * x.unique().sum(), r"how many elements unique\(\) gives in test_frozen\.py"),
        (mask, r"how many elements the mask picks in test_frozen\.py, line .* depends on the inputs"),
        (lambda self, x: counted(self, x, 2), r"bincount\(\) gives in .* cannot grow: use minlength=, or freeze"),
    ],
    ids=["nonzero", "unique", "mask", "bincount"],
)
def test_sizes_that_follow_numbers_are_refused_with_the_way_round(function, words):
    with pytest.raises(ExportError, match=f"{words}.*--freeze-branches"):
        confirmed_trace(Layers(function), (X,))


def counted(self, x, least):
    return (torch.bincount((x[0] + 2).long(), minlength=least)[:2] * self.l(x)).sum()


def test_counts_of_as_many_as_the_refusal_asks_for_are_live():
    graph, _ = confirmed_trace(Layers(lambda self, x: counted(self, x, 5)), (X,))
    assert not graph.frozen


@pytest.mark.parametrize("function", [*FUNCTIONS, mask, where], ids=lambda function: function.__name__)
def test_what_is_frozen_is_right_as_long_as_it_holds(function):
    module = Layers(function)
    graph, _ = confirmed_trace(module, (X,), freeze_branches=True)
    plain = run_eagerly(module, (X,))
    np.testing.assert_allclose(graph.tensors["loss"], plain.loss)
    assert graph.frozen
    assert all(item.values for item in graph.frozen)


class Biased(torch.nn.Module):
    """Attention with a bias that is learned: with gradients, PyTorch lays its result otherwise than without."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.layer, self.bias = torch.nn.Linear(4, 4), torch.nn.Parameter(torch.randn(1, 2, 3, 3))

    def forward(self, x):
        heads = self.layer(x).view(1, 3, 2, 2).transpose(1, 2)
        mixed = torch.nn.functional.scaled_dot_product_attention(heads, heads, heads, self.bias)
        mixed = mixed.transpose(1, 2).contiguous().view(1, 3, 4)
        return mixed.square().sum() if x.sum() > 0 else mixed.sum()


def test_what_is_frozen_is_followed_however_results_lie_in_memory():
    graph, _ = confirmed_trace(Biased(), (torch.ones(1, 3, 4),), freeze_branches=True)
    assert len(graph.frozen) == 1


def test_a_mask_that_is_written_to_stays_live():
    def function(self, x):
        h = self.m(x) * 1
        h[h < 0] = 0.25
        return h.square().sum() * (2 if x.sum() > 0 else 1)

    (item,) = confirmed_trace(Layers(function), (X,), freeze_branches=True)[0].frozen
    assert item.by == "bool"


def test_an_input_could_be_a_plain_number():
    with pytest.raises(ExportError, match=r"give 'x' as a plain number or a list, keep it in a buffer"):
        confirmed_trace(Layers(lambda self, x: self.l(X).sum() * x.item()), (torch.ones(1),))


def test_start_says_what_is_frozen_and_whether_it_holds(tmp_path):
    module, path = Layers(branch), tmp_path / "out.xlsx"
    assert export(module, (X,), path, freeze_branches=True).ok
    assert verify(path, module, (X,), freeze_branches=True).ok
    (line,) = start_lines(path)
    assert line.startswith("bool() in test_frozen.py, line ")
    assert "return 2 * h if h > 0 else 3 * h → no" in line
    assert line.endswith(left_open.HOLDS)
    for step, says in ((-0.25, left_open.HOLDS), (5.0, left_open.BROKEN)):
        changed = copy.deepcopy(module)
        changed.l.bias.data[1] += step
        where = Made("", path, module, (X,)).place("l.bias", 1)
        edited = edit(path, {where: changed.l.bias[1].item()}, tmp_path / "edited.xlsx")
        found = recalculate(edited, "ironcalc", tmp_path).path
        assert start_lines(found)[0].endswith(says)
        same = np.allclose(read_tensors(found)["loss"], run_eagerly(changed, (X,)).loss)
        assert same == (says == left_open.HOLDS)


def test_a_step_may_change_what_is_frozen(tmp_path):
    path = tmp_path / "out.xlsx"
    export(Layers(number), (X,), path, freeze_branches=True)
    assert start_lines(path)[0].endswith(left_open.HOLDS)  # m has no gradient: no step changes it
    export(Layers(lambda self, x: self.l(x).sum() / self.l(x).sum().item()), (X,), path, freeze_branches=True)
    assert start_lines(path)[0].endswith(left_open.BROKEN_AFTER)


def test_a_whole_number_holds_until_it_is_another(tmp_path):
    path, module = tmp_path / "out.xlsx", Layers(times)
    export(module, (X,), path, freeze_branches=True)
    place = Made("", path, module, (X,)).place("x", 0, 0)
    for number, says in ((1.3, left_open.HOLDS), (1.6, left_open.BROKEN)):
        edited = edit(path, {place: number}, tmp_path / "edited.xlsx")
        assert start_lines(recalculate(edited, "ironcalc", tmp_path).path)[0].endswith(says)


def test_what_can_not_be_frozen(tmp_path):
    with pytest.raises(ExportError, match="reads more than 64 numbers"):
        confirmed_trace(Layers(lambda self, x: x.expand(30, 3).tolist()), (X,), freeze_branches=True)
    with pytest.raises(ExportError, match="a training would not follow it"):
        export(Layers(branch), (X,), tmp_path / "out.xlsx", freeze_branches=True, training=Training([(X,)], steps=2))
    with pytest.raises(ExportError, match=r"if h > 0 else 3 \* h: only the sheet Start says .*: leave out `sheets`"):
        export(Layers(branch), (X,), tmp_path / "out.xlsx", freeze_branches=True, sheets=())
    assert not [*tmp_path.iterdir()]
    assert export(
        Layers(branch), (X,), tmp_path / "out.xlsx", freeze_branches=True, sheets=[start.SHEET, update.SHEET]
    ).ok


def test_the_command_line(tmp_path, capsys):
    file = tmp_path / "net.py"
    file.write_text(
        "import torch\n"
        "class Net(torch.nn.Module):\n"
        "    def forward(self, x):\n"
        "        return x.sum() if x.sum() > 0 else -x.sum()\n"
        "def make():\n"
        "    return Net(), (torch.ones(2),)\n"
    )
    out = tmp_path / "out.xlsx"
    for options in ([], ["--freeze-branches", "--only-network"]):
        assert main([f"{file}:make", "-o", str(out), *options])
        assert "net.py, line 4" in capsys.readouterr().err
    assert main([f"{file}:make", "-o", str(out), "--freeze-branches"]) == 0
    assert start_lines(out)[0].endswith(left_open.HOLDS)
