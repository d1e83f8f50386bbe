"""Sheets as students build them: the right ones are quiet, and every slip is found where it is."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys

import pytest

from excel_export.cli import main
from excel_export.shared.errors import ExportError
from spreadsheet_autograd.check_in_sandbox import check_file
from spreadsheet_autograd.worker import check_here
from tests.support.corpus import EXAMPLES
from tests.support.long_proofs import only_quick
from tests.support.sheet_layouts import convolution
from tests.support.sheets_by_hand import (
    SIGMOID_ROW,
    blocks_of_matrices,
    column_of_neurons,
    is_quiet,
    logistic_regression,
    one_row_a_step,
    save,
)


def wrong(found):
    return [claim for claim in found["claims"] if claim["verdict"] == "wrong"]


def changed(sheets, tmp_path, changes):
    cells = next(iter(sheets.values()))
    for at, content in changes.items():
        assert cells[at] != content
        cells[at] = content
    return save(sheets, tmp_path / "sheet.xlsx")


@pytest.mark.parametrize(
    ("head", "old", "new"),
    only_quick([
        ("∂E/∂w6", "*a_h2", "*a_h1"),  # another unit
        ("∂E/∂w1", "*w7)", "*w8)"),  # another weight
        ("∂E/∂w3", "a_h2*(1-a_h2)", "a_h1*(1-a_h1)"),  # the slope of another unit
        ("∂E/∂w5", "(a_o1-t1)", "(t1-a_o1)"),  # the sign
        ("∂E/∂w7", "*(1-a_o2)", ""),  # half of the slope
        ("∂E/∂w2", "+(a_o2-t2)*a_o2*(1-a_o2)*w7", ""),  # one path only
        ("∂E/∂w4", "*i2", "*i1"),  # another input
        ("∂E/∂w8", "*a_h2", "*h2"),  # before the sigmoid
    ], ("∂E/∂w6", "*a_h2", "*a_h1"), ("∂E/∂w5", "(a_o1-t1)", "(t1-a_o1)")),
)  # fmt: skip
def test_a_slip_in_a_row_is_found_and_mended(head, old, new, tmp_path):
    right = SIGMOID_ROW[head]
    assert old in right
    found = check_here(save(one_row_a_step({head: right.replace(old, new, 1)}), tmp_path / "sheet.xlsx"))
    claims = wrong(found)
    assert len(claims) == 3  # in each of the steps, and nowhere else
    sheets = one_row_a_step()["Sheet1"]
    for claim in claims:
        at = claim["cell"].removeprefix("Sheet1!")
        assert sheets[at[:-1] + "3"] == head
        assert claim["slip"]["cell"] == claim["cell"]
        values = numbers_of(one_row_a_step({head: right.replace(old, new, 1)}), at, claim["slip"]["mended"], tmp_path)
        assert values == pytest.approx(claim["derivative"], rel=1e-9)


def test_a_further_training_begins_with_typed_parameters(tmp_path):
    """Two trainings stand one below the other: what stands above the second one is its headings, and no step."""
    cells = one_row_a_step(first=12)["Sheet1"] | one_row_a_step()["Sheet1"] | {"B1": "=1/2"}
    assert is_quiet(check_here(save({"Sheet1": cells}, tmp_path / "sheet.xlsx")))


def numbers_of(sheets, at, formula, tmp_path):
    """What an engine gives for a formula in the sheet that has the slip."""
    import ironcalc

    sheets["Sheet1"][at] = formula
    model = ironcalc.load_from_xlsx(str(save(sheets, tmp_path / "mended.xlsx")), "en", "UTC", "en")
    model.evaluate()
    row, letters = int(at.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")), at.rstrip("0123456789")
    col = 0
    for letter in letters:
        col = col * 26 + ord(letter) - 64
    return model.get_cell_value(0, row, col)


@pytest.mark.parametrize(
    ("sheets", "cell", "content", "kind"),
    only_quick([
        (column_of_neurons, "B27", "=B25", "mask"),
        (column_of_neurons, "B30", "=B26*B2", "reference"),
        (column_of_neurons, "B24", "=B20*B12", "reference"),
        (column_of_neurons, "B20", "=B18-B4", "factor"),
        (column_of_neurons, "B20", "=2*(B4-B18)", "sign"),
        (column_of_neurons, "B20", "=-2*B18", "missing term"),
        (column_of_neurons, "B20", "=2*(B18-B19)", "reference"),  # the loss itself
        (blocks_of_matrices, "F36", ("F36:I39", "=A36:D39"), "mask"),
        (blocks_of_matrices, "A30", ("A30:B33", "=G23:H26-E4:F7"), "factor"),
        (blocks_of_matrices, "A42", ("A42:D44", "=MMULT(TRANSPOSE(A4:C7),A36:D39)"), "reference"),
        (logistic_regression, "L2", "=SUM(G6:G17)", "mean"),
        (logistic_regression, "K2", "=SUMPRODUCT(G6:G17,A6:A17)/12", "reference"),
        (logistic_regression, "J2", "=SUMPRODUCT(G6:G16,A6:A16)/12", "reference"),
        (logistic_regression, "G8", "=C8-E8", "sign"),
    ], (column_of_neurons, "B27", "=B25", "mask"), (column_of_neurons, "B20", "=-2*B18", "missing term"),
       (column_of_neurons, "B20", "=2*(B18-B19)", "reference")),
)  # fmt: skip
def test_a_slip_is_found_in_the_cell_that_is_wrong_itself(sheets, cell, content, kind, tmp_path):
    found = check_here(changed(sheets(), tmp_path, {cell: content}))
    claims = wrong(found)
    assert claims
    assert all("slip" in claim for claim in claims)
    at = {claim["slip"]["cell"].partition("!")[2] for claim in claims}
    assert at == {cell}
    assert {claim["slip"]["kind"] for claim in claims} == {kind}


def test_where_a_unit_is_sure_of_itself_rounding_is_no_slip(tmp_path):
    """Each example's own gradients, averaged where the weights' gradients are made: P − Y has few digits at P ≈ 1."""
    of_each = {
        "A30": ("A30:B33", "=G23:H26-E4:F7"),
        "D30": ("D30:E33", "=MMULT(TRANSPOSE(F17:I20),A30:B33)/4"),
        "A42": ("A42:D44", "=MMULT(TRANSPOSE(A4:C7),F36:I39)/4"),
    }
    assert is_quiet(check_here(changed(blocks_of_matrices(), tmp_path, of_each)))


@pytest.mark.parametrize(
    ("content", "kind"),
    only_quick(
        [
            ("=B2-$E$3*K2", "rate"),
            ("=B2-$E$2*J2", "gradient"),
            ("=A2-$E$2*K2", "parameter"),
            ("=B2", "not updated"),
        ],
        ("=B2-$E$3*K2", "rate"),
    ),
)
def test_a_slip_in_learning_is_told(content, kind, tmp_path):
    found = check_here(changed(logistic_regression(), tmp_path, {"B3": content}))
    assert not wrong(found)
    assert [(each["cell"], each["kind"]) for each in found["learning"]] == [("Logistic!B3", kind)]


def test_a_slip_from_one_number_to_its_equal_is_found(tmp_path):
    """The sheet shows the same numbers with it as without it, but with other inputs it would not."""
    [claim] = wrong(check_here(changed(column_of_neurons(), tmp_path, {"B3": 0.6, "B28": "=B26*B3"})))
    assert claim["cell"].endswith("B28")


@pytest.mark.slow
def test_two_slips_one_behind_the_other_are_both_named(tmp_path):
    found = check_here(changed(column_of_neurons(), tmp_path, {"B20": "=B18-B4", "B30": "=B27*B3"}))
    slips = {claim["slip"]["cell"] for claim in wrong(found)}
    assert slips == {"Netz!B20", "Netz!B30"}


def test_a_number_in_the_place_of_a_formula(tmp_path):
    sheets = one_row_a_step(steps=1)
    path = changed(sheets, tmp_path, {"AB4": 0.07215707, "AC4": 0.08})
    found = {claim["cell"]: claim["verdict"] for claim in check_here(path)["claims"]}
    assert found["Sheet1!AB4"] == "constant"
    assert found["Sheet1!AC4"] == "wrong"


def test_a_number_that_was_pasted_over_a_formula_is_told_with_that_formula(tmp_path):
    found = wrong(check_here(changed(one_row_a_step(), tmp_path, {"AC5": 0.08})))
    assert [(claim["cell"], claim["slip"]["mended"]) for claim in found] == [("Sheet1!AC5", "=(S5-C5)*S5*(1-S5)*P5")]


def test_a_forward_slip_that_all_right_gradients_allow_is_told_in_the_forward_pass(tmp_path):
    """A bias is subtracted in one of the cells of a convolution: its own gradient is the only one that shows it."""
    sheets = convolution()
    found = wrong(check_here(changed(sheets, tmp_path, {"L4": "=SUMPRODUCT(B4:D6,$G$2:$I$4)-$G$7"})))
    assert {claim["slip"]["cell"] for claim in found} == {"Conv!L4"}
    assert {claim["slip"]["mended"] for claim in found} == {"=SUMPRODUCT(B4:D6,$G$2:$I$4)+$G$7"}


def test_a_right_gradient_is_not_changed_for_a_wrong_one(tmp_path):
    """The sign of one gradient; the pre-activation of its unit with its bias subtracted would explain it as well."""
    found = wrong(check_here(changed(column_of_neurons(), tmp_path, {"B33": "=-B27"})))
    assert [(claim["cell"], claim["slip"]["mended"]) for claim in found] == [("Netz!B33", "=B27")]


@pytest.mark.slow
def test_a_target_typed_into_a_formula_is_right_with_a_remark(tmp_path):
    formula = SIGMOID_ROW["∂E/∂w5"].replace("t1", "0.01")
    found = check_here(save(one_row_a_step({"∂E/∂w5": formula}), tmp_path / "sheet.xlsx"))
    assert not wrong(found)
    remarks = {claim["cell"]: claim["remark"] for claim in found["claims"] if "remark" in claim}
    assert [*remarks] == ["Sheet1!AB4", "Sheet1!AB5", "Sheet1!AB6"]
    assert "0.01 stands in C4" in remarks["Sheet1!AB4"]


@pytest.mark.slow
@pytest.mark.parametrize("program", ["libreoffice", "gnumeric", "ods"])
def test_other_programs_files(program, tmp_path):
    tool = "ssconvert" if program == "gnumeric" else "soffice"
    if not shutil.which(tool):
        pytest.skip(f"without {tool}")
    made = save(one_row_a_step({"∂E/∂w6": SIGMOID_ROW["∂E/∂w5"]}), tmp_path / "made.xlsx")
    saved = tmp_path / "saved" / ("made.ods" if program == "ods" else "made.xlsx")
    saved.parent.mkdir()
    if program == "gnumeric":
        subprocess.run([tool, "--recalc", made, saved], check=True, capture_output=True)
    else:
        profile = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
        command = [tool, profile, "--headless", "--convert-to", saved.suffix[1:], "--outdir", saved.parent, made]
        subprocess.run(command, check=True, capture_output=True)
    found = wrong(check_file(saved))
    assert [claim["slip"]["mended"] for claim in found] == [f"=(S{r}-C{r})*S{r}*(1-S{r})*P{r}" for r in (4, 5, 6)]


def test_a_file_is_checked_in_a_process_of_its_own(tmp_path):
    path = save(one_row_a_step(steps=1), tmp_path / "sheet.xlsx")
    assert check_file(path) == check_here(path)


@pytest.mark.usefixtures("in_this_process")
def test_the_command_and_its_exit_codes(tmp_path, capsys):
    right = save(one_row_a_step(), tmp_path / "right.xlsx")
    assert main(["check", str(right)]) == 0
    assert "24 gradients: 24 right" in capsys.readouterr().out
    wrong_path = save(one_row_a_step({"∂E/∂w6": SIGMOID_ROW["∂E/∂w5"]}), tmp_path / "wrong.xlsx")
    assert main(["check", str(wrong_path)]) == 1
    assert "AC4 reads O4 (a_h1). With P4 (a_h2) it is ∂E_total/∂w6. (and 2 more like it)" in capsys.readouterr().out
    assert main(["check", str(tmp_path), "--json"]) == 1
    files = json.loads(capsys.readouterr().out)["files"]
    assert [each["file"] for each in files] == ["right.xlsx", "wrong.xlsx"]


@pytest.mark.usefixtures("in_this_process")
def test_what_is_named_by_options(tmp_path, capsys):
    sheets = one_row_a_step(steps=1)
    cells = {at: text for at, text in sheets["Sheet1"].items() if not at.endswith("3")}  # without headings
    path = save({"Sheet1": cells}, tmp_path / "sheet.xlsx")
    assert main(["check", str(path)]) == 2
    assert main(["check", str(path), "--loss", "W4", "--claims", "X4:AE4", "--of", "E4:L4"]) == 0
    assert "8 gradients: 8 right" in capsys.readouterr().out


@pytest.mark.usefixtures("in_this_process")
@pytest.mark.parametrize(
    ("cells", "message"),
    only_quick([
        ({"A1": "milk", "B1": 2, "A2": "bread", "B2": 3, "B3": "=SUM(B1:B2)"}, "found no gradient to check"),
        ({"A1": "=B1+1", "B1": "=A1+1"}, "a circular reference"),
        ({"A1": "x" * 30_000}, "found no gradient to check"),
        ({"A1": "=[1]Sheet1!A1+1"}, "reads another file"),
        ({"A1": "=1/0"}, "found no gradient to check"),
    ], ({"A1": "=B1+1", "B1": "=A1+1"}, "a circular reference")),
)  # fmt: skip
def test_nonsense_is_one_clear_line(cells, message, tmp_path, capsys):
    assert main(["check", str(save({"Sheet1": cells}, tmp_path / "sheet.xlsx"))]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1
    assert message in lines[0]


@pytest.mark.slow
def test_a_file_that_is_none(tmp_path, capsys):
    path = tmp_path / "sheet.xlsx"
    path.write_bytes(b"PK nonsense")
    assert main(["check", str(path)]) == 2
    assert main(["check", str(tmp_path / "missing.xlsx")]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 2


def test_what_leads_to_another_loss_only_stays_as_it_is(tmp_path):
    """A weight decay of 0 is no part of the first loss, though the second is made of it."""
    heads = ["x", "t", "w", "decay", "E", "∂E/∂w"]
    cells = {f"{column}{row}": head for row in (1, 5) for column, head in zip("ABCDEF", heads, strict=True)}
    cells |= {"A2": 0.7, "B2": 0.2, "C2": 0.4, "D2": 0, "E2": "=(A2*C2-B2)^2/2", "F2": "=(A2*C2-B2)*A2+D2*C2"}
    cells |= {
        "A6": -0.3, "B6": 0.9, "C6": 1.3, "D6": "=D2", "E6": "=((A6*C6-B6)^2+D6*C6^2)/2", "F6": "=(A6*C6-B6)*A6+D6*C6",
    }  # fmt: skip
    found = check_here(save({"Decay": cells}, tmp_path / "sheet.xlsx"))
    assert [(claim["cell"], claim["verdict"]) for claim in found["claims"]] == [
        ("Decay!F2", "right"), ("Decay!F6", "right"),
    ]  # fmt: skip


def test_a_function_that_is_not_known_is_told_once_and_only_where_it_matters(tmp_path):
    sheets = one_row_a_step(steps=2)
    sheets["Links"] = {f"A{row}": "=WEBSERVICE(B1)" for row in range(1, 9)}
    assert not check_here(save(sheets, tmp_path / "links.xlsx"))["left out"]
    sheets["Sheet1"] |= {"M4": "=WEBSERVICE(E4)", "M5": "=WEBSERVICE(E5)"}
    found = check_here(save(sheets, tmp_path / "inside.xlsx"))
    assert [(each["cell"], each["count"]) for each in found["left out"]] == [("Sheet1!M4", 2)]
    assert "WEBSERVICE isn't known (and 1 more like it)" in found["left out"][0]["why"]


def test_the_slope_of_a_sigmoid_is_no_update(tmp_path):
    """a − a · 1 · a looks like old − rate · gradient."""
    heads = ["x", "t", "w", "z", "a", "slope", "E", "∂E/∂w"]
    cells = {f"{column}1": head for column, head in zip("ABCDEFGH", heads, strict=True)}
    cells |= {
        "A2": 0.7, "B2": 0.2, "C2": 0.4, "D2": "=A2*C2", "E2": "=1/(1+EXP(-D2))", "F2": "=E2-E2*1*E2",
        "G2": "=(E2-B2)^2/2", "H2": "=(E2-B2)*F2*A2",
    }  # fmt: skip
    found = check_here(save({"Sheet1": cells}, tmp_path / "sheet.xlsx"))
    assert [claim["verdict"] for claim in found["claims"]] == ["right"]
    assert [loss["cell"] for loss in found["losses"]] == ["Sheet1!G2"]


def test_what_there_is_no_time_for_is_one_line_that_says_what_to_do(tmp_path):
    path = save(one_row_a_step(), tmp_path / "sheet.xlsx")
    found = check_here(path, seconds=0)
    assert not found["claims"]
    (line,) = found["left out"]
    assert line["why"].startswith("no time for 24 gradients")
    assert line["why"].endswith("allow more with --seconds, or name some with --loss, --claims and --of")
    named = check_here(path, "W4", ["X4:AE4"], ["E4:L4"])
    assert [claim["verdict"] for claim in named["claims"]] == ["right"] * 8


def test_a_gradient_for_whose_loss_there_was_no_time_is_not_called_wrong(tmp_path, monkeypatch):
    monkeypatch.setattr("spreadsheet_autograd.check.FOR_CHOOSING", 0)
    found = check_here(save(one_row_a_step(), tmp_path / "sheet.xlsx"), seconds=10**6)
    assert not found["claims"]
    assert found["left out"][0]["why"].startswith("no time for 24 gradients")


def test_too_many_formulas_are_one_line_at_once_unless_what_to_check_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr("spreadsheet_autograd.worker.MOST_FORMULAS", 50)
    path = save(one_row_a_step(), tmp_path / "sheet.xlsx")
    with pytest.raises(ExportError, match=r"holds 73 formulas, too many to look for gradients .* name what to check"):
        check_here(path)
    named = check_here(path, "W4", ["X4:AE4"], ["E4:L4"])
    assert [claim["verdict"] for claim in named["claims"]] == ["right"] * 8


def test_a_sheet_with_too_long_formulas_is_not_followed_and_told_only_where_it_matters(tmp_path, monkeypatch):
    monkeypatch.setattr("spreadsheet_autograd.graph.graph.LONGEST", 20_000)
    sheets = one_row_a_step(steps=2)
    sheets["Shown"] = {f"A{row}": "=" + "+".join(["Sheet1!A4"] * 100) for row in range(1, 41)}
    assert is_quiet(check_here(save(sheets, tmp_path / "shown.xlsx")))
    sheets["Sheet1"]["M4"] += "+0*Shown!A1"
    found = check_here(save(sheets, tmp_path / "read.xlsx"))
    assert {claim["verdict"] for claim in found["claims"]} == {"right", "unknown"}
    assert "isn't followed: the formulas on it have 39,960 characters" in found["left out"][0]["why"]


@pytest.mark.parametrize(
    ("cell", "content"), only_quick([("G8", "=C8-E8"), ("K2", "=SUMPRODUCT(G6:G17,A6:A17)/12")], ("G8", "=C8-E8"))
)
def test_a_large_range_is_one_node_and_slips_in_it_are_found(cell, content, tmp_path, monkeypatch):
    monkeypatch.setattr("spreadsheet_autograd.graph.graph.LARGE", 4)
    found = check_here(changed(logistic_regression(), tmp_path, {cell: content}))
    assert {claim["slip"]["cell"] for claim in wrong(found)} == {f"Logistic!{cell}"}


def test_a_number_with_a_name_of_its_own_below_a_table_is_no_gradient(tmp_path):
    sheets = one_row_a_step(steps=2)
    sheets["Sheet1"] |= {"AC7": "beta2", "AE7": 0.999, "AE8": "=AE7^2", "AC8": "beta2 squared"}
    found = check_here(save(sheets, tmp_path / "sheet.xlsx"))
    assert [claim["verdict"] for claim in found["claims"]] == ["right"] * 16


def test_how_the_loss_changes_is_no_gradient(tmp_path):
    """ΔE_total is a difference from step to step, and ∂E/∂ loss of a helper's line is 1 or nothing."""
    sheets = one_row_a_step(steps=3)
    cells = sheets["Sheet1"]
    cells |= {"AG3": "ΔE_total", "AG5": "=W5-W4", "AG6": "=W6-W5", "AH3": "∂E/∂ loss", "AI3": "loss"}
    cells |= {f"AI{row}": f"=W{row}*2+1" for row in (4, 5, 6)} | {f"AH{row}": f"=AI{row}+9" for row in (4, 5, 6)}
    found = check_here(save(sheets, tmp_path / "sheet.xlsx"))
    assert [claim["verdict"] for claim in found["claims"]] == ["right"] * 24


