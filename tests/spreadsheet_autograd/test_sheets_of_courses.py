"""Sheets of courses are quiet where right, a slip in them is told and mended, and their mirrors are their gradients."""

from __future__ import annotations

import openpyxl
import pytest
from openpyxl.formula.translate import Translator
from openpyxl.workbook.defined_name import DefinedName

from excel_export.cli import main
from excel_export.shared.a1_notation import place
from excel_export.workbook.contents import Cell
from excel_export.workbook.engine import Engine
from spreadsheet_autograd.worker import check_here
from tests.support.long_proofs import only_quick
from tests.support.sheet_text import sheet
from tests.support.sheets_by_hand import Sheets, is_quiet, save
from tests.support.sheets_of_arrays import NAMES
from tests.support.sheets_of_courses import COURSES

CLAIMS = {"rnn": 13, "centred": 23, "skip-gram": 22, "gelu": 15, "policy": 3, "clipped": 8, "nesterov": 8, "tied": 34,
          "lambda": 3, "dropout": 25, "spanish": 9, "contrastive": 21, "J(θ)": 3, "batches": 9}  # fmt: skip
BEYOND_THE_ENGINE = {"tied", "lambda"}
"""Those with functions that only Excel has."""


def saved(name, tmp_path, changes=None) -> tuple[Sheets, str]:
    sheets = {title: sheet(text) for title, text in COURSES[name].items()}
    for at, content in (changes or {}).items():
        title, _, cell = at.rpartition("!")
        cells = sheets[title or next(iter(sheets))]
        before = cells[cell]
        assert before != content
        cells[cell] = (before[0], content) if isinstance(before, tuple) else content
    return sheets, write(name, sheets, tmp_path / "sheet.xlsx")


def write(name, sheets, path):
    save(sheets, path)
    if name in NAMES:
        book = openpyxl.load_workbook(path)
        for defined, meaning in NAMES[name].items():
            book.defined_names[defined] = DefinedName(defined, attr_text=meaning)
        book.save(path)
    return path


def full(sheets, at):
    return at if "!" in at else f"{next(iter(sheets))}!{at}"


@pytest.mark.parametrize("name", COURSES)
def test_a_right_sheet_is_quiet(name, tmp_path):
    found = check_here(saved(name, tmp_path)[1])
    assert is_quiet(found), found
    assert len(found["claims"]) == CLAIMS[name]
    assert not found["left out"]
    assert found["engine"] == "ironcalc"


SLIPS = [
    ("rnn", {"D18": "=D17*$B$7+E18*$B$5"}),
    ("rnn", {"H11": "=SUMPRODUCT(C19:E19,C13:E13)"}),
    ("centred", {"L10": "=M10"}),
    ("skip-gram", {"L6": "=IF(A6=$B$1,$G$2,0)"}),
    ("skip-gram", {"K6": "=IF(A6=$D$1,$G$2,0)"}),  # a text is compared with another text
    ("gelu", {"K7": "=0.5*(1+G7)"}),  # a slope that no cell holds is missing
    ("gelu", {"K8": "=G8*(1-G8)"}),
    ("gelu", {"H2": "=H1"}),
    ("policy", {"J13": "=-$D13*(IF($B13=3,1,0)-$D$6)"}),
    ("clipped", {"J6": "=(D6-H6)*C6"}),
    ("nesterov", {"L7": "=2*(J7-C7)"}),
    ("tied", {"H16": "=_xlfn.ANCHORARRAY(E16)"}),
    ("tied", {"K16": "=MMULT(TRANSPOSE(A2:C5),_xlfn.ANCHORARRAY(H16))"}),  # the decoder's part
    ("lambda", {"J11": "=2*(F11-D11)*E11"}),
    ("dropout", {"B2": "=B5*F3"}),
    ("dropout", {"B6": "=B8*F7", "C6": "=C8*G7", "D6": "=D8*H7"}),
    ("dropout", {"D5": "=D6", "D6": "=D8*H7"}),
    ("spanish", {"C13": "=C12*C6*C9"}),
    ("contrastive", {"A15": "=MMULT(D15:F17,E4:F6)"}),
    ("J(θ)", {"G3": "=$E3*B3"}),
    ("batches", {"Batch 2!C3": "=AVERAGE(G8:G9)"}),
]


QUICK = ("centred", "gelu", "policy", "tied", "contrastive", "batches")
"""Of the slips, the first in each of these is a quick test."""


