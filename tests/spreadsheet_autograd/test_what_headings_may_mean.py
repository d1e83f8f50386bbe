"""A heading such as dw may mean a step or a difference: where nothing takes it so, it is no wrong gradient."""

from __future__ import annotations

import pytest

from spreadsheet_autograd.worker import check_here
from tests.support.sheets_by_hand import save

ROWS = range(2, 6)


def training(head="dw", formula="", gradient="dL/dw", bias=False):
    """Four steps of o = w·x; column G has one more heading and formula."""
    cells = {
        "A1": "w",
        "B1": "x",
        "C1": "t",
        "D1": "o",
        "E1": "loss",
        "F1": gradient,
        "G1": head,
        "J1": "lr",
        "J2": 0.1,
    }
    if bias:
        cells |= {"H1": "b", "I1": "dL/db"}
    for r in ROWS:
        cells |= {
            f"A{r}": f"=A{r - 1}-$J$2*F{r - 1}" if r > 2 else 0.4, f"B{r}": 0.5 + r / 7, f"C{r}": 1 + r / 9,
            f"D{r}": f"=H{r}+A{r}*B{r}+B{r}/9" if bias else f"=A{r}*B{r}",
            f"E{r}": f"=(D{r}-C{r})^2", f"F{r}": f"=2*(D{r}-C{r})*B{r}",
            f"G{r}": "=" + formula.format(r=r, b=r - 1, n=r + 1) if formula else "",
        }  # fmt: skip
        if bias:
            cells |= {f"H{r}": f"=H{r - 1}-$J$2*G{r - 1}" if r > 2 else 0.1, f"I{r}": f"=G{r}"}
    return {"S": {at: content for at, content in cells.items() if content != ""}}


def checked(sheets, tmp_path):
    found = check_here(save(sheets, tmp_path / "sheet.xlsx"))
    return {claim["cell"].removeprefix("S!"): claim["verdict"] for claim in found["claims"]}, found["learning"]


@pytest.mark.parametrize(
    ("head", "formula"),
    [
        ("dw", "$J$2*F{r}"),
        ("dw", "-$J$2*F{r}"),
        ("dw", "A{n}-A{r}"),  # how far the update went
        ("dx", "B{r}-AVERAGE($B$2:$B$5)"),
        ("dt", "C{r}-C{b}"),
    ],
)
def test_beside_a_gradient_a_short_heading_means_something_else(head, formula, tmp_path):
    sheets = training(head, formula)
    if "{b}" in formula:
        sheets["S"]["G2"] = 0.0
    verdicts, learning = checked(sheets, tmp_path)
    assert {verdicts[f"F{row}"] for row in ROWS} == {"right"}
    assert "wrong" not in verdicts.values()
    assert not learning


@pytest.mark.parametrize("formula", ["2*(D{r}-C{r})*C{r}", "2*(D{r}-C{r})*B{r}+B{r}"])
def test_a_slip_below_a_short_heading_is_still_one(formula, tmp_path):
    """It is computed from what is trained, or an update takes it."""
    verdicts, _ = checked(training("dx", formula), tmp_path)
    assert {verdicts[f"G{row}"] for row in ROWS} == {"wrong"}
    sheets = training(gradient="dw")
    sheets["S"] |= {f"F{row}": f"=2*B{row}" for row in ROWS}
    verdicts, _ = checked(sheets, tmp_path)
    assert {verdicts[f"F{row}"] for row in ROWS} == {"wrong"}


def test_an_update_takes_the_gradient_whatever_another_column_is_called(tmp_path):
    """dw is no derivative here, and 'slope' is: the updates are right."""
    verdicts, learning = checked(training("dw", "B{r}*0.3", gradient="slope"), tmp_path)
    assert {verdicts[f"G{row}"] for row in ROWS} == {"wrong"}
    assert not learning
    sheets = training("dw", "2*(D{r}-C{r})*B{r}", gradient="slope")
    sheets["S"] |= {f"F{row}": f"=2*(D{row}-C{row})*C{row}" for row in ROWS}
    _, learning = checked(sheets, tmp_path)
    assert {each["cell"] for each in learning} == {"S!A3", "S!A4", "S!A5"}


def test_a_bias_may_take_the_error_that_its_gradient_repeats(tmp_path):
    verdicts, learning = checked(training("dL/do", "2*(D{r}-C{r})", bias=True), tmp_path)
    assert set(verdicts.values()) == {"right"}
    assert {f"I{row}" for row in ROWS} <= verdicts.keys()
    assert not learning


