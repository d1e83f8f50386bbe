"""What an exam shows: no formula, and no number that gives an answer away."""

import io
import math
import re
import zipfile
from itertools import product

import numpy as np
import openpyxl
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from excel_classroom.practice.key import Options
from excel_classroom.practice.source import ExerciseNetwork
from tests.support.engines import recalculate
from tests.support.practice import answers, fill_in, make, own_formulas

NUMBER = re.compile(rb"-?[0-9]+\.[0-9]+(?:[eE][-+]?[0-9]+)?|[0-9]+[eE][-+]?[0-9]+")
TEXT = re.compile(rb"<t[^>]*>([^<]*)</t>|\"([^\"<>]*)\"")
FUNCTIONS = {
    "exp": math.exp, "log": math.log, "tanh": math.tanh, "atanh": math.atanh, "square": lambda u: u * u,
    "sqrt": math.sqrt, "1/u": lambda u: 1 / u, "1-u": lambda u: 1 - u, "sigmoid": lambda u: 1 / (1 + math.exp(-u)),
    "1-u²": lambda u: 1 - u * u,
}  # fmt: skip


class TwoLayers(nn.Module):
    """Copies on the way: ReLUs that let through, a reshape, a bias that gets the gradient as it is."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.one, self.two = nn.Linear(3, 4), nn.Linear(4, 3)

    def forward(self, x, label):
        return F.cross_entropy(self.two(F.relu(self.one(x)).reshape(1, 4)), label)


class Batch(nn.Module):
    """Sums over examples, a tanh, a mean."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.one, self.two = nn.Linear(2, 2), nn.Linear(2, 1)

    def forward(self, x, t):
        return F.mse_loss(self.two(torch.tanh(self.one(x))), t)


NETWORKS = {
    "two layers": (TwoLayers, (torch.tensor([[0.5, -1, 2]]), torch.tensor([1]))),
    "batch": (Batch, (torch.tensor([[0.5, -1], [2.0, 0.3], [-0.4, 1.1]]), torch.tensor([[0.2], [-0.7], [1.0]]))),
}


@pytest.fixture(scope="module", params=["two layers", "two layers, Ann", "batch, Ann"])
def exam(request):
    name, _, variant = request.param.partition(", ")
    module, inputs = NETWORKS[name]
    return make(ExerciseNetwork.of(module(), inputs), Options(exam=True, questions=1), "secret", variant)


def usual(answer):
    return abs(answer) in (0.0, 1.0)


def test_no_answer_stands_anywhere_in_the_file(exam):
    """In no part: not in cells, stored values, names, comments, texts."""
    truth = answers(exam)
    assert sum(not usual(answer) for answer in truth.values()) > 5
    with zipfile.ZipFile(io.BytesIO(exam.workbook)) as parts:
        for part in parts.namelist():
            data = parts.read(part)
            found = np.abs([float(number) for number in NUMBER.findall(data)])
            texts = b" ".join(b" ".join(found) for found in TEXT.findall(data))
            for answer in map(abs, truth.values()):
                if usual(answer):
                    continue
                assert not (np.abs(found - answer) <= 1e-6 * answer).any(), (part, answer)
                if answer != round(answer, 4):
                    digits = f"{answer:.15e}".replace(".", "").lstrip("0")
                    assert digits[:8].encode() not in data, (part, answer)
                    assert f"{answer:.4f}".encode() not in texts, (part, answer)


def shown_numbers(exam):
    """By place, all numbers that a student can read, also on hidden sheets."""
    book = openpyxl.load_workbook(io.BytesIO(exam.workbook), data_only=True)
    cells = [cell for sheet in book if sheet.title not in ("Practice", "Tensors") for row in sheet for cell in row]
    return {
        (cell.parent.title, cell.coordinate): float(cell.value) for cell in cells if isinstance(cell.value, int | float)
    }


def precedents(exam):
    """For each blank, the cells that it is computed from, by the formulas of the solution, with openpyxl."""
    book = openpyxl.load_workbook(io.BytesIO(exam.solution))
    cell_in = re.compile(r"(?:'([^']+)'!)?\$?([A-Z]{1,3})\$?(\d+)(?::\$?([A-Z]{1,3})\$?(\d+))?")
    found = {}
    for sheet, cell in own_formulas(exam):
        seen, todo = set(), [(sheet, cell)]
        while todo:
            where, at = todo.pop()
            formula = book[where][at].value
            if not str(formula).startswith("="):
                continue
            names = re.sub(r"learning_rate(?:_in_use)?", "'Update'!E3", formula)
            for other, col, row, last_col, last_row in cell_in.findall(names):
                home = other or where
                for line in book[home][f"{col}{row}:{last_col or col}{last_row or row}"]:
                    for each in line:
                        if (home, each.coordinate) not in seen:
                            seen.add((home, each.coordinate))
                            todo.append((home, each.coordinate))
        found[sheet, cell] = seen
    return found


