"""Mirrors, and sheets as modules, hold what PyTorch's autograd gives, on real engines, also after an edit."""

from __future__ import annotations

import re
import zipfile
from time import monotonic

import openpyxl
import pytest
import torch
from openpyxl.chart import LineChart, Reference
from torch import nn

import excel_export
from excel_export.cli import main
from excel_export.workbook.contents import Cell
from excel_export.workbook.engine import Engine
from tests.support.engines import recalculate
from tests.support.sheet_layouts import attention, relu_and_softmax
from tests.support.sheets_by_hand import blocks_of_matrices, logistic_regression, one_row_a_step, save

E = torch.float64


def rows_of(area):
    sheet = openpyxl.Workbook().active
    return sheet[area] if ":" in area else ((sheet[area],),)


def block(cells, area):
    """The numbers of a range, as a parameter."""
    numbers = [[float(cells[cell.coordinate]) for cell in row] for row in rows_of(area)]
    return torch.tensor(numbers, dtype=E, requires_grad=True)


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


def differentiated(layout, tmp_path):
    """The cells of a layout, its loss and parameters, and the workbook that has their gradients."""
    make, loss, function, areas = NETWORKS[layout]
    sheets, target = make(), tmp_path / "out.xlsx"
    source = save(sheets, tmp_path / "sheet.xlsx")
    before = source.read_bytes()
    assert main(["differentiate", str(source), "--loss", loss, "-o", str(target)]) == 0
    assert source.read_bytes() == before
    ((name, cells),) = sheets.items()
    return name, cells, function, areas, target


def slopes(cells, function, areas):
    """Yield each cell with PyTorch's derivative."""
    tensors = [block(cells, area) for area in areas]
    function(*tensors).backward()
    for area, tensor in zip(areas, tensors, strict=True):
        for row, line in zip(rows_of(area), tensor.grad.tolist(), strict=True):
            for cell, value in zip(row, line, strict=True):
                yield cell, pytest.approx(value, rel=1e-9, abs=1e-14)


@pytest.mark.parametrize("layout", NETWORKS)
def test_each_mirrored_cell_is_autograds(layout, tmp_path):
    name, *network, target = differentiated(layout, tmp_path)
    stored = openpyxl.load_workbook(target, data_only=True)[f"∂ {name}"]
    for cell, slope in slopes(*network):
        assert stored[cell.coordinate].value == slope, cell


@pytest.mark.parametrize("layout", NETWORKS)
def test_the_mirrors_follow_an_edit(layout, tmp_path):
    name, cells, function, areas, target = differentiated(layout, tmp_path)
    engine = Engine(str(target))
    for k, area in enumerate(areas):
        for cell in (cell for row in rows_of(area) for cell in row):
            at = cell.coordinate
            is_label = cells[at] in (0, 1) and isinstance(cells[at], int)
            if not is_label and not (layout in ("matrices", "softmax") and area in ("E4:F7", "V4:V5")):
                cells[at] = float(cells[at]) * 0.7 + 0.11 * (k + 1)
                engine.put((name, cell.row, cell.column), Cell(cells[at]))
    for _ in range(4):
        engine.evaluate()
    for cell, slope in slopes(cells, function, areas):
        assert engine.number((f"∂ {name}", cell.row, cell.column)) == slope, cell


@pytest.mark.parametrize("layout", ["row", "softmax", "matrices"])
@pytest.mark.parametrize("engine", ["libreoffice", "gnumeric", "formulon"])
def test_other_engines_give_the_same(layout, engine, tmp_path):
    name, *network, target = differentiated(layout, tmp_path)
    found = recalculate(target, engine, tmp_path / engine)
    if not isinstance(found.value(name, NETWORKS[layout][1]), float):
        pytest.skip("it doesn't compute the sheet itself")
    for cell, slope in slopes(*network):
        assert found.value(f"∂ {name}", cell.coordinate) == slope, cell


@pytest.mark.parametrize("layout", NETWORKS)
def test_a_sheet_is_a_module_with_the_same_loss_and_gradients(layout, tmp_path):
    make, at, function, areas = NETWORKS[layout]
    sheets = make()
    module = excel_export.load_spreadsheet(save(sheets, tmp_path / "sheet.xlsx"), loss=at, parameters=[*areas])
    (cells,) = sheets.values()
    tensors = [block(cells, area) for area in areas]
    loss, found = function(*tensors), module()
    loss.backward()
    found.backward()
    torch.testing.assert_close(found, loss, rtol=1e-12, atol=0)
    for parameter, tensor in zip(module.parameters(), tensors, strict=True):
        torch.testing.assert_close(parameter.grad.reshape(tensor.shape), tensor.grad, rtol=1e-10, atol=1e-14)


