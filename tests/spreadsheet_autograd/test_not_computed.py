"""What can't be computed is a leaf: RAND, an unknown function, a circle lose what depends on them, and nothing else."""

from __future__ import annotations

import openpyxl
import pytest

from excel_export.cli import main
from excel_export.shared.errors import ExportError
from spreadsheet_autograd.differentiate.gradient_workbook import differentiate
from spreadsheet_autograd.module import load_spreadsheet
from spreadsheet_autograd.worker import check_here
from tests.support.sheets_by_hand import one_row_a_step, save


def verdicts(found):
    return {claim["cell"].partition("!")[2]: claim["verdict"] for claim in found["claims"]}


def neuron(**changed):
    cells = {
        "A1": "x", "B1": "t", "C1": "w", "D1": "b", "E1": "z", "F1": "a", "G1": "E",
        "H1": "∂E/∂z", "I1": "∂E/∂w", "J1": "∂E/∂b", "K1": "∂E/∂a",
        "A2": 0.7, "B2": 0.2, "C2": 0.4, "D2": -0.1, "E2": "=C2*A2+D2", "F2": "=TANH(E2)", "G2": "=(F2-B2)^2",
        "K2": "=2*(F2-B2)", "H2": "=K2*(1-F2^2)", "I2": "=H2*A2", "J2": "=H2",
    }  # fmt: skip
    return {"Sheet1": cells | changed}


def test_a_number_that_changes_by_itself_is_an_input(tmp_path):
    found = check_here(save(neuron(A2="=RAND()"), tmp_path / "rand.xlsx"))
    assert verdicts(found) == dict.fromkeys(["H2", "I2", "J2", "K2"], "right")
    (told,) = found["left out"]
    assert told["cell"] == "Sheet1!A2"
    assert "RAND gives another number each time" in told["why"]
    slip = check_here(save(neuron(A2="=RAND()", I2="=H2*B2"), tmp_path / "slip.xlsx"))
    assert verdicts(slip)["I2"] == "wrong"
    assert [claim["slip"]["mended"] for claim in slip["claims"] if "slip" in claim] == ["=H2*A2"]


def test_of_a_function_that_is_not_known_only_what_goes_through_it_is_left_out(tmp_path):
    path = save(neuron(F2="=MYTANH(E2)"), tmp_path / "unknown.xlsx")
    book = openpyxl.load_workbook(path)
    book.save(path)
    with_value(path, "F2", 0.178)
    found = check_here(path)
    assert verdicts(found) == {"H2": "unknown", "I2": "unknown", "J2": "unknown", "K2": "right"}
    assert {claim.get("remark") for claim in found["claims"]} >= {
        "depends on Sheet1!F2: the function MYTANH isn't known"
    }


def with_value(path, cell, value):
    """Store a value with a formula, as a spreadsheet program does."""
    import zipfile

    with zipfile.ZipFile(path) as old:
        parts = {name: old.read(name) for name in old.namelist()}
    name = "xl/worksheets/sheet1.xml"
    before = parts[name]
    at = before.index(f'r="{cell}"'.encode())
    parts[name] = before[:at] + before[at:].replace(b"<v></v>", f"<v>{value}</v>".encode(), 1).replace(
        b"<v />", f"<v>{value}</v>".encode(), 1
    )
    assert parts[name] != before
    with zipfile.ZipFile(path, "w") as new:
        for part, data in parts.items():
            new.writestr(part, data)


@pytest.mark.parametrize(
    ("changed", "cell"),
    [({"M2": "=SUM(M1:M3)"}, "M2"), ({"M2": "=M5+1", "M5": "=M2*2"}, "M2"), ({"N2": "=SUM(N1:N200)", "N3": 1}, "N2")],
)
def test_a_circle_anywhere_leaves_the_rest_checked(changed, cell, tmp_path):
    found = check_here(save(neuron(**changed), tmp_path / "circle.xlsx"))
    assert verdicts(found) == dict.fromkeys(["H2", "I2", "J2", "K2"], "right")
    assert not found["left out"]  # it matters to nothing that is checked


def test_the_cell_that_closes_a_circle_is_named(tmp_path):
    sheets = one_row_a_step(steps=2)
    sheets["Sheet1"]["M5"] = "=E5*A5+F5*B5+0*AB5"  # a forward pass that reads its own gradient
    found = check_here(save(sheets, tmp_path / "circle.xlsx"))
    (told,) = found["left out"]
    assert told["cell"] == "Sheet1!M5"
    assert "depends on itself" in told["why"]
    kinds = verdicts(found)
    assert {kinds[f"{column}4"] for column in ("X", "Y", "Z", "AA", "AB", "AC", "AD", "AE")} == {"right"}
    assert {kinds[f"{column}5"] for column in ("AD", "AE")} == {"right"}
    assert kinds["X5"] == "unknown"


def test_googles_names_of_functions(tmp_path):
    found = check_here(
        save(neuron(G2="=POW(MINUS(F2,B2),2)", H2="=MULTIPLY(K2,MINUS(1,POW(F2,2)))"), tmp_path / "g.xlsx")
    )
    assert verdicts(found) == dict.fromkeys(["H2", "I2", "J2", "K2"], "right")


def test_a_mirror_and_a_module_take_a_random_number_as_it_is_and_refuse_what_is_not_known(tmp_path):
    path = save(neuron(A2="=RAND()"), tmp_path / "rand.xlsx")
    with_value(path, "A2", 0.25)
    assert differentiate(path, "G2", tmp_path / "out.xlsx") > 3
    stored = openpyxl.load_workbook(tmp_path / "out.xlsx", data_only=True)["∂ Sheet1"]
    module = load_spreadsheet(path, "G2", "C2")
    module().backward()
    assert module.C2.grad is not None
    assert stored["C2"].value == pytest.approx(float(module.C2.grad), rel=1e-9) or stored["C2"].value is not None
    unknown = save(neuron(E2="=MYSUM(C2,A2)"), tmp_path / "unknown.xlsx")
    with pytest.raises(ExportError, match="Sheet1!E2: the function MYSUM isn't known"):
        differentiate(unknown, "G2", tmp_path / "no.xlsx")


@pytest.mark.usefixtures("in_this_process")
def test_pasted_numbers_are_said_to_be_numbers_without_formulas(tmp_path, capsys):
    cells = neuron()["Sheet1"]
    pasted = {
        at: 0.1 if isinstance(content, str) and content.startswith("=") else content for at, content in cells.items()
    }
    assert main(["check", str(save({"Sheet1": pasted}, tmp_path / "pasted.xlsx"))]) == 2
    out = capsys.readouterr()
    assert "a number without a formula" in out.out
    assert "found no gradient" not in out.err
