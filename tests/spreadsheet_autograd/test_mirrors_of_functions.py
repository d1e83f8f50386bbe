"""Mirrors of sheets that have nothing to do with networks, against finite differences in LibreOffice."""

from __future__ import annotations

import shutil

import numpy as np
import openpyxl
import pytest

from excel_export import export
from excel_export.cli import main
from spreadsheet_autograd.module import load_spreadsheet
from tests.support.engines import recalculate_edits
from tests.support.sheets_by_hand import save

GIVEN = {
    "A1": 0.6, "A2": 1.3, "A3": 2.1, "A4": 2.9, "A5": 4.2, "A6": 0.4,
    "B1": 1.1, "B2": 0.7, "B3": 3.2, "B4": 2.6, "B5": 5.1, "B6": 1.7,
    "C1": "north", "C2": "south", "C3": "north", "C4": "east", "C5": "south", "C6": "north",
    "D1": 0.013, "D2": 24.0, "D3": 900.0, "D4": -1000.0, "D5": 310.0, "D6": 420.0, "D7": 480.0,
}  # fmt: skip
NUMBERS = [at for at in GIVEN if at[0] in "ABD" and at != "D2"]
FINANCE = {
    "mortgage": "PMT(D1,D2,D3,50,1)", "loan": "PV(D1,D2,A2*10)", "savings": "FV(D1,D2,-A3,-D3)/100",
    "project": "NPV(D1,D4:D7)/10", "return": "IRR(D4:D7)*30", "rate": "RATE(12,-D5/3,D3,A2*10)*20",
    "rate, paid early": "RATE(12,-D6/4,D3,0,1)*20",
}  # fmt: skip
LINES = {
    "slope": "SLOPE(B1:B6,A1:A6)", "intercept": "INTERCEPT(B1:B6,A1:A6)", "forecast": "FORECAST(A2*1.5,B1:B6,A1:A6)",
    "correlation": "CORREL(A1:A6,B1:B6)*3", "covariance": "_xlfn.COVARIANCE.P(A1:A6,B1:B6)",
    "covariance of a sample": "_xlfn.COVARIANCE.S(A1:A6,B1:B6)", "line": "INDEX(LINEST(B1:B6,A1:A6),1,2)",
    "rise": "INDEX(LINEST(B1:B6,A1:A6),1,1)/2",
    "share": "RSQ(B1:B6,A1:A6)*2", "trend": "TREND(B1:B6,A1:A6,A2*1.5)",
}  # fmt: skip
STATISTICS = {
    "deviation": "STDEV(B1:B6)", "variance": "VAR(A1:A6,B2)",
    "of all": "STDEVP(A1:A6)+VARP(B1:B6)", "squares": "DEVSQ(A1:A6)", "median": "MEDIAN(A1:A6)",
    "middle": "MEDIAN(B1:B5)",
    "second": "LARGE(B1:B6,2)", "smallest but one": "SMALL(A1:A6,2)", "normal": "NORMSDIST(A1-B2)",
    "density": "NORMDIST(A2,B1,A4,FALSE)", "distribution": "NORMDIST(A2,B1,A4,TRUE)",
    "differences": "SUMXMY2(A1:A6,B1:B6)", "of squares": "SUMX2MY2(A1:A6,B1:B6)+SUMX2PY2(A1:A3,B4:B6)/3",
}  # fmt: skip
CHOICES = {
    "of the north": "SUMIF(C1:C6,\"north\",A1:A6)", "large": "SUMIF(B1:B6,\">2\")",
    "of both": "SUMIFS(A1:A6,C1:C6,\"north\",B1:B6,\">1.5\")",
    "mean": "AVERAGEIF(C1:C6,\"south\",B1:B6)", "table": "VLOOKUP(1.5,A1:B5,2,TRUE)*A2",
    "exact": "VLOOKUP(A3,A1:B5,2,FALSE)",
    "angle": "SIN(RADIANS(A1*40))+DEGREES(B2)/50", "rest": "MOD(B5*10,A4)",
    "first that is met": "_xlfn.IFS(A1>5,A1,A2>1,B2*A3)", "case": "_xlfn.SWITCH(2,1,A1,2,B3*A4,A2)",
    "bell": "ERF(A1)*2", "direction": "ATAN2(A1,B2)+ATAN2(-A2,-B1)", "quantile": "NORMINV(A1,B2,A2)+NORMSINV(A6)",
    "date": "A2*YEAR(DATE(2026,3,14))/2000", "months": "B3*_xlfn.DAYS(EDATE(DATE(2026,1,31),1),DATE(2026,1,1))/30",
}  # fmt: skip
SHEETS = {"finance": FINANCE, "lines": LINES, "statistics": STATISTICS, "choices": CHOICES}
STEP = 1e-4