@pytest.mark.parametrize(
    ("loss", "parameters", "message"),
    [
        ("E4", "E4:L4", "holds no formula"),
        ("W4", "X4", "doesn't depend on"),
        ("W4", "E3", "doesn't depend on"),
        ("W4", "nonsense", "names no cells"),
        ("W4", "A1:XFD7", "names too many cells"),
        ("Other!W4", "E4", "there is no sheet"),
    ],
)
def test_what_cannot_be_loaded(loss, parameters, message, tmp_path):
    path = save(one_row_a_step(steps=1), tmp_path / "sheet.xlsx")
    with pytest.raises(excel_export.ExportError, match=message):
        excel_export.load_spreadsheet(path, loss=loss, parameters=parameters)


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
        assert changed == {
            "[Content_Types].xml", "xl/workbook.xml", "xl/_rels/workbook.xml.rels", "xl/styles.xml", "docProps/app.xml",
        }  # fmt: skip
        named = re.compile(rb"(?<=<Application>)[^<]+")
        assert new.read("docProps/app.xml") == named.sub(b"excel_export", old.read("docProps/app.xml"))
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
    source, target = save({"Long": cells}, tmp_path / "s.xlsx"), tmp_path / "out.xlsx"
    assert main(["differentiate", str(source), "--loss", "B1", "-o", str(target)]) == 0
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
def test_a_large_sheet_is_quick(tmp_path):
    """100,000 formulas: a layer of neurons, a row an example."""
    cells = {"A1": 0.3, "B1": -0.2, "C1": 0.1, "E1": "=SUM(G1:G25000)/25000"}
    for row in range(1, 25_001):
        cells |= {
            f"D{row + 1}": f"=$A$1*{row % 17}/17+$B$1*{row % 13}/13+$C$1", f"F{row}": f"=1/(1+EXP(-D{row + 1}))",
            f"G{row}": f"=(F{row}-H{row})^2", f"H{row}": f"={row % 2}+0",
        }  # fmt: skip
    source = save({"Large": cells}, tmp_path / "s.xlsx")
    begin = monotonic()
    assert main(["differentiate", str(source), "--loss", "E1", "-o", str(tmp_path / "out.xlsx")]) == 0
    print(f"{monotonic() - begin:.1f} s")
    k = torch.arange(1, 25_001, dtype=E)
    w = torch.tensor([0.3, -0.2, 0.1], dtype=E, requires_grad=True)
    ((torch.sigmoid(w[0] * (k % 17) / 17 + w[1] * (k % 13) / 13 + w[2]) - k % 2) ** 2).mean().backward()
    stored = openpyxl.load_workbook(tmp_path / "out.xlsx", data_only=True, read_only=True)["∂ Large"]
    first = next(stored.iter_rows(max_row=1, max_col=3, values_only=True))
    assert first == pytest.approx(w.grad.tolist(), rel=1e-9)


def test_a_run_of_products_ends_where_the_sign_changes(tmp_path):
    """Of y = x·c, −x·c, … the gradient of x is a sum with both signs, not one SUMPRODUCT of all."""
    cells = {"A1": 0.5, "C1": 1.5, "C2": -2.0, "C3": 0.5, "C4": 3.0, "E1": "=D1+2*D2+3*D3+4*D4"}
    cells |= {"D1": "=A1*C1", "D2": "=A1*C2", "D3": "=-A1*C3", "D4": "=-A1*C4"}
    source, target = save({"S": cells}, tmp_path / "in.xlsx"), tmp_path / "out.xlsx"
    assert main(["differentiate", str(source), "--loss", "E1", "-o", str(target)]) == 0
    found = recalculate(target, "ironcalc", tmp_path / "ironcalc")
    assert found.value("∂ S", "A1") == 1.5 - 2 * 2.0 - 3 * 0.5 - 4 * 3.0


def test_a_mirrored_cell_says_where_its_derivative_comes_from(tmp_path):
    name, *_, target = differentiated("row", tmp_path)
    sheet = openpyxl.load_workbook(target)[f"∂ {name}"]
    rules = {str(each.sqref): each.prompt for each in sheet.data_validations.dataValidation}
    words = " ".join(rules.values())
    assert f"One formula reads this cell of {name}: the derivative by its cell, times its slope by this one." in words
    assert "by itself is 1." in words
