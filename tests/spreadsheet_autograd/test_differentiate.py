"""Mirrors hold what PyTorch's autograd gives, on real engines, also after an edit; the rest of the file stays."""

from __future__ import annotations

import zipfile
from itertools import chain

import openpyxl
import pytest
import torch
from openpyxl.chart import LineChart, Reference
from openpyxl.utils import range_boundaries
from torch import nn

from excel_export.cli import main
from excel_export.shared.a1_notation import place
from excel_export.shared.cells import name_of
from excel_export.workbook.contents import Cell
from excel_export.workbook.engine import Engine
from tests.support.engines import recalculate
from tests.support.sheet_layouts import attention, relu_and_softmax
from tests.support.sheets_by_hand import blocks_of_matrices, logistic_regression, one_row_a_step, save

E = torch.float64


def rows_of(area):
    """The cells of a range, row by row."""
    first, _, last = area.partition(":")
    left, top, right, bottom = range_boundaries(f"{first}:{last or first}")
    return [[name_of(row, col) for col in range(left, right + 1)] for row in range(top, bottom + 1)]


def mazur(w, data):
    hidden = torch.sigmoid(w.reshape(4, 2)[:2] @ data[0, :2])
    return 0.5 * ((data[0, 2:] - torch.sigmoid(w.reshape(4, 2)[2:] @ hidden)) ** 2).sum()


def two_layers(x, y, w1, w2):
    return nn.functional.cross_entropy(torch.relu(x @ w1) @ w2, y)


def regression(w, b, examples):
    x, y = examples[:, :2], examples[:, 2]
    return nn.functional.binary_cross_entropy_with_logits(x @ w[0] + b[0, 0], y)


def one_example(x, w1, b1, w2, b2, y):
    z = w2 @ torch.relu(w1 @ x + b1) + b2
    return -(y * torch.log_softmax(z, 0)).sum()


def head(x, wq, wk, wv, target):
    weights = torch.softmax((x @ wq) @ (x @ wk).T / 2**0.5, dim=1)
    return ((weights @ (x @ wv) - target) ** 2).sum() / 6


NETWORKS = {
    "row": (one_row_a_step, "W4", mazur, ("E4:L4", "A4:D4")),
    "matrices": (blocks_of_matrices, "L23", two_layers, ("A4:C7", "E4:F7", "A11:D13", "F11:G14")),
    "logistic": (lambda: logistic_regression(40), "I2", regression, ("A2:B2", "C2", "A6:C45")),
    "softmax": (relu_and_softmax, "X4", one_example, ("A4:A6", "C4:E7", "G4:G7", "L4:O5", "Q4:Q5", "V4:V5")),
    "attention": (attention, "Y7", head, ("A2:B4", "D2:E3", "G2:H3", "J2:K3", "M2:N4")),
}


def expected(sheets, function, areas):
    """The sheet of the derivatives, and PyTorch's derivative by cell."""
    name, cells = next(iter(sheets.items()))
    tensors = [
        torch.tensor([[float(cells[at]) for at in row] for row in rows_of(area)], dtype=E, requires_grad=True)
        for area in areas
    ]
    function(*tensors).backward()
    pairs = [(at, x) for area, tensor in zip(areas, tensors, strict=True)
             for at, x in zip(chain(*rows_of(area)), tensor.grad.ravel().tolist(), strict=True)]  # fmt: skip
    return f"∂ {name}", dict(pairs)


def differentiated(sheets, loss, tmp_path):
    """The sheets with their derivatives, as a file."""
    source, target = save(sheets, tmp_path / "sheet.xlsx"), tmp_path / "out.xlsx"
    before = source.read_bytes()
    assert main(["differentiate", str(source), "--loss", loss, "-o", str(target)]) == 0
    assert source.read_bytes() == before
    return target


@pytest.mark.parametrize("layout", NETWORKS)
def test_each_mirrored_cell_is_autograds_and_follows_an_edit(layout, tmp_path):
    make, loss, function, areas = NETWORKS[layout]
    sheets = make()
    target = differentiated(sheets, loss, tmp_path)
    mirror, truth = expected(sheets, function, areas)
    stored = openpyxl.load_workbook(target, data_only=True)[mirror]
    for cell, slope in truth.items():
        assert stored[cell].value == pytest.approx(slope, rel=1e-9, abs=1e-14), cell
    name, cells = next(iter(sheets.items()))
    engine = Engine(str(target))
    for k, area in enumerate(areas):
        are_labels = layout in ("matrices", "softmax") and area in ("E4:F7", "V4:V5")
        for at in chain(*rows_of(area)):
            if not are_labels and cells[at] not in ((0, 1) if isinstance(cells[at], int) else ()):
                cells[at] = float(cells[at]) * 0.7 + 0.11 * (k + 1)
                engine.put((name, *place(at)), Cell(cells[at]))
    for _ in range(4):
        engine.evaluate()
    for cell, slope in expected(sheets, function, areas)[1].items():
        assert engine.number((mirror, *place(cell))) == pytest.approx(slope, rel=1e-9, abs=1e-14), cell