def mirrored(cells, loss, tmp_path):
    source, target = save({"Sheet1": cells}, tmp_path / "sheet.xlsx"), tmp_path / "out.xlsx"
    assert main(["differentiate", str(source), "--loss", loss, "-o", str(target)]) == 0
    return openpyxl.load_workbook(target, data_only=True)["∂ Sheet1"]


@pytest.mark.parametrize(("count", "slopes"), [(4, (0.5, 0, 0.5, 0)), (5, (1, 0, 0, 0, 0))])
def test_a_median(count, slopes, tmp_path):
    """The number in the middle, or half of each of the two, moves it."""
    cells = {f"A{row}": number for row, number in enumerate((3, 1, 2, 5, 6)[:count], start=1)}
    sheet = mirrored({**cells, "B1": f"=MEDIAN(A1:A{count})"}, "B1", tmp_path)
    assert [sheet[f"A{row}"].value for row in range(1, count + 1)] == list(slopes)


def test_a_median_as_a_bound(tmp_path):
    sheet = mirrored({"A1": 0.4, "A2": 3, "B1": "=MEDIAN(-1,A1,1)*A2", "B2": "=MEDIAN(-1,A2,1)*A1"}, "B1", tmp_path)
    assert (sheet["A1"].value, sheet["A2"].value) == (3, pytest.approx(0.4))
    sheet = mirrored({"A1": 0.4, "A2": 3, "B1": "=MEDIAN(-1,A2,1)*A1"}, "B1", tmp_path)
    assert (sheet["A1"].value, sheet["A2"].value) == (1, 0)


def test_a_median_counts_numbers_alone(tmp_path):
    cells = {"A1": 5, "A2": "none", "A4": 2, "A5": 9, "B1": "=2*MEDIAN(A1:A5)"}
    sheet = mirrored(cells, "B1", tmp_path)
    assert [sheet[f"A{row}"].value for row in (1, 4, 5)] == [2, 0, 0]


def test_a_median_of_several_ranges_is_refused(tmp_path, capsys):
    path = save({"Sheet1": {"A1": 1, "A2": 2, "B1": 3, "C1": "=MEDIAN(A1:A2,B1:B2)"}}, tmp_path / "sheet.xlsx")
    assert main(["differentiate", str(path), "--loss", "C1", "-o", str(tmp_path / "out.xlsx")]) == 1
    assert "MEDIAN" in capsys.readouterr().err
    assert not (tmp_path / "out.xlsx").exists()


def test_a_mortgage(tmp_path):
    """The example of docs/check.md, against the closed formula."""
    sheet = mirrored({"B1": 0.0035, "B2": 240, "B3": 300000, "B4": "=-PMT(B1,B2,B3)"}, "B4", tmp_path)

    def payment(rate, months, loan):
        return loan * rate / (1 - (1 + rate) ** -months)

    assert sheet["B3"].value == pytest.approx(payment(0.0035, 240, 1), rel=1e-9)
    assert round(sheet["B3"].value, 4) == 0.0062
    by_rate = (payment(0.0035 + 1e-7, 240, 300000) - payment(0.0035 - 1e-7, 240, 300000)) / 2e-7
    assert sheet["B1"].value == pytest.approx(by_rate, rel=1e-6)


def test_a_line_through_points(tmp_path):
    points = {"A1": 1, "A2": 2.5, "A3": 4, "B1": 2, "B2": 1.5, "B3": 7}
    path = save({"Sheet1": {**points, "C1": "=SLOPE(B1:B3,A1:A3)+10*INTERCEPT(B1:B3,A1:A3)"}}, tmp_path / "s.xlsx")
    y = [2, 1.5, 7]
    slope, intercept = np.polyfit([1, 2.5, 4], y, 1)
    loss = load_spreadsheet(path, loss="C1", parameters=["B1:B3"])()
    assert loss.item() == pytest.approx(slope + 10 * intercept)


