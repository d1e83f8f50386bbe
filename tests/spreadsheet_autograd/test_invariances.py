"""What a sheet's headings are, what stands on another sheet, and where rows begin makes nothing right wrong."""

from __future__ import annotations

import re

import pytest

from spreadsheet_autograd.worker import check_here
from tests.support.corpus import EXAMPLES, LATER, LATER_SLIPS
from tests.support.long_proofs import only_quick

SHEETS = EXAMPLES | LATER
REFERENCE = re.compile(r"(?<![\w.$])(\$?[A-Z]{1,3}\$?)(\d+)(?![\w(])")
OF_ITS_OWN = {
    "A1": "loss", "B1": "error", "C1": "w", "A2": 1.5, "B2": "=C2^2-A2", "C2": 0.7, "D1": "dL/dw", "D2": "=2*C2+A2",
    "E1": "J", "E2": "=A2*3",
}  # fmt: skip


def is_text(content):
    return isinstance(content, str) and not content.startswith("=")


def with_other_headings(sheets):
    """All texts as x1, x2, …, but those that formulas look for."""
    formulas = " ".join(str(content) for cells in sheets.values() for content in cells.values())
    looked_for, count = {*re.findall(r'"([^"]*)"', formulas)}, 0
    found = {}
    for title, cells in sheets.items():
        found[title] = {}
        for at, content in cells.items():
            if is_text(content) and not at.startswith("table ") and content not in looked_for:
                count += 1
                content = f"x{count}"
            found[title][at] = content
    return found


def one_row_lower(sheets):
    """Everything a row further down, as after a row was inserted above."""

    def lower(text):
        pieces = re.split(r'("[^"]*")', text)
        return "".join(
            piece if piece.startswith('"') else REFERENCE.sub(lambda match: f"{match[1]}{int(match[2]) + 1}", piece)
            for piece in pieces
        )

    def moved(content):
        if isinstance(content, tuple):
            return lower(content[0]), lower(content[1])
        return content if not isinstance(content, str) or is_text(content) else lower(content)

    return {title: {lower(at): moved(content) for at, content in cells.items()} for title, cells in sheets.items()}


def verdicts(example, sheets, path, *, back=0):
    """The cells that are right and those that are wrong; with `back`, as they stood so many rows higher."""
    found = check_here(example.save(sheets, path))

    def named(cell):
        sheet, _, name = cell.rpartition("!")
        return sheet, REFERENCE.sub(lambda match: f"{match[1]}{int(match[2]) - back}", name)

    of = {
        kind: {named(claim["cell"]) for claim in found["claims"] if claim["verdict"] == kind}
        for kind in ("right", "wrong")
    }
    return of["right"], of["wrong"] - of["right"], found["learning"]


def taken_for_another(learning, sheets):
    """What is read by the updates that are said to learn with the gradient of another number."""
    said = [each["cell"].rpartition("!") for each in learning if each["kind"] == "gradient"]
    return {
        (sheet, f"{col}{row}".replace("$", ""))
        for sheet, _, at in said
        for col, row in REFERENCE.findall(str(sheets[sheet.strip("'")][at]))
    }


def is_plain(example):
    """Whether it has no tables and no names: these are found by the headings that are changed here."""
    has_table = any(at.startswith("table ") for cells in example.sheets().values() for at in cells)
    return not has_table and not example.names


PLAIN = [name for name, example in SHEETS.items() if is_plain(example)]
PLAIN_SLIPS = [case.values for case in LATER_SLIPS if is_plain(case.values[0])]


@pytest.mark.parametrize("name", only_quick(PLAIN, *PLAIN[::4]))
def test_a_right_sheet_stays_so(name, tmp_path):
    example = SHEETS[name]
    sheets = example.sheets()
    right, _, _ = verdicts(example, sheets, tmp_path / "sheet.xlsx")
    beside = sheets | {"Own": OF_ITS_OWN}
    for changed, back in ((with_other_headings(sheets), 0), (one_row_lower(sheets), 1), (beside, 0)):
        right_then, wrong_then, learning = verdicts(example, changed, tmp_path / "changed.xlsx", back=back)
        wrong_then = {at for at in wrong_then if at[0] != "Own"}
        assert not wrong_then
        assert not [each for each in learning if not each["cell"].startswith("Own!")]
        assert back == 0 or right_then >= right


@pytest.mark.slow
@pytest.mark.parametrize(("example", "slip"), PLAIN_SLIPS)
def test_headings_make_nothing_right_wrong_nor_wrong_right(example, slip, tmp_path):
    sheets = example.sheets(slip)
    right, wrong, _ = verdicts(example, sheets, tmp_path / "sheet.xlsx")
    renamed = with_other_headings(sheets)
    for changed in (renamed, sheets | {"Own": OF_ITS_OWN}):
        right_then, wrong_then, learning = verdicts(example, changed, tmp_path / "changed.xlsx")
        assert right.isdisjoint(wrong_then)
        # What is no derivative by what a heading says may be that by another number: then it is told of its update.
        told = taken_for_another(learning, renamed) if changed is renamed else set()
        assert wrong & right_then <= told
