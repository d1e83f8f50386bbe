"""The tiny GPT learns its word in the workbook as it does in PyTorch, and writes what PyTorch's would write."""

import sys

import openpyxl
import pytest
import torch

from excel_export import export
from tests.support.cells import named_cell
from tests.support.engines import each_engine, edit, recalculate
from tests.support.scripts import ROOT

sys.path.insert(0, str(ROOT / "examples"))
tiny_gpt = pytest.importorskip("tiny_gpt")
FIRST, STEPS = 3, 30
BEFORE, AFTER = 4, 16


@pytest.fixture(scope="module")
def workbook(tmp_path_factory):
    path = tmp_path_factory.mktemp("gpt") / "tiny_gpt.xlsx"
    training = tiny_gpt.thirty_steps()
    export(*tiny_gpt.tiny_gpt(), path, learning_rate=tiny_gpt.LEARNING_RATE, training=training)
    return path


def trained(rate):
    """The losses of thirty steps of PyTorch's own SGD, and the network before and after."""
    before, inputs = tiny_gpt.tiny_gpt()
    after, _ = tiny_gpt.tiny_gpt()
    after.double()
    optimizer = torch.optim.SGD(after.parameters(), rate)
    losses = []
    for _ in range(STEPS):
        optimizer.zero_grad()
        loss = after(**inputs)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses, before.double(), after


def greedy(net):
    """What a network writes, letter by letter, each after its own ones."""
    logits = []
    net.lm_head.register_forward_hook(lambda module, args, result: logits.append(result))
    letters = [0]
    for _ in tiny_gpt.WORD:
        net(torch.tensor(letters), torch.zeros(len(letters), dtype=torch.long))
        letters.append(logits[-1][-1].argmax().item())
    return "".join(tiny_gpt.LETTERS[k] for k in letters[1:])


def written(book, row):
    return "".join(str(book["Writing"].cell(row, FIRST + k).value) for k in range(len(tiny_gpt.WORD)))


def losses_in(book):
    sheet = book["Training"]
    head = next(cell for row in sheet.iter_rows(max_row=60, max_col=12) for cell in row if cell.value == "loss")
    return [sheet.cell(head.row + 1 + k, head.column).value for k in range(STEPS)]


def test_pytorch_learns_the_word():
    _, before, after = trained(tiny_gpt.LEARNING_RATE)
    assert greedy(before) != tiny_gpt.WORD
    assert greedy(after) == tiny_gpt.WORD


@pytest.mark.slow
@each_engine
def test_every_engine_learns_the_word(engine, workbook, tmp_path):
    losses, before, _ = trained(tiny_gpt.LEARNING_RATE)
    book = openpyxl.load_workbook(recalculate(workbook, engine, tmp_path).path, data_only=True)
    assert losses_in(book) == pytest.approx(losses, abs=1e-9)
    assert (written(book, BEFORE), written(book, AFTER)) == (greedy(before), tiny_gpt.WORD)


@pytest.mark.slow
def test_at_another_learning_rate_it_writes_what_pytorch_would(workbook, tmp_path):
    rate = 0.05
    losses, _, after = trained(rate)
    edit(workbook, {named_cell(workbook, "chosen_training_rate"): rate}, tmp_path / "slower.xlsx")
    book = openpyxl.load_workbook(recalculate(tmp_path / "slower.xlsx", "ironcalc", tmp_path).path, data_only=True)
    assert losses_in(book) == pytest.approx(losses, abs=1e-9)
    assert written(book, AFTER) == greedy(after) != tiny_gpt.WORD