def test_sheets_whose_names_are_cut_alike_keep_apart(tmp_path):
    first, second = "L" * 29 + "1", "L" * 29 + "2"
    path = save({first: {"A1": 3, "B1": f"=A1*'{second}'!A1"}, second: {"A1": 2}}, tmp_path / "s.xlsx")
    assert main(["differentiate", str(path), "--loss", f"'{first}'!B1", "-o", str(tmp_path / "out.xlsx")]) == 0
    names = openpyxl.load_workbook(tmp_path / "out.xlsx", read_only=True).sheetnames
    assert {"∂ " + "L" * 29, "∂ " + "L" * 25 + " 2"} <= {*names}


def test_a_number_above_an_exponential_is_no_sigmoid_unless_it_is_1(tmp_path):
    slopes = [mirrored({"A1": 0.4, "A2": f"={k}/(1+EXP(-A1))"}, "A2", tmp_path)["A1"].value for k in (1, 3)]
    sigmoid = 1 / (1 + np.exp(-0.4))
    assert slopes == pytest.approx([sigmoid * (1 - sigmoid), 3 * sigmoid * (1 - sigmoid)])


def test_what_is_left_of_a_division_grows_as_what_is_divided(tmp_path):
    sheet = mirrored({"A1": 7.3, "A2": 2.5, "A3": "=3*MOD(A1,A2)"}, "A3", tmp_path)
    assert (sheet["A1"].value, sheet["A2"].value) == (3, pytest.approx(-6))


@pytest.mark.parametrize("name", SHEETS)
def test_the_value_is_what_an_engine_computes(name, tmp_path):
    formulas = {f"F{k}": f"={formula}" for k, formula in enumerate(SHEETS[name].values(), 1)}
    path = save({"S": {**GIVEN, **formulas}}, tmp_path / "sheet.xlsx")
    (computed,) = recalculate_edits(path, [{}], "ironcalc", tmp_path)
    for at, formula in formulas.items():
        value = load_spreadsheet(path, loss=at, parameters=["A1:B6", "D1:D7"])().item()
        assert value == pytest.approx(computed.value("S", at), rel=1e-7), formula


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("soffice"), reason="without LibreOffice")
@pytest.mark.parametrize("name", SHEETS)
def test_a_mirror_is_what_libreoffice_finds_by_differences(name, tmp_path):
    cells = dict(GIVEN)
    for k, formula in enumerate(SHEETS[name].values(), 1):
        cells[f"F{k}"] = f"={formula}"
    weights = [1 + 0.37 * (k % 5) for k in range(len(SHEETS[name]))]
    cells["H1"] = "=" + "+".join(f"{weight:g}*F{k}" for k, weight in enumerate(weights, 1))
    source, target = save({"S": cells}, tmp_path / "sheet.xlsx"), tmp_path / "out.xlsx"
    assert main(["differentiate", str(source), "--loss", "H1", "-o", str(target)]) == 0
    bases: list[dict[tuple[str, str], float]] = [{}, {("S", "A3"): 2.3, ("S", "B2"): 0.9, ("S", "D1"): 0.021}]
    asked = [(base, at) for base in bases for at in (NUMBERS if not base else NUMBERS[::3])]
    edits = [*bases]
    for base, at in asked:
        own = base.get(("S", at), GIVEN[at])
        edits += [{**base, ("S", at): own + sign * STEP} for sign in (1, -1)]
    computed = [*recalculate_edits(target, edits, "libreoffice", tmp_path)]
    for k, (base, at) in enumerate(asked):
        high, low = (computed[len(bases) + 2 * k + n].value("S", "H1") for n in (0, 1))
        mirrored = computed[bases.index(base)].value("∂ S", at)
        assert (mirrored or 0.0) == pytest.approx((high - low) / (2 * STEP), rel=2e-5, abs=2e-6), at


@pytest.mark.parametrize(("test", "loss", "slope"), [(-1.0, 4.0, 2.0), (2.0, 4.0, 2.0), (0.0, 6.0, 3.0)])
def test_a_condition_is_false_for_0_alone(test, loss, slope, tmp_path):
    path = save({"S": {"A1": test, "A2": 2.0, "C1": "=IF(A1,A2*2,A2*3)"}}, tmp_path / "sheet.xlsx")
    module = load_spreadsheet(path, loss="C1", parameters=["A1:A2"])
    found = module()
    found.backward()
    [parameter] = module.parameters()
    assert found.item() == loss
    assert parameter.grad.ravel().tolist() == [0, slope]
    assert export(module, (), tmp_path / "net.xlsx").ok
