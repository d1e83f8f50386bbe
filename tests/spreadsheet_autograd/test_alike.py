"""Which sheets of a class are worth a look together: rare formulas, slips, pictures and names; never a template's."""

from __future__ import annotations

import random
from pathlib import Path

from excel_classroom.practice.rubric import rubric_of
from excel_classroom.report.alike_files import alike
from excel_classroom.report.checked_file import CheckedFile
from excel_classroom.results.handed_in import HandedIn
from excel_export.shared.cells import name_of, place_of

TEMPLATE = {name_of(row, 2): f"A{row}*{row}+EXP(-C{row})" for row in range(1, 21)}


def own_sheet(seed, count=12):
    """Formulas as nobody else has them."""
    source = random.Random(seed)
    return {
        name_of(source.randint(5, 40), k): f"{name_of(source.randint(41, 90), source.randint(1, 20))}*"
        f"{name_of(source.randint(41, 90), source.randint(1, 20))}+{source.choice('ABCD')}3"
        for k in range(3, 3 + count)
    }


def moved(formulas, rows, cols):
    from openpyxl.formula.translate import Translator

    found = {}
    for at, formula in formulas.items():
        row, col = place_of(at)
        target = name_of(row + rows, col + cols)
        found[target] = str(Translator(f"={formula}", at).translate_formula(target)).removeprefix("=")
    return found


def file(name, formulas, *, slips=(), drawings=(), saved_by="", modified="2026-05-01T10:00:00Z"):
    claims = []
    for at in slips:
        slip = {
            "cell": f"S!{at}",
            "kind": "reference",
            "formula": "",
            "mended": "",
            "words": f"{at} is odd",
            "like": None,
        }
        claims.append({"cell": f"S!{at}", "of": "S!A1", "called": "", "verdict": "wrong", "loss": "S!Z1", "value": 1.0,
                       "derivative": 2.0, "slip": slip})  # fmt: skip
    cells = [[*place_of(at), 0.0, formula] for at, formula in formulas.items()]
    found = {"claims": claims, "learning": [], "left out": [], "content": {"S": cells}, "drawings": [*drawings],
             "properties": {"lastModifiedBy": saved_by or name, "modified": modified}}  # fmt: skip
    return CheckedFile(HandedIn(Path(name), name), found, rubric_of(""), f"{name}.html", "")


def groups(*files):
    return [{each.name for each in group.files} for group in alike(files)]


def others(count=8):
    return [file(f"other {k}", own_sheet(k)) for k in range(count)]


def test_sheets_of_ones_own_are_not_alike():
    assert groups(*others()) == []


def test_the_same_formulas_in_the_same_cells():
    mine = own_sheet("x")
    found = alike([*others(), file("x", mine), file("y", mine), file("z", mine)])
    assert [[each.name for each in group.files] for group in found] == [["x", "y", "z"]]
    assert found[0].shared[0] == "the same 12 formulas, in the same cells"


def test_the_same_formulas_in_other_cells():
    mine = own_sheet("x")
    found = alike([*others(), file("x", mine), file("y", moved(mine, 3, 2))])
    assert found[0].shared[0] == "the same 12 formulas, in other cells"
    assert found[0].same_formulas


def test_two_files_alone_may_be_copies():
    mine = own_sheet("x")
    assert groups(file("x", mine), file("y", mine)) == [{"x", "y"}]


def test_a_template_makes_nobody_a_copy():
    same_work = {f"E{row}": f"B{row}*F{row}-{row}" for row in range(1, 7)}
    assert groups(*(file(f"s{k}", TEMPLATE | same_work) for k in range(8))) == []
    # Those who fill it in rightly are alike for that reason only.
    fill_in = [file(f"right {k}", TEMPLATE | same_work) for k in range(4)]
    assert groups(*fill_in, *(file(f"o{k}", TEMPLATE | own_sheet(k, 4)) for k in range(8))) == []


def test_in_a_template_the_same_slips_count():
    odd = {f"E{row}": f"B{row}*G{row + 1}-{row}" for row in (2, 4, 7)} | {"E9": "B9-B9*2", "F9": "E9/7"}
    slips = ["E2", "E4", "E7", "E9", "F9"]
    rest = [file(f"o{k}", TEMPLATE | own_sheet(k, 4)) for k in range(10)]
    assert groups(*rest, file("x", TEMPLATE | odd, slips=slips), file("y", TEMPLATE | odd, slips=slips)) == [{"x", "y"}]


def test_a_copy_in_which_a_few_formulas_were_changed():
    mine = own_sheet("x")
    other = mine | dict(list(own_sheet("y").items())[:3])
    found = alike([*others(), file("x", mine), file("y", other)])
    assert [{each.name for each in group.files} for group in found] == [{"x", "y"}]
    assert not found[0].same_formulas


def test_a_few_formulas_that_are_alike_by_chance_are_nothing():
    few = dict(list(own_sheet("x").items())[:4])
    assert groups(*others(30), file("x", own_sheet("p") | few), file("y", own_sheet("q") | few)) == []


def test_the_same_picture_and_the_same_person():
    rest = others(10)
    picture = ["00ff"]
    assert groups(*rest, file("x", own_sheet("x"), drawings=picture), file("y", own_sheet("y"), drawings=picture)) == [
        {"x", "y"}
    ]
    found = alike([*rest, file("x", own_sheet("x"), saved_by="Pat"), file("y", own_sheet("y"), saved_by="Pat")])
    assert "saved by 'Pat'" in found[0].shared
    assert groups(*(file(f"p{k}", own_sheet(f"p{k}"), saved_by="openpyxl", modified="") for k in range(2)), *rest) == []
    assert groups(*(file(f"p{k}", own_sheet(f"p{k}"), drawings=picture) for k in range(9))) == []
