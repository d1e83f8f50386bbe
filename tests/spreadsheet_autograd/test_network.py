"""The forward pass of a sheet against a PyTorch module: right sheets are quiet, and what differs is found and named."""

from __future__ import annotations

import json
import zlib
from random import Random

import pytest
import torch
from torch import nn

from excel_export.cli import main
from excel_export.shared.errors import ExportError
from spreadsheet_autograd.check import _leaves
from spreadsheet_autograd.compare.network import Network
from spreadsheet_autograd.find.labels import Labels
from spreadsheet_autograd.find.updates import find_updates
from spreadsheet_autograd.graph.graph import CIRCULAR, SpreadsheetGraph
from spreadsheet_autograd.graph.read_cells import read_contents
from spreadsheet_autograd.graph.sample_points import Points
from spreadsheet_autograd.language.syntax import address
from spreadsheet_autograd.worker import compare_here
from tests.support.long_proofs import only_quick
from tests.support.networks_of_layouts import NETWORKS, TwoLayers, assignment, column, half_of_squares, linear
from tests.support.sheet_layouts import LAYOUTS
from tests.support.sheets_by_hand import SIGMOID_ROW, column_of_neurons, one_row_a_step, save
from tests.support.slips_by_script import plant

TWENTY = 20
FACTORY = """
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1, self.fc2 = nn.Linear(2, 2, bias=False), nn.Linear(2, 2, bias=False)
        self.fc1.weight = nn.Parameter(torch.tensor([[0.15, 0.2], [0.25, 0.3]]))
        self.fc2.weight = nn.Parameter(torch.tensor([[0.4, 0.45], [0.5, 0.55]]))

    def forward(self, x, target):
        y = torch.sigmoid(self.fc2(torch.sigmoid(self.fc1(x))))
        return 0.5 * ((y - target) ** 2).sum()

def tiny():
    return Net(), (torch.tensor([0.05, 0.1]), torch.tensor([0.01, 0.99]))
"""


def compared(sheets, made, tmp_path, loss="", cells=()):
    """Compare as `compare_file` does, in this process."""
    path, network = save(sheets, tmp_path / "sheet.xlsx"), Network(*made)
    found = compare_here(path, network.sampled(), loss, cells=cells)
    if found["unmatched"]:
        found = compare_here(path, network.sampled([tuple(each) for each in found["unmatched"]]), loss, cells=cells)
    return found


@pytest.mark.parametrize("layout", only_quick(NETWORKS, "row", "matrices", "column", "german", "a sheet a rate"))
def test_a_right_sheet_is_quiet(layout, tmp_path):
    found = compared(LAYOUTS[layout](), NETWORKS[layout](), tmp_path)
    assert found["compared"]
    assert not found["forward"]
    assert not found["left out"]
    assert not found["unmatched"]


def cells_of_column(changes):
    sheets = column_of_neurons()
    for at, content in changes.items():
        assert sheets["Netz"][at] != content
        sheets["Netz"][at] = content
    return sheets


@pytest.mark.parametrize(
    ("changes", "kind", "element"),
    [
        ({"B14": "=B5*B2+B6*B3"}, "missing term", "first[0]"),  # a bias forgotten
        ({"B15": "=B7*B2+B8*B3+B9"}, "reference", "first[1]"),  # another bias
        ({"B14": "=B5*B2+B7*B3+B9"}, "reference", "first[0]"),  # a weight crossed
        ({"B16": "=TANH(B14)"}, "activation", "between[0]"),
        ({"B17": "=B15"}, "activation", "between[1]"),
        ({"B18": "=B11*B14+B12*B17+B13"}, "reference", "last[0]"),  # before the activation
        ({"B19": "=0.5*(B18-B4)^2"}, "factor", "loss"),
        ({"B19": "=B18^2"}, "missing term", "loss"),  # inside the square
    ],
)
def test_what_differs_is_found_and_mended(changes, kind, element, tmp_path):
    found = compared(cells_of_column(changes), column(), tmp_path)
    (finding,) = found["forward"]
    (cell,) = changes
    assert (finding["cell"], finding["kind"], finding["network"]) == (f"Netz!{cell}", kind, element)
    mended = column_of_neurons()
    mended["Netz"][cell] = finding["mended"]
    assert not compared(mended, column(), tmp_path)["forward"]