def gives(answer, number, other=None):
    """How one operation leads from a number, or from two, to an answer; with a computer, not with our own search."""
    with np.errstate(all="ignore"):
        if other is None:
            tries = {}
            for name, function in FUNCTIONS.items():
                try:
                    tries[name] = function(number)
                except (ValueError, OverflowError, ZeroDivisionError):
                    continue
        else:
            tries = {"+": number + other, "-": number - other, "*": number * other}
            tries |= {"/": number / other} if other else {}
            tries |= {"\\": other / number} if number else {}
    return [name for name, result in tries.items() if abs(abs(result) - abs(answer)) <= 1e-10 * abs(answer)]


def test_no_operation_leads_from_a_number_beside_it_to_an_answer(exam):
    """Who sees a = tanh z and 2·z beside a blank z has z. What a blank is computed from is the question, no leak."""
    numbers, above = shown_numbers(exam), precedents(exam)
    unusual = {place: number for place, number in numbers.items() if round(number, 6) != number}
    checked = 0
    for place, answer in answers(exam).items():
        if round(answer, 6) == answer:
            continue
        checked += 1
        beside = {other: number for other, number in unusual.items() if other not in above[place]}
        for other, number in beside.items():
            assert not gives(answer, number), (place, other)
        for (one, number), (other, second) in product(beside.items(), numbers.items()):
            assert not gives(answer, number, second), (place, one, other)
    assert checked > 4


def test_the_same_searches_find_what_the_solution_shows(exam):
    with zipfile.ZipFile(io.BytesIO(exam.solution)) as parts:
        data = b" ".join(parts.read(part) for part in parts.namelist())
    found = np.abs([float(number) for number in NUMBER.findall(data)])
    for answer in answers(exam).values():
        if answer != round(answer, 4):
            assert (np.abs(found - abs(answer)) <= 1e-6 * abs(answer)).any()
    assert gives(0.5, math.tanh(0.5)) == ["atanh"]
    assert gives(0.5, 1.0, 2.0) == ["/"]


def test_numbers_stand_where_formulas_did(exam):
    """Nothing to copy, and no loss that moves when a weight is nudged."""
    book = openpyxl.load_workbook(io.BytesIO(exam.workbook))
    assert {*book.sheetnames} <= {"Practice", "Network", "Update", "Inputs in use", "Tensors"}
    assert not [name for name in book.defined_names if name.startswith("mark")]
    for sheet in book:
        formulas = [cell.value for row in sheet for cell in row if str(cell.value).startswith("=")]
        own = [each for each in formulas if not each.startswith("=HYPERLINK(") and "Practice" not in each]
        assert sheet.title == "Practice" or not own, sheet.title
    for blank in exam.blanks:
        assert book[blank.sheet][blank.cell].value is None
    for sheet, cell in exam.key.withheld:
        assert book[sheet][cell].value is None
    # What is not withheld is what PyTorch computes.
    values = {cell.coordinate: cell.value for row in book["Network"] for cell in row}
    solved = openpyxl.load_workbook(io.BytesIO(exam.solution), data_only=True)["Network"]
    empty = {blank.cell for blank in exam.blanks} | {cell for sheet, cell in exam.key.withheld if sheet == "Network"}
    numbers = [cell for row in solved for cell in row if isinstance(cell.value, int | float)]
    assert len(numbers) > 50
    for cell in numbers:
        if cell.coordinate not in empty and not str(values[cell.coordinate]).startswith("="):
            assert values[cell.coordinate] == pytest.approx(cell.value, abs=1e-12)


def test_beside_a_relu_both_sides_stay_empty():
    """a = ReLU(z) shows z where z is above 0."""
    module, inputs = NETWORKS["two layers"]
    made = make(ExerciseNetwork.of(module(), inputs), Options(("forward",), exam=True, count=8), "secret", "Ann")
    asked = {(blank.tensor, blank.index) for blank in made.blanks}
    z = [index for tensor, index in asked if tensor == "one" and made.graph.tensors["one"][index] > 0]
    assert z
    book = openpyxl.load_workbook(io.BytesIO(made.workbook))["Network"]
    values = {round(float(cell.value), 9) for row in book for cell in row if isinstance(cell.value, int | float)}
    for index in z:
        assert round(float(made.graph.tensors["one"][index]), 9) not in values


def test_an_exam_says_when_a_cell_holds_no_number(exam, tmp_path):
    places = list(own_formulas(exam))
    contents = {places[0]: "0,5", places[1]: 0.5}
    computed = recalculate(fill_in(exam.workbook, contents, tmp_path / "text.xlsx"), "ironcalc", tmp_path)
    assert [computed.value("Practice", f"E{7 + k}") or "" for k in range(3)] == ["not a number", "", ""]
    assert computed.value("Practice", "B4") == f"Filled in: 2 of {len(places)}"
