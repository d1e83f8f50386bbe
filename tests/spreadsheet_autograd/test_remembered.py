"""Learning rules that remember: a velocity that forgets, an average of no squares, what looks like an update."""

from __future__ import annotations

import pytest

from spreadsheet_autograd.worker import check_here
from tests.support.sheet_layouts import learning_rule
from tests.support.sheets_by_hand import save


def checked(rule, changes, tmp_path):
    sheets = learning_rule(rule)
    for at, content in changes.items():
        assert sheets[rule][at] != content
        sheets[rule][at] = content
    return check_here(save(sheets, tmp_path / "sheet.xlsx"))


def wrong(found):
    return {claim["cell"].partition("!")[2] for claim in found["claims"] if claim["verdict"] != "right"}


def learning(found):
    return {(finding["cell"].partition("!")[2], finding["kind"]) for finding in found["learning"]}


@pytest.mark.parametrize(
    ("rule", "changes", "told"),
    [
        ("momentum", {"K6": "=I6"}, ("K6", "memory")),
        ("momentum", {"E7": "=E6-$B$1*I6"}, ("E7", "memory")),  # the velocity is there, and isn't used
        ("adam", {"J6": "=(1-$D$1)*H6"}, ("J6", "memory")),
        ("adam", {"M6": "=$F$1*M5+(1-$F$1)*I6"}, ("M6", "square")),
        ("adam", {"L5": "=$F$1*L4+(1-$F$1)*H5"}, ("L5", "square")),
    ],
)
def test_what_is_remembered_wrongly_is_told_under_learning(rule, changes, told, tmp_path):
    found = checked(rule, changes, tmp_path)
    assert learning(found) == {told}
    assert not wrong(found)


def test_a_velocity_called_so_that_never_remembers(tmp_path):
    found = checked("momentum", {f"K{row}": f"=1*I{row}" for row in range(5, 9)}, tmp_path)
    assert {("K5", "memory"), ("K6", "memory"), ("K7", "memory")} <= learning(found)
    assert not {cell for cell, _ in learning(found) if cell[0] != "K" and cell[0] != "E"}


def test_the_wrong_memory_is_no_wrong_gradient(tmp_path):
    """β · g + g in the place of β · v + g: the parameter's own gradient has a name, and is right."""
    found = checked("momentum", {"K7": "=$D$1*I6+I7"}, tmp_path)
    assert not wrong(found)
    assert ("K7", "memory") in learning(found)


def test_an_average_of_another_average_is_no_wrong_gradient(tmp_path):
    found = checked("adam", {"K4": "=(1-$D$1)*M4"}, tmp_path)
    assert not wrong(found)
    assert learning(found) == {("K4", "gradient")}


def test_what_a_step_computes_is_no_parameter(tmp_path):
    """y − ½ · (y − t)² looks like an update, and is a slip in a gradient."""
    found = checked("decay", {"I5": "=F5-G5"}, tmp_path)
    assert wrong(found) == {"I5"}
    assert not found["learning"]