def test_what_is_left_of_the_slopes_far_off_is_rounding(tmp_path):
    """A softmax that is sure by 1e-38 gives a gradient of 1e-38, of which no digit is right."""
    cells = {"A1": "w", "B1": "E", "C1": "∂E/∂w", "A2": 0.9, "B2": "=EXP(-100*A2^2)"}
    right = "-200*A2*EXP(-100*A2^2)"
    for formula, verdict in ((f"={right}+1E-30", "right"), (f"={right}*1.0001", "wrong"), (f"={right}+1E-7", "wrong")):
        found = check_here(save({"Sheet1": {**cells, "C2": formula}}, tmp_path / "sheet.xlsx"))
        assert [claim["verdict"] for claim in found["claims"]] == [verdict], formula


@pytest.mark.usefixtures("in_this_process")
def test_a_rate_that_moves_into_a_text_is_told_without_a_line_for_each_number_behind_it(tmp_path, capsys):
    """A missing $: from the second row on, the rate is the empty cell below it, and then a heading."""
    sheets = one_row_a_step(steps=5)
    cells = sheets["Sheet1"]
    for row in range(5, 9):
        cells[f"E{row}"] = cells[f"E{row}"].replace("$B$1", f"B{row - 4}")
    assert "-B2*" in cells["E6"]
    assert cells["B3"] == "i2"
    assert main(["check", str(save(sheets, tmp_path / "sheet.xlsx"))]) == 1
    out = capsys.readouterr().out
    assert "Sheet1!E6 takes Sheet1!B2 for the learning rate. Write $B$1: without $ it moves" in out
    assert "more like it" in out
    assert len(out.splitlines()) <= 8


