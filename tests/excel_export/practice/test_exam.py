import io
import re
import zipfile

import numpy as np
import openpyxl
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from excel_export.practice.exercise import make_exercise
from excel_export.practice.key import Options
from excel_export.practice.source import Network
from tests.support.engines import recalculate
from tests.support.practice import answers, fill_in, own_formulas

NUMBER = re.compile(rb"[0-9]+\.[0-9]+(?:[eE][-+]?[0-9]+)?|[0-9]+[eE][-+]?[0-9]+")
TEXT = re.compile(rb"<t[^>]*>([^<]*)</t>|\"([^\"<>]*)\"")


class TwoLayers(nn.Module):
    """Copies on the way: ReLUs that let through, a reshape, a bias that gets the gradient as it is."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.one, self.two = nn.Linear(3, 4), nn.Linear(4, 3)

    def forward(self, x, label):
        return F.cross_entropy(self.two(F.relu(self.one(x)).reshape(1, 4)), label)


@pytest.fixture(scope="module", params=["own numbers", "Ann"])
def exam(request):
    network = Network.of(TwoLayers(), (torch.tensor([[0.5, -1, 2]]), torch.tensor([1])))
    variant = "" if request.param == "own numbers" else request.param
    graph = network.variant("secret", variant).graph
    return make_exercise(graph, Options(exam=True), "secret", variant, "Exam"), graph


def test_no_answer_stands_anywhere_in_the_file(exam):
    """In no part: not in cells, stored values, names, comments, texts."""
    made, graph = exam
    truth = answers(made, graph)
    assert len(truth) == 12
    unusual = [answer for answer in truth.values() if answer != round(answer, 4)]
    assert len(unusual) > 5
    with zipfile.ZipFile(io.BytesIO(made.workbook)) as parts:
        for part in parts.namelist():
            data = parts.read(part)
            found = np.asarray([float(number) for number in NUMBER.findall(data)])
            texts = b" ".join(b" ".join(found) for found in TEXT.findall(data))
            for answer in unusual:
                size = abs(answer)
                assert not (np.abs(found - size) <= 1e-6 * size).any(), (part, answer)
                digits = f"{size:.15e}".replace(".", "").lstrip("0")
                assert digits[:8].encode() not in data, (part, answer)
                assert f"{size:.4f}".encode() not in texts, (part, answer)


def test_the_same_search_finds_them_in_the_solution(exam):
    made, graph = exam
    with zipfile.ZipFile(io.BytesIO(made.solution)) as parts:
        data = b" ".join(parts.read(part) for part in parts.namelist())
    found = np.asarray([float(number) for number in NUMBER.findall(data)])
    for answer in answers(made, graph).values():
        if answer != round(answer, 4):
            assert (np.abs(found - abs(answer)) <= 1e-6 * abs(answer)).any()


def test_an_exam_has_no_marks_and_no_sheets_that_show_more(exam):
    made, _ = exam
    book = openpyxl.load_workbook(io.BytesIO(made.workbook))
    assert {*book.sheetnames} == {"Practice", "Network", "Update", "Inputs in use", "Tensors"}
    assert not [name for name in book.defined_names if name.startswith("mark")]
    for blank in made.blanks:
        assert book[blank.sheet][blank.cell].value is None


def test_what_comes_after_a_blank_computes_with_what_is_typed(exam, tmp_path):
    made, graph = exam
    path = fill_in(made.workbook, own_formulas(made), tmp_path / "filled.xlsx")
    computed = recalculate(path, "ironcalc", tmp_path)
    for (sheet, cell), answer in answers(made, graph).items():
        assert computed.value(sheet, cell) == pytest.approx(answer, abs=1e-12)
    assert computed.value("Practice", "B4") == "Filled in: 12 of 12"