def test_a_loss_in_steps_has_no_gradient(tmp_path):
    """The rule of a perceptron is right, and no derivative of the errors that are counted."""
    sheets = training()
    for row in ROWS:
        sheets["S"] |= {
            f"D{row}": f"=IF(A{row}*B{row}>0.5,1,0)",
            f"F{row}": f"=(D{row}-C{row})*B{row}",
            f"C{row}": row % 2,
        }
    verdicts, learning = checked(sheets, tmp_path)
    assert set(verdicts.values()) == {"unknown"}
    assert not learning


def test_absolute_values_of_gradients_are_none(tmp_path):
    """Two of the three are the derivatives, as these are above 0, and the third is none."""
    cells = {"A1": "w", "A2": 0.5, "A3": -0.25, "A4": 0.75, "B1": "x", "B2": 1.5, "B3": -2.5, "B4": 0.5,
             "D1": "loss", "D2": "=(SUMPRODUCT(A2:A4,B2:B4)-0.5)^2", "F1": "size"}  # fmt: skip
    cells |= {f"F{row}": f"=ABS(2*(SUMPRODUCT($A$2:$A$4,$B$2:$B$4)-0.5)*B{row})" for row in (2, 3, 4)}
    verdicts, _ = checked({"S": cells}, tmp_path)
    assert "wrong" not in verdicts.values()


LINE = {"A1": "w", "B1": 0.5, "A2": "x", "B2": 0.7, "A3": "t", "B3": 0.2, "A4": "y", "B4": "=B1*B2",
        "A5": "loss", "B5": "=(B4-B3)^2", "A6": "dL/dw", "B6": "=2*(B4-B3)*B2", "A8": "w new", "B8": "=B1-B7*B6",
        "B7": 0.1}  # fmt: skip


@pytest.mark.parametrize("heading", ["error rate", "growth rate", "dropout rate"])
def test_a_rate_of_something_else_makes_no_update(heading, tmp_path):
    """What it multiplies is no gradient, so that neither the loss nor the input is a parameter that is learnt."""
    other = {"A7": "learning rate", "A9": heading, "B9": 0.3, "A10": "penalized", "B10": "=B5-B9*B4",
             "A11": "accuracy", "B11": "=B2-B9*B4"}  # fmt: skip
    found = check_here(save({"S": LINE | other}, tmp_path / "sheet.xlsx"))
    assert [(claim["cell"], claim["verdict"]) for claim in found["claims"]] == [("S!B6", "right")]
    assert not found["learning"]


@pytest.mark.parametrize(("formula", "findings"), [("=B1-B7*B6", []), ("=B1+B7*B6", ["sign"])])
def test_what_multiplies_a_gradient_is_a_rate_whatever_it_is_called(formula, findings, tmp_path):
    found = check_here(save({"S": LINE | {"A7": "some rate", "B8": formula}}, tmp_path / "sheet.xlsx"))
    assert [claim["verdict"] for claim in found["claims"]] == ["right"]
    assert [finding["kind"] for finding in found["learning"]] == findings


@pytest.mark.parametrize("is_block", [False, True])
def test_a_heading_names_no_number_of_a_sheet_that_only_shows_numbers(is_block, tmp_path):
    """One sheet shows an outer weight as "weight", another one has the gradient by an inner weight under that name."""
    cells = {
        "A1": "x", "A2": 0.7, "B1": "t", "B2": 0.4, "C1": "v1", "C2": 0.3, "D1": "v2", "D2": -0.2,
        "E1": "h", "E2": "=TANH(C2*A2)", "F1": "o", "F2": "=E2*D2", "G1": "loss", "G2": "=(F2-B2)^2",
        "H1": "dL/dv1", "H2": "=2*(F2-B2)*D2*(1-E2^2)*A2", "I1": "dL/dv2", "I2": "=2*(F2-B2)*E2",
    }  # fmt: skip
    shown = {"A1": "weight", "A2": "=Network!D2", "C2": "=A2*Network!E2"}
    inner = {"A1": "∂L/∂ weight", "A2": "=Network!H2*1"}
    if is_block:
        shown, inner = shown | {"A3": "=Network!D2"}, inner | {"A3": "=Network!H2*1"}
    found = check_here(save({"Network": cells, "Seen": shown, "Inner": inner}, tmp_path / "sheet.xlsx"))
    verdicts = {claim["cell"]: claim["verdict"] for claim in found["claims"]}
    left = {each["cell"]: each["why"] for each in found["left out"]}
    assert verdicts == {"Network!H2": "right", "Network!I2": "right"}
    assert left["Inner!A2"].startswith("no number here is called weight, so ")