def test_a_loss_to_which_no_parameter_leads_is_compared_all_the_same(tmp_path):
    """The gradients are those of ½(o − t)², but the sheet's own loss is ½t²."""
    sheets = LAYOUTS["cell by cell"]()
    assert sheets["Tabelle1"]["E8"] == "=(B4-E7)^2/2"
    sheets["Tabelle1"]["E8"] = "=B4^2/2"
    found = compared(sheets, NETWORKS["cell by cell"](), tmp_path)
    assert [finding["cell"] for finding in found["forward"]] == ["Tabelle1!E8"]


@pytest.mark.parametrize(
    ("head", "formula", "words"),
    [
        ("o1", "w5*a_h1+w7*a_h2", "Q4 reads K4 (w7). With J4 (w6) it is the network's last[0]."),
        ("a_h2", "TANH(h2)", "P4 has TANH(N4), another activation, or none. With 1/(1+EXP(-N4)) it is"),
        ("h1", "w1*i1", "In M4 the term F4*B4 is missing. With it it is the network's first[0]."),
        ("E_total", "E1", "In W4 the term V4 (E2) is missing. With it it is the network's loss."),
        ("E1", "0.5*(t1-a_o2)^2", "U4 reads T4 (a_o2). With S4 (a_o1) W4 is the network's loss."),
    ],
)
def test_the_same_slip_in_each_step_is_told_once_and_named(head, formula, words, tmp_path):
    assert SIGMOID_ROW[head] != formula
    found = compared(one_row_a_step({head: formula}), assignment(), tmp_path)
    first, *others = found["forward"]
    assert first["words"].startswith(words)
    assert [finding["like"] for finding in others] == [first["cell"]] * 2


def test_a_slip_in_one_step_only_is_found_there(tmp_path):
    sheets = one_row_a_step()
    sheets["Sheet1"]["R5"] = "=L5*O5+K5*P5"
    found = compared(sheets, assignment(), tmp_path)
    assert [finding["cell"] for finding in found["forward"]] == ["Sheet1!R5"]


def test_a_unit_that_is_computed_twice_is_another_number_of_the_network(tmp_path):
    found = compared(one_row_a_step({"h1": "w3*i1+w4*i2"}, steps=1), assignment(), tmp_path)
    (finding,) = found["forward"]
    assert finding["words"] == "Sheet1!M4 is not the network's first[0], but its first[1]."


def test_tensors_that_begin_with_the_same_numbers_are_told_apart(tmp_path):
    """Where each of them stands can't be told by what the cells hold, but by what is computed of them."""
    module, inputs = column()
    for tensor in (module.first.bias, module.last.weight, module.last.bias):
        nn.init.constant_(tensor, 0.5)
    formulas = {"B14": "=B5*B2+B6*B3+B12", "B15": "=B7*B2+B8*B3+B13", "B18": "=B10*B16+B11*B17+B9"}
    sheets = cells_of_column(formulas | {f"B{row}": 0.5 for row in range(9, 14)})
    found = compared(sheets, (module, inputs), tmp_path)
    assert found["compared"]
    assert not found["forward"]
    assert not found["unmatched"]


def test_two_slips_are_both_found(tmp_path):
    sheets = one_row_a_step({"h1": "w1*i1+w2*i1", "o2": "w7*a_h1+w8*h2"}, steps=1)
    found = compared(sheets, assignment(), tmp_path)
    assert [finding["cell"] for finding in found["forward"]] == ["Sheet1!M4", "Sheet1!R4"]