@pytest.mark.parametrize(
    ("name", "changes"), only_quick(SLIPS, *(next(slip for slip in SLIPS if slip[0] == name) for name in QUICK))
)
def test_a_slip_is_told_where_it_is_and_mended(name, changes, tmp_path):
    sheets, path = saved(name, tmp_path, changes)
    found = check_here(path)
    slips = [claim["slip"] for claim in found["claims"] if "slip" in claim]
    assert all("slip" in claim for claim in found["claims"] if claim["verdict"] == "wrong")
    assert {slip["cell"] for slip in slips} | {at for slip in slips for at in slip["copies"]} == {
        full(sheets, at) for at in changes
    }
    assert not found["learning"]
    for slip in slips:
        for at in (slip["cell"], *slip["copies"]):
            title, _, cell = at.rpartition("!")
            cells, mended = sheets[title.strip("'")], slip["mended"]
            moved = Translator(mended, origin=slip["cell"].rpartition("!")[2]).translate_formula(cell)
            cells[cell] = (cells[cell][0], mended) if isinstance(cells[cell], tuple) else moved
    assert is_quiet(check_here(write(name, sheets, tmp_path / "mended.xlsx")))


@pytest.mark.parametrize(
    ("name", "cell", "content", "words"),
    [
        ("rnn", "H18", "=B6-$B$3*H11", "learns with Feuil1!H11, which is the gradient of Feuil1!B5"),
        ("clipped", "E6", "=E5-B5*M5/(SQRT(N5)+$H$1)", "learns with RMSprop!M5, which is the gradient of RMSprop!F5"),
        ("nesterov", "F7", "=$B$2*F6-$B$1*M6", "NAG!M6"),
        ("spanish", "D6", "=C6+C14", "learns with Hoja1!C14, which is the step of Hoja1!C5"),
        ("J(θ)", "L12", "=L3-$L$4*L7", "learns with Houses!L7, which is the gradient of Houses!L2"),
        ("batches", "Batch 3!B3", "='Batch 1'!F3", "begins from Batch 1!F3, not from Batch 2!F3"),
    ],
)
def test_a_slip_in_learning_is_told_once(name, cell, content, words, tmp_path):
    sheets, path = saved(name, tmp_path, {cell: content})
    (finding,) = check_here(path)["learning"]
    assert finding["cell"] == full(sheets, cell)
    assert words in finding["words"]


@pytest.mark.slow
def test_what_leads_to_something_right_is_not_changed_for_what_is_wrong(tmp_path):
    """Two slips behind one gradient: the column of another gradient, which is right, must not be told."""
    changes = {"F6": "=AVERAGE(H12:H17)"} | {f"I{row}": f"=-$C{row}*(IF($B{row}=2,1,0)-$D$6)" for row in range(12, 18)}
    found = check_here(saved("policy", tmp_path, changes)[1])
    assert [claim["cell"] for claim in found["claims"] if claim["verdict"] == "wrong"] == ["Policy!F6"]
    told = {claim["slip"]["cell"] for claim in found["claims"] if "slip" in claim}
    assert not any(cell.startswith("Policy!H") for cell in told)


@pytest.mark.parametrize(
    "name", only_quick([name for name in COURSES if name not in BEYOND_THE_ENGINE], "clipped", "J(θ)", "batches")
)
def test_the_mirror_is_what_the_sheet_says_itself(name, tmp_path):
    """The formulas of the gradients that the sheet has, made by hand, and those of its mirror are independent."""
    path = saved(name, tmp_path)[1]
    claims = check_here(path)["claims"]
    loss = claims[-1]["loss"]
    of_loss = [claim for claim in claims if claim["loss"] == loss and claim["of"] != loss]
    target = tmp_path / "out.xlsx"
    assert main(["differentiate", str(path), "--loss", loss, "-o", str(target)]) == 0
    stored = openpyxl.load_workbook(target, data_only=True)
    for claim in of_loss:
        title, _, cell = claim["of"].rpartition("!")
        assert stored[f"∂ {title}"][cell].value == pytest.approx(claim["value"], rel=1e-9, abs=1e-13), claim
    engine = Engine(str(target))
    engine.evaluate()

    def number(at, prefix=""):
        title, _, cell = at.rpartition("!")
        return engine.number((prefix + title.strip("'"), *place(cell)))

    in_cells = [
        claim
        for claim in of_loss
        if number(claim["cell"]) == pytest.approx(claim["value"], rel=1e-9)
        and number(claim["of"], "∂ ") == pytest.approx(claim["value"], rel=1e-9)
    ]  # where the engine computes the sheet itself: none where EXP gets a range inside SUMPRODUCT
    assert in_cells or name in ("skip-gram", "spanish")
    title, _, at = of_loss[0]["of"].rpartition("!")
    engine.put((title.strip("'"), *place(at)), Cell(0.37))
    engine.evaluate()
    for claim in in_cells:
        assert number(claim["of"], "∂ ") == pytest.approx(number(claim["cell"]), rel=1e-9, abs=1e-13), claim