@pytest.mark.usefixtures("in_this_process")
def test_a_slip_that_is_mended_by_a_cell_that_stays_is_told_once(tmp_path, capsys):
    """The inputs stand in $A$4 and $B$4: what mends a row is no copy of what mends the row before, unless it has $."""
    slip = SIGMOID_ROW["∂E/∂w1"].removesuffix("*i1") + "*h1+0*i1"
    sheets = one_row_a_step({"∂E/∂w1": slip})
    for at, content in sheets["Sheet1"].items():
        if isinstance(content, str) and content.startswith("="):
            sheets["Sheet1"][at] = re.sub(r"(?<![A-Z$])([AB])\d+\b", r"$\1$4", content)
    assert main(["check", str(save(sheets, tmp_path / "sheet.xlsx"))]) == 1
    out = capsys.readouterr().out
    assert "With A4 (i1)" in out
    assert "(and 2 more like it)" in out
    assert len(out.splitlines()) == 3


@pytest.mark.parametrize(
    ("head", "name", "number", "cell"), [("∂E/∂w1", "i1", "0.05", "A4"), ("∂E/∂w5", "t1", "0.01", "C4")]
)
def test_an_input_that_is_typed_into_a_gradient_is_right_and_said(head, name, number, cell, tmp_path):
    formula = SIGMOID_ROW[head].replace(name, number)
    found = check_here(save(one_row_a_step({head: formula}, steps=1), tmp_path / "sheet.xlsx"))
    assert {claim["verdict"] for claim in found["claims"]} == {"right"}
    (remark,) = [claim["remark"] for claim in found["claims"] if "remark" in claim]
    assert remark == f"a number that is typed into the formula: {number} stands in {cell}"