def test_a_matrix_that_is_not_transposed(tmp_path):
    sheets = LAYOUTS["matrices"]()
    sheets["Net"]["A17"] = ("A17:D20", "=2*MMULT(A4:C7,A11:D13)")
    (finding,) = compared(sheets, NETWORKS["matrices"](), tmp_path)["forward"]
    assert (finding["cell"], finding["kind"]) == ("Net!A17", "factor")


def test_a_sheet_with_other_weights_is_compared_once_their_cells_are_named(tmp_path):
    sheets = one_row_a_step({"o1": "w5*a_h1+w7*a_h2"}, steps=2)
    right = one_row_a_step(steps=2)
    for k, column_name in enumerate("EFGHIJKL"):
        sheets["Sheet1"][f"{column_name}4"] = right["Sheet1"][f"{column_name}4"] = 0.9 - 0.21 * k
    assert "--cells fc1.weight=B3:C4" in compared(right, assignment(), tmp_path)["left out"][0]["why"]
    cells = ["first.weight=E4:H4", "last.weight=I4:L4"]
    found = compared(right, assignment(), tmp_path, cells=cells)
    assert found["compared"]
    assert not found["forward"]
    assert {finding["cell"] for finding in compared(sheets, assignment(), tmp_path, cells=cells)["forward"]} == {
        "Sheet1!Q4", "Sheet1!Q5",
    }  # fmt: skip
    with pytest.raises(ExportError, match=r"--cells: the network has no w; it has first\.weight, last\.weight, "):
        compared(right, assignment(), tmp_path, cells=["w=E4"])
    with pytest.raises(ExportError, match=r"--cells: first\.weight has 4 numbers, and 3 cells are named"):
        compared(right, assignment(), tmp_path, cells=["first.weight=E4:G4"])


def test_a_network_of_another_size_is_one_line(tmp_path):
    other = TwoLayers(linear([[0.7, 0.8]]), nn.Tanh(), linear([[0.9]]), nn.Identity(), half_of_squares)
    found = compared(one_row_a_step(), (other, (torch.tensor([3.0, 4.0]), torch.tensor([5.0]))), tmp_path)
    assert not found["forward"]
    assert not found["compared"]
    (line,) = found["left out"]
    assert line["why"].startswith("the sheet's numbers are not the network's")
    assert "let the factory return a network that has the sheet's weights" in line["why"]


def test_a_parameter_that_no_cell_holds(tmp_path):
    module, inputs = assignment()
    module.first.bias = nn.Parameter(torch.tensor([0.37, 0.43]))
    found = compared(one_row_a_step(steps=1), (module, inputs), tmp_path)
    assert found["forward"][0]["cell"] == "Sheet1!M4"
    assert found["forward"][0]["kind"] == "missing parameter"
    assert "Sheet1!M4 is not the network's first[0]; no cell holds first.bias" in found["forward"][0]["words"]


def test_a_target_that_is_typed_into_formulas_is_right(tmp_path):
    sheets = one_row_a_step({"E1": "0.5*(0.01-a_o1)^2"}, steps=1)
    del sheets["Sheet1"]["C4"]
    found = compared(sheets, assignment(), tmp_path)
    assert found["unmatched"] == [["target", 0]]
    assert not found["forward"]


