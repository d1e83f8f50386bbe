"""What is typed into the yellow cells of any exported network, and on Explain and Nudge; each of them has a rule."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from excel_export import export
from excel_export.workbook.read import read_index
from tests.support.cells import cell
from tests.support.live import Live
from tests.support.long_proofs import only_quick
from tests.support.sheets import load_sheet

TYPED = ("five", "", 11, 3.7, 1e6, -1)


class Net(nn.Module):
    """Looks words up in a table and says which class they are of."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.table, self.layer = nn.Embedding(5, 3), nn.Linear(3, 4)

    def forward(self, words, scale, label):
        x = self.table(words.view(2, 1)).mean(1)
        return F.cross_entropy(self.layer(x * scale), label) + F.one_hot(label, 6).sum() * 0


INPUTS = {"words": torch.tensor([0, 4]), "scale": torch.tensor([0.5]), "label": torch.tensor([2, 1])}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("typed")
    export(Net(), INPUTS, folder / "net.xlsx")
    index = {entry.key: entry.grid for entry in read_index(folder / "net.xlsx") if entry.what == "value"}
    places = {key: (grid.sheet, cell(grid.row, grid.col)) for key, grid in index.items()}
    return Live(folder / "net.xlsx", folder), places, folder / "net.xlsx"


def loss_of(**changes):
    given = {
        key: torch.tensor(
            changes.get(key, tensor.tolist()), dtype=tensor.double().dtype if tensor.is_floating_point() else None
        )
        for key, tensor in INPUTS.items()
    }
    return Net().double()(**given).item()


def remarks(live):
    texts = [live.value(("Start", f"AJ{row}")) for row in range(1, 60)]
    return [text for text in texts if isinstance(text, str) and ("red is not allowed" in text or "please" in text)]


@pytest.mark.parametrize("key", only_quick(["words", "label"], "label"))
def test_a_class_that_there_is_not_is_said_and_not_used(made, key):
    live, places, _ = made
    original = live.value(places[key])
    for typed in (*TYPED, 3):
        live.type({places[key]: typed})
        assert not {sheet: found for sheet in live.sheets if (found := live.errors(sheet))}, f"{typed!r} in {key}"
        changed = {key: [3, *INPUTS[key].tolist()[1:]]} if typed == 3 else {}
        assert live.value("loss") == pytest.approx(loss_of(**changed), rel=1e-12), f"{typed!r} in {key}"
        assert bool(remarks(live)) == (typed != 3)
    live.type({places[key]: original})
    assert not remarks(live)


@pytest.mark.parametrize("key", ["scale", "layer.weight"])
def test_a_text_among_the_numbers_is_said(made, key):
    live, places, _ = made
    original = live.value(places[key])
    for typed in ("five", ""):
        live.type({places[key]: typed})
        assert live.value("verdict") == "1 yellow cell of an input or a parameter is empty or holds a text"
        assert not live.errors("Start")
    for typed in (11, 3.7, 1e6, -1):
        live.type({places[key]: typed})
        assert not {sheet: found for sheet in live.sheets if (found := live.errors(sheet))}, f"{typed!r} in {key}"
        if key == "scale":
            assert live.value("loss") == pytest.approx(loss_of(scale=[typed]), rel=1e-12)
    live.type({places[key]: original})
    assert live.value("verdict").startswith("All")


@pytest.mark.parametrize(
    "name",
    only_quick(["explain_tensor", "explain_index_1", "epsilon", "learning_rate"], "explain_tensor", "learning_rate"),
)
def test_a_choice_that_there_is_not(made, name):
    live, _, _ = made
    original, loss = live.value(name), live.value("loss")
    for typed in TYPED:
        live.type({name: typed})
        assert not {sheet: found for sheet in live.sheets if (found := live.errors(sheet))}, f"{typed!r} in {name}"
        assert live.value("loss") == loss
        if name == "explain_tensor":
            assert live.value(("Explain", "B3")).startswith("one of the list, please")
    live.type({name: original})


def test_each_yellow_cell_has_a_rule_and_an_alert(made):
    _, _, path = made
    for name in ("Start", "Network", "Explain", "Nudge"):
        sheet = load_sheet(path, name)
        rules = sheet.data_validations.dataValidation
        for place in (place for line in sheet.iter_rows() for place in line):
            yellow = place.fill.fill_type == "solid" and place.fill.fgColor.rgb == "FFFFF6CC"
            if yellow and place.value is not None and place.value != 0.5:
                [rule] = [rule for rule in rules if place.coordinate in rule.sqref]
                assert rule.showErrorMessage
                assert rule.error, f"{name}!{place.coordinate}"