@pytest.mark.slow
def test_what_it_finds_does_not_hang_on_the_seed_of_hashes(tmp_path):
    """A sum and a mean of the same losses: a wrong gradient of all is held against the nearer one."""
    cells = {"A1": "w", "B1": 0.7, "A3": "x", "B3": "y", "C3": "p", "D3": "E", "E3": "dE/dw"}
    for row, (x, y) in enumerate(((1.0, 2.0), (2.0, 0.5), (3.0, 1.5)), start=4):
        cells |= {
            f"A{row}": x, f"B{row}": y, f"C{row}": f"=$B$1*A{row}",
            f"D{row}": f"=(C{row}-B{row})^2", f"E{row}": f"=2*(C{row}-B{row})*A{row}",
        }  # fmt: skip
    cells |= {"H9": "loss", "I9": "=SUM(D4:D6)", "H10": "loss", "I10": "=AVERAGE(D4:D6)"}
    path = save({"S": cells | {"H20": "dL/dw", "I20": "=SUM(E4:E6)*1.7+B1^3"}}, tmp_path / "sheet.xlsx")
    found = at_each_seed(path)
    assert len(found) == 1
    assert b"'S!I20'" in found.pop()


@pytest.mark.slow
def test_gradients_without_headings_are_found_in_one_order(tmp_path):
    """Numbers that are typed, and numbers that are computed, each with their neighbours."""
    example = EXAMPLES["xor two layers"]
    assert len(at_each_seed(example.save(example.sheets(), tmp_path / "sheet.xlsx"))) == 1


def at_each_seed(path):
    """What is found in a sheet, once for each seed of Python's hashes with which it differs."""
    check = "import sys, pathlib, spreadsheet_autograd.worker as w; print(w.check_here(pathlib.Path(sys.argv[1])))"
    command = [sys.executable, "-c", check, path]
    return {subprocess.check_output(command, env=os.environ | {"PYTHONHASHSEED": seed}) for seed in "0123"}
