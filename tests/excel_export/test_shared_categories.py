"""One input that feeds several tables: each of its columns has the limits of its own table."""

import pytest
import torch
from torch import nn

from excel_export import export, read_tensors
from excel_export.book.areas import rectangles
from excel_export.formulas import Grid
from tests.support.cells import cells_of
from tests.support.engines import edit, recalculate
from tests.support.sheets import load_sheet

ROWS = torch.tensor([[0, 1, 500], [1, 0, -7]])


class Tables(nn.Module):
    """Two columns look up rows of tables, of 9 and of 3 rows; the third is a number."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.wide, self.narrow = nn.Embedding(9, 2), nn.Embedding(3, 2)
        self.double()

    def forward(self, x):
        columns = x.t().reshape(3, 2)
        h = self.wide(columns[0]) * self.narrow(columns[1])
        return (h * (columns[2].double() / 100)[:, None]).square().sum()


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    path = tmp_path_factory.mktemp("tables") / "net.xlsx"
    export(Tables(), (ROWS,), path)
    return path


def typed(made, rows, folder, name="x"):
    changes = dict(zip(cells_of(made, name), map(float, rows.flatten().tolist()), strict=True))
    edit(made, changes, folder / "edited.xlsx")
    return read_tensors(recalculate(folder / "edited.xlsx", "ironcalc", folder).path)


def test_a_row_that_only_one_of_the_tables_has(made, tmp_path):
    rows = torch.tensor([[8, 2, 1000], [3, 0, 12345]])
    found, net = typed(made, rows, tmp_path), Tables()
    loss = net(rows)
    loss.backward()
    assert found["loss"] == pytest.approx(loss.item(), rel=1e-12)
    assert found["grad.wide.weight"] == pytest.approx(net.wide.weight.grad.numpy(), rel=1e-9)


def test_a_row_that_its_own_table_lacks_is_not_used(made, tmp_path):
    found, net = typed(made, torch.tensor([[8, 3, 500], [9, 0, -7]]), tmp_path), Tables()
    assert found["loss"] == pytest.approx(net(torch.tensor([[8, 1, 500], [1, 0, -7]])).item(), rel=1e-12)


def test_each_column_has_its_alert(made):
    places = cells_of(made, "x")
    rules = load_sheet(made, places[0][0]).data_validations.dataValidation
    highest = {area: each.formula2 for each in rules for area in str(each.sqref).split()}
    columns = [f"{first}:{second}" for (_, first), (_, second) in zip(places[:3], places[3:], strict=True)]
    assert [highest[column] for column in columns] == ["8", "2", "1000000"]


class Paths(nn.Module):
    """A class finds a way through a tree, a row of places among its nodes: four classes, three nodes."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.nodes = nn.Embedding(3, 2)
        self.register_buffer("paths", torch.tensor([[0, 1], [0, 1], [0, 2], [0, 2]]))
        self.double()

    def forward(self, y):
        return (self.nodes(self.paths[y]) + self.nodes(y.clamp(max=2))[:, None]).exp().sum()


def test_a_class_has_not_the_limits_of_what_it_finds(tmp_path):
    net, y = Paths(), torch.tensor([3, 1])
    export(net, (torch.tensor([0, 1]),), tmp_path / "net.xlsx")
    found = typed(tmp_path / "net.xlsx", y, tmp_path, "y")
    assert found["loss"] == pytest.approx(net(y).item(), rel=1e-12)


def test_cells_as_rectangles():
    grid = Grid("A", 3, 2, (3, 4), (1, 0), (0, 1))
    chosen = torch.tensor([[1, 1, 0, 1], [1, 1, 0, 0], [0, 1, 1, 0]]).bool().numpy()
    assert {each.area for each in rectangles(grid, chosen)} == {"B3:C4", "E3", "C5:D5"}