def test_labels_stay_labels_where_a_sheet_asks_whether_they_are_1(tmp_path):
    class Neuron(nn.Module):
        def __init__(self):
            super().__init__()
            self.line = linear([[0.3]], [0.1])

        def forward(self, x, y):
            return nn.functional.binary_cross_entropy(torch.sigmoid(self.line(x)), y)

    cells = {"A1": "w", "B1": "b", "C1": "x", "D1": "y", "E1": "p", "F1": "loss", "A2": 0.3, "B2": 0.1}
    for row, x, y in ((2, 0.7, 1), (3, -0.4, 0), (4, 1.6, 1)):
        cells |= {f"C{row}": x, f"D{row}": y, f"E{row}": f"=1/(1+EXP(-($A$2*C{row}+$B$2)))"}
        cells[f"G{row}"] = f"=IF(D{row}=1,-LN(E{row}),-LN(1-E{row}))"
    made = Neuron(), (torch.tensor([[0.7], [-0.4], [1.6]]), torch.tensor([[1.0], [0.0], [1.0]]))
    right = {"Sheet1": cells | {"F2": "=AVERAGE(G2:G4)"}}
    assert not compared(right, made, tmp_path)["forward"]
    wrong = {"Sheet1": cells | {"F2": "=AVERAGE(G2:G3)"}}
    assert [finding["cell"] for finding in compared(wrong, made, tmp_path)["forward"]] == ["Sheet1!F2"]


def test_a_network_that_cannot_run_is_told():
    with pytest.raises(ExportError, match="PyTorch itself cannot run Linear"):
        Network(nn.Linear(2, 1), (torch.zeros(3),))