@pytest.mark.parametrize("layout", ["row", "softmax", "matrices"])
@pytest.mark.parametrize("engine", ["libreoffice", "gnumeric", "formulon"])
def test_other_engines_give_the_same(layout, engine, tmp_path):
    make, loss, function, areas = NETWORKS[layout]
    sheets = make()
    target = differentiated(sheets, loss, tmp_path)
    found = recalculate(target, engine, tmp_path / engine)
    if not isinstance(found.value(next(iter(sheets)), loss), float):
        pytest.skip("it doesn't compute the sheet itself")
    mirror, truth = expected(sheets, function, areas)
    for cell, slope in truth.items():
        assert found.value(mirror, cell) == pytest.approx(slope, rel=1e-9, abs=1e-14), cell


def test_charts_names_and_every_other_part_stay(tmp_path):
    source, target = save(one_row_a_step(), tmp_path / "s.xlsx"), tmp_path / "out.xlsx"
    book = openpyxl.load_workbook(source)
    chart = LineChart()
    chart.add_data(Reference(book["Sheet1"], min_col=23, min_row=4, max_row=6))
    book["Sheet1"].add_chart(chart, "B10")
    book.create_sheet("Notes")["A1"] = "mine"
    book["Notes"].print_area = "A1:B2"
    book.active = 1
    book.save(source)
    assert main(["differentiate", str(source), "--loss", "W6", "-o", str(target)]) == 0
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target) as new:
        changed = {name for name in old.namelist() if old.read(name) != new.read(name)}
        assert changed == {"[Content_Types].xml", "xl/workbook.xml", "xl/_rels/workbook.xml.rels", "xl/styles.xml"}
        assert "xl/charts/chart1.xml" in new.namelist()
    found = openpyxl.load_workbook(target)
    assert found.sheetnames == ["Sheet1", "∂ Sheet1", "Notes"]
    assert found["Notes"].print_area == "'Notes'!$A$1:$B$2"
    assert found.active.title == "Notes"
    assert any("Autograd for Excel" in str(cell.value) for cell in found["∂ Sheet1"][1])


def test_a_sum_longer_than_a_formula_has_helpers(tmp_path):
    cells = {"A1": 0.5, "B1": "=SUM(D1:D900)"}
    for row in range(1, 901):
        cells[f"D{row}"] = f"=A1^{row % 7 + 1}*{row}/1000+EXP(-A1*{row % 5})"
    target = differentiated({"Long": cells}, "B1", tmp_path)
    a = torch.tensor(0.5, dtype=E, requires_grad=True)
    sum(a ** (row % 7 + 1) * row / 1000 + torch.exp(-a * (row % 5)) for row in range(1, 901)).backward()
    mirror = openpyxl.load_workbook(target)["∂ Long"]
    assert all(len(str(cell.value)) <= 8_192 for line in mirror for cell in line)
    stored = openpyxl.load_workbook(target, data_only=True)["∂ Long"]
    assert stored["A1"].value == pytest.approx(a.grad.item(), rel=1e-9)


@pytest.mark.parametrize(
    ("loss", "message"),
    [("A1", "it holds no formula"), ("Z99", "it holds no formula"), ("what", "names no cells"), ("B1", "isn't known")],
)
def test_what_cannot_be_differentiated(loss, message, tmp_path, capsys):
    source = save({"Sheet1": {"A1": 2, "B1": "=WEBSERVICE(A1)+A1"}}, tmp_path / "s.xlsx")
    assert main(["differentiate", str(source), "--loss", loss, "-o", str(tmp_path / "out.xlsx")]) != 0
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1
    assert message in lines[0]
    assert main(["differentiate", str(source), "--loss", "B1", "-o", str(source)]) != 0


@pytest.mark.slow
def test_a_large_sheet(tmp_path):
    """100,000 formulas: a layer of neurons, a row an example."""
    cells = {"A1": 0.3, "B1": -0.2, "C1": 0.1, "E1": "=SUM(G1:G25000)/25000"}
    for row in range(1, 25_001):
        cells |= {
            f"D{row + 1}": f"=$A$1*{row % 17}/17+$B$1*{row % 13}/13+$C$1", f"F{row}": f"=1/(1+EXP(-D{row + 1}))",
            f"G{row}": f"=(F{row}-H{row})^2", f"H{row}": f"={row % 2}+0",
        }  # fmt: skip
    target = differentiated({"Large": cells}, "E1", tmp_path)
    k = torch.arange(1, 25_001, dtype=E)
    w = torch.tensor([0.3, -0.2, 0.1], dtype=E, requires_grad=True)
    ((torch.sigmoid(w[0] * (k % 17) / 17 + w[1] * (k % 13) / 13 + w[2]) - k % 2) ** 2).mean().backward()
    stored = openpyxl.load_workbook(target, data_only=True, read_only=True)["∂ Large"]
    first = next(stored.iter_rows(max_row=1, max_col=3, values_only=True))
    assert first == pytest.approx(w.grad.tolist(), rel=1e-9)
