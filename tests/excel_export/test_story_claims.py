"""What the story's sheets work out besides the network's own numbers holds in an engine, also after an edit."""

import re
from decimal import Decimal
from string import ascii_uppercase

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from excel_export import Story, export
from tests.support.live import Live
from tests.support.story_sheets import StorySheet, story_of
from tests.support.story_workbooks import TEACHING

STEP = 0.01


class Reads(nn.Module):
    """What arg-max reads goes on, beside the scores, through two layers to a loss of its own; a score is raised."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(1)
        self.scores, self.wide, self.one = nn.Linear(6, 4), nn.Linear(2, 3), nn.Linear(3, 1)

    def forward(self, x, label, number, wanted, raised):
        scores = self.scores(x) + 5 * F.relu(1 - (torch.arange(4) - raised).abs())
        made = self.one(self.wide(torch.stack([scores.argmax(1).float(), number], 1)))
        return F.cross_entropy(scores, label) + F.mse_loss(made, wanted)


@pytest.fixture(scope="module")
def opened(tmp_path_factory):
    """The sheets of a network, by their names, and the workbook open in an engine."""
    folder = tmp_path_factory.mktemp("claims")
    inputs = torch.randn(1, 6), torch.tensor([1]), torch.tensor([2.5]), torch.tensor([[4.0]]), torch.tensor([2.0])
    assert export(Reads(), inputs, folder / "net.xlsx").ok
    sheets = {sheet.name.split(" ", 1)[1]: sheet for sheet in story_of(folder / "net.xlsx")}
    return sheets, Live(folder / "net.xlsx", folder)


def _row(sheet: StorySheet, live: Live, said: str) -> list[float]:
    """The numbers behind the text that begins with `said`, in its row."""
    [cell] = [cell for cell, text in sheet.stored.items() if str(text).startswith(said)]
    row = cell.lstrip(ascii_uppercase)
    places = [each for each in sheet.stored if re.fullmatch(rf"[A-Z]+{row}", each)]
    places = [each for each in places if (len(each), each) > (len(cell), cell)]
    values = [live.value((sheet.name, each)) for each in places]
    return [value for value in values if isinstance(value, (int, float))]


def _scores(sheet: StorySheet, live: Live) -> list[float]:
    [label] = [cell for cell, text in sheet.stored.items() if text == "score"]
    row = label.lstrip(ascii_uppercase)
    places = sorted(
        (each for each in sheet.stored if re.fullmatch(rf"[A-Z]+{row}", each) and each != label),
        key=lambda each: (len(each), each),
    )
    return [float(live.value((sheet.name, each))) for each in places]


def test_an_author_may_ask_for_a_number_of_a_network_with_two_losses(tmp_path):
    def asked(book):
        return [book.placement.tensors[value].value.first for value in book.graph.values if value.data.shape == (1, 3)]

    story = Story("two losses", asked=asked)
    inputs = torch.randn(1, 6), torch.tensor([1]), torch.tensor([2.5]), torch.tensor([[4.0]]), torch.tensor([2.0])
    assert export(Reads(), inputs, tmp_path / "net.xlsx", story=story).ok


def _class_in(sheet, pattern) -> int:
    [number] = [int(found[1]) for text in sheet.said if (found := re.search(pattern, str(text)))]
    return number


@pytest.mark.parametrize("read", range(4))
def test_arg_max_is_drawn_as_it_is_whatever_is_read(read, opened):
    sheets, live = opened
    sheet = sheets["dead end"]
    chosen = _class_in(sheet, r"as the score x of class (\d)")
    live.type({"raised": read})
    scores = torch.tensor(_scores(sheets["second way"], live))
    assert int(scores.argmax()) == read
    for said in ("far below", "just below", "just above", "far above", "now"):
        x, says = _row(sheet, live, said)
        assert says == int(scores.clone().index_fill(0, torch.tensor(chosen), x).argmax()), said
    assert [
        _row(sheet, live, said)[1] == chosen for said in ("far below", "just below", "just above", "far above")
    ] == [False, False, True, True]
    [line] = [
        live.value((sheet.name, cell)) for cell, text in sheet.stored.items() if str(text).startswith("Flat around")
    ]
    assert ("fall by" in line) == (read == chosen), line


@pytest.mark.parametrize("label", range(4))
def test_a_score_that_grows_changes_the_loss_as_the_table_says(label, opened):
    sheets, live = opened
    sheet = sheets["back, loss"]
    raised = _class_in(sheet, r"score of class (\d) grows by")
    live.type({"label": label})
    before = torch.tensor([_scores(sheets["second way"], live)], dtype=torch.float64)
    after = before + STEP * F.one_hot(torch.tensor(raised), 4)
    losses = [F.cross_entropy(each, torch.tensor([label])).item() for each in (before, after)]
    assert _row(sheet, live, "cross-entropy") == pytest.approx(losses, rel=1e-6)
    assert _row(sheet, live, "it grows by") == pytest.approx([losses[1] - losses[0]], rel=1e-4)
    assert _row(sheet, live, "predicted by its gradient") == pytest.approx([losses[1] - losses[0]], abs=1e-4)


@pytest.mark.parametrize("kind", [TEACHING, "example attention", "lesson two-layers"])
def test_a_sum_of_what_is_shown_has_the_sign_that_it_deserves(kind, made_of):
    signs = set()
    for sheet in story_of(made_of(kind).path):
        for cell, text in sheet.stored.items():
            if not (found := re.fullmatch(r"the sum of all rows ([=≈])", str(text))):
                continue
            row = int(re.sub("[A-Z]", "", cell))
            [result] = [
                each
                for each in sheet.formulas
                if re.fullmatch(rf"[A-Z]+{row}", each) and sheet.formulas[each].startswith("SUM(")
            ]
            column = re.sub("[0-9]", "", result)
            parts = [
                value
                for each, value in sheet.stored.items()
                if re.fullmatch(rf"{column}[0-9]+", each)
                and isinstance(value, float)
                and int(each[len(column) :]) < row
            ]
            shown = sum((Decimal(f"{each:.4f}") for each in parts), Decimal(0))
            assert (shown == Decimal(f"{sheet.stored[result]:.4f}")) == (found[1] == "="), f"{sheet.name}: {shown}"
            signs.add(found[1])
    assert signs