@pytest.mark.usefixtures("in_this_process")
def test_the_command_its_lines_and_its_exit_codes(tmp_path, capsys):
    factory = tmp_path / "net.py"
    factory.write_text(FACTORY)
    network = ["--network", f"{factory}:tiny"]
    right = str(save(one_row_a_step(), tmp_path / "right.xlsx"))
    assert main(["check", right, *network]) == 0
    assert "forward: Sheet1!W4 and 2 more: the network's loss" in capsys.readouterr().out
    crossed = str(save(one_row_a_step({"o1": "w5*a_h1+w7*a_h2"}), tmp_path / "crossed.xlsx"))
    assert main(["check", crossed, *network]) == 1
    assert "forward: Q4 reads K4 (w7). With J4 (w6) it is the network's fc2[0]. (and 2 more like it)" in (
        capsys.readouterr().out
    )
    cells = one_row_a_step(steps=1)["Sheet1"]
    before_x = {at: content for at, content in cells.items() if len(at) == 2 and at < "X"}
    only = str(save({"Sheet1": before_x}, tmp_path / "only.xlsx"))
    assert main(["check", only, *network, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["claims"], found["forward"], found["compared"]) == ([], [], ["Sheet1!W4"])
    assert main(["check", right, "--network", f"{factory}:huge"]) == 1
    assert "has no function huge; it has: tiny" in capsys.readouterr().err


@pytest.mark.slow
def test_the_file_is_read_in_a_process_of_its_own_and_the_network_is_not_run_there(tmp_path, capsys):
    factory = tmp_path / "net.py"
    factory.write_text(FACTORY + "\nprint('imported by', __import__('os').getpid())\n")
    crossed = str(save(one_row_a_step({"o1": "w5*a_h1+w7*a_h2"}, steps=1), tmp_path / "crossed.xlsx"))
    assert main(["check", crossed, "--network", f"{factory}:tiny"]) == 1
    out = capsys.readouterr().out
    assert out.count("imported by") == 1
    assert "With J4 (w6) it is the network's fc2[0]." in out


def forward_cases(layout, count, tmp_path):
    """Yield sheets with one or two slips in the forward pass, the cells that have them, and whether a loss changes."""
    sheets, path = LAYOUTS[layout](), tmp_path / "right.xlsx"
    found = compared(sheets, NETWORKS[layout](), tmp_path)
    contents = read_contents(save(sheets, path))
    graph = SpreadsheetGraph(contents)
    updates = find_updates(graph, Labels(contents))
    states = {graph.repeated(update.old) for update in updates} | {update.new for update in updates}
    places = {address(at): at for at in graph.numbers}
    losses = [places[cell] for cell in found["compared"]]
    leading = graph.ancestors_of_all(losses, states) - states
    cells = sorted(at for at in leading if at in graph.formulas and at in contents.cells and contents.cells[at].formula)
    leaves = _leaves(graph, losses, states)

    def differs(other):
        one, two = (Points(each, states, leaves) for each in (SpreadsheetGraph(read_contents(other)), graph))
        for a, b in zip(one.free[:6], two.free[:6], strict=True):
            for loss in losses:
                x, y = a.number(loss), b.number(loss)
                if (x is None) != (y is None) or (x is not None and abs(x - y) > 1e-6 * max(abs(x), abs(y))):
                    return True
        return False

    for k in range(count):
        random = Random(zlib.crc32(f"forward {layout} {k}".encode()))
        changed, planted = plant(sheets, graph, cells, random)
        every = [planted]
        if random.random() < 0.3:
            changed, planted = plant(changed, graph, [at for at in cells if at != planted.cell], random)
            every.append(planted)
        try:
            is_wrong = differs(save(changed, tmp_path / f"{k}.xlsx"))
        except ExportError as error:
            if "a circular reference" in str(error):
                continue
            raise
        graph_of_slips = SpreadsheetGraph(read_contents(tmp_path / f"{k}.xlsx"))
        if graph_of_slips.numbers and CIRCULAR not in graph_of_slips.left_out.values():
            yield changed, every, is_wrong


@pytest.mark.slow
@pytest.mark.parametrize("layout", NETWORKS)
def test_slips_by_script_in_the_forward_pass(layout, tmp_path):
    tried = elsewhere = unnamed = 0
    count = 4 if layout == "logistic" else TWENTY  # a hundred rows take half a minute each
    for sheets, planted, is_wrong in forward_cases(layout, count, tmp_path):
        found = compared(sheets, NETWORKS[layout](), tmp_path)
        tried += 1
        assert bool(found["forward"]) == is_wrong, (planted, found["forward"], found["left out"])
        elsewhere += bool({finding["cell"] for finding in found["forward"]} - {address(each.cell) for each in planted})
        unnamed += any(finding["mended"] is None for finding in found["forward"])
    assert elsewhere <= 0.35 * tried
    assert unnamed <= 0.6 * tried


def test_an_update_that_leads_to_an_error_says_nothing_of_the_forward_pass(tmp_path):
    """The rate of w1 moves into a heading, so from the fourth row on nothing is a number."""
    sheets = one_row_a_step(steps=5)
    cells = sheets["Sheet1"]
    for row in range(5, 9):
        cells[f"E{row}"] = cells[f"E{row}"].replace("$B$1", f"B{row - 4}")
    found = compared(sheets, assignment(), tmp_path)
    assert not found["forward"]
    assert found["compared"] == [f"Sheet1!W{row}" for row in (4, 5, 6)]


@pytest.mark.slow
@pytest.mark.usefixtures("in_this_process")
def test_a_slip_in_the_forward_pass_makes_no_gradient_wrong(tmp_path, capsys):
    """Those that would be right without it are; those that are wrong with and without it are told as such."""
    forward = {"o2": SIGMOID_ROW["o2"].replace("a_h1", "a_h2")}
    path = save(one_row_a_step(forward, steps=2), tmp_path / "sheet.xlsx")
    assert main(["check", str(path)]) == 1
    assert "6 right, 10 wrong" in capsys.readouterr().out
    assert main(["check", str(path), "--network", "two-layers-assignment"]) == 1
    out = capsys.readouterr().out
    assert "forward: R4 reads P4 (a_h2). With O4 (a_h1)" in out
    assert "right for the forward pass as it must be (and 9 more like it)" in out
    assert "16 gradients: 16 right" in out
    slip = {"∂E/∂w6": SIGMOID_ROW["∂E/∂w5"]}
    path = save(one_row_a_step(forward | slip, steps=2), tmp_path / "both.xlsx")
    assert main(["check", str(path), "--network", "two-layers-assignment"]) == 1
    out = capsys.readouterr().out
    assert "AC4 reads O4 (a_h1). With P4 (a_h2) it is ∂E_total/∂w6. (and 1 more like it)" in out
    assert "16 gradients: 14 right, 2 wrong" in out
