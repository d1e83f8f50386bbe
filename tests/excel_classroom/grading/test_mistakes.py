"""The known mistakes, made by hand with PyTorch, are recognised; what is nonsense is not."""

import re
from pathlib import Path

import pytest
import torch

from excel_classroom.grading.marks import REFERENCE
from excel_classroom.grading.papers import papers_of
from excel_classroom.practice import mistakes
from excel_classroom.practice.handout import handout_of
from excel_classroom.practice.key import Options
from excel_classroom.practice.mistakes import NO_BIAS
from tests.support.handed_in import blank_at, fill, formulas, hand_out, hand_out_of, marked, marked_with
from tests.support.long_proofs import only_quick

SOURCE = """
import torch
import torch.nn.functional as F
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        torch.manual_seed(3)
        self.fc1, self.fc2 = nn.Linear(3, 3), nn.Linear(3, 3)

    def forward(self, x, t):
        a = F.relu(self.fc1(x))
        y = torch.tanh(self.fc2(a) + a)
        return F.mse_loss(y, t)


def net():
    torch.manual_seed(5)
    return Net(), (torch.randn(2, 3), torch.randn(2, 3))
"""


@pytest.fixture(scope="module")
def network(tmp_path_factory):
    yield from graded_network(tmp_path_factory.mktemp("class") / "in", SOURCE)


def graded_network(folder, source):
    """The network with Anna's numbers, its papers, and a workbook with all formulas."""
    key = hand_out(folder, ["Anna"], source, Options(count=3))
    solution = folder / "solution.xlsx"
    (student,) = key.students
    with papers_of(key) as papers:
        handout = handout_of(papers.network, key)
        solution.write_bytes(handout.make("Anna", student.draw)[1].solution)
        made = papers.network.draw(key.secret, "Anna", student.draw)
        yield made, papers, solution


CLASSES = """
import torch
import torch.nn.functional as F
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        torch.manual_seed(3)
        self.fc = nn.Linear(3, 3)

    def forward(self, x, label, extra):
        return F.cross_entropy(self.fc(x), label) + (extra * extra).sum()


def net():
    torch.manual_seed(5)
    return Net(), (torch.randn(4, 3), torch.tensor([0, 2, 1, 1]), torch.randn(3))
"""


def cases_of_classes(made):
    """What was missed before: p without − y, the mean of a sum, a bias that is forgotten."""
    x, label, extra = made.inputs
    module = made.module
    z = (x @ module.fc.weight.T + module.fc.bias).detach()
    p = torch.softmax(z, dim=1)
    y = torch.nn.functional.one_hot(label, 3)
    g = (p - y) / len(x)
    own = next((k, int(label[k])) for k in range(4) if abs(p[k, label[k]] - 1) > 0.1)
    yield mistakes.NO_TARGET, "grad.fc", own, (p / len(x))[own]
    yield mistakes.NO_BIAS, "fc", (1, 2), (x @ module.fc.weight.T)[1, 2].detach()
    yield mistakes.MEAN_FOR_SUM, "grad.fc.bias", (0,), g.sum(dim=0)[0] / 4
    yield mistakes.MEAN_FOR_SUM, "grad.fc.weight", (1, 0), (g.T @ x)[1, 0] / 4
    yield mistakes.MEAN_FOR_SUM, "sum_1", (), (extra * extra).sum() / 3


@pytest.fixture(scope="module")
def classes(tmp_path_factory):
    yield from graded_network(tmp_path_factory.mktemp("class") / "in", CLASSES)


@pytest.mark.slow
def test_the_mistakes_that_were_missed_are_recognised(classes, tmp_path):
    made, papers, solution = classes
    for mistake, tensor, index, number in cases_of_classes(made):
        blank = blank_at(solution, papers, tensor, index)
        path = fill(solution, [blank], [float(number)], into=tmp_path / "a.xlsx")
        (found,) = marked_with(papers, papers.key.students[0], path, [blank]).marks
        assert (found.state, found.mistake) == ("known mistake", mistake), (tensor, index, number, found)


QUICK = (mistakes.NO_MEAN, mistakes.TRANSPOSED, mistakes.TERM)


def by_hand(made):
    """Every tensor by PyTorch, without the exporter."""
    module = made.module.double()
    x, t = (each.double() for each in made.inputs)
    z1 = x @ module.fc1.weight.T + module.fc1.bias
    a = z1.clamp(min=0)
    z = a @ module.fc2.weight.T + module.fc2.bias
    s = z + a
    y = torch.tanh(s)
    n = y.numel()
    gy = 2 * (y - t) / n
    gs = gy * (1 - y**2)
    ga = gs @ module.fc2.weight + gs
    gz1 = ga * (z1 > 0)
    return {name: item.detach() for name, item in locals().items() if isinstance(item, torch.Tensor)} | {
        "module": module
    }


def cases(made):
    v = by_hand(made)
    w1, w2 = v["module"].fc1.weight.detach(), v["module"].fc2.weight.detach()
    off = next((k, i) for k, i in [(k, i) for k in range(2) for i in range(3)] if v["z1"][k, i] < 0)
    yield mistakes.MASK, "grad.fc1", off, v["ga"][off]
    yield mistakes.MASK, "relu", off, v["z1"][off]
    yield mistakes.SIGN, "grad.fc2.weight", (1, 2), -(v["gs"].T @ v["a"])[1, 2]
    yield mistakes.TRANSPOSED, "grad.relu", (0, 1), (v["gs"] @ w2.T + v["gs"])[0, 1]
    yield mistakes.TRANSPOSED, "fc1", (0, 1), (v["x"] @ w1 + v["module"].fc1.bias.detach())[0, 1]
    yield mistakes.TRANSPOSED, "grad.fc1.weight", (0, 1), (v["gz1"].T @ v["x"])[1, 0]
    # Before, it was said of a sum forward that it reaches the loss on several paths.
    yield mistakes.TERM, "fc1", (1, 2), v["x"][1, 0] * w1[2, 0] + v["module"].fc1.bias.detach()[2]
    yield mistakes.ONE_PATH, "grad.relu", (1, 2), v["gs"][1, 2]
    yield mistakes.ONE_PATH, "grad.relu", (1, 0), (v["gs"] @ w2)[1, 0]
    yield mistakes.ONE_PATH, "grad.fc1.bias", (2,), next(g for g in v["gz1"][:, 2] if g)
    yield mistakes.NO_MEAN, "grad.tanh", (0, 0), 2 * (v["y"] - v["t"])[0, 0]
    yield mistakes.NO_MEAN, "mse_loss", (), ((v["y"] - v["t"]) ** 2).sum()
    steep = divmod(int(v["s"].abs().argmax()), 3)
    yield mistakes.WRONG_POINT, "grad.add", steep, (v["gy"] * (1 - torch.tanh(v["y"]) ** 2))[steep]
    yield mistakes.WRONG_POINT, "grad.add", steep, (v["gy"] * (1 - v["s"] ** 2))[steep]


@pytest.mark.parametrize("kinds", only_quick(["all", "quick"], "quick"))
def test_each_mistake_made_by_hand_is_recognised(kinds, network, tmp_path):
    made, papers, solution = network
    asked = [each for each in cases(made) if kinds == "all" or each[0] in QUICK]
    blanks = tuple(blank_at(solution, papers, tensor, index) for _, tensor, index, _ in asked)
    for k, (mistake, tensor, index, number) in enumerate(asked):
        # One at a time: each alone is wrong, all others are right.
        (student,) = papers.key.students
        path = fill(solution, blanks[k : k + 1], [float(number)], into=tmp_path / "a.xlsx")
        (found,) = marked_with(papers, student, path, blanks[k : k + 1]).marks
        assert (found.state, found.mistake) == ("known mistake", mistake), (tensor, index, number, found)
        assert found.points == 0.5


def test_a_mistake_after_a_mistake(network, tmp_path):
    made, papers, solution = network
    blanks = tuple(blank_at(solution, papers, *each) for each in (("grad.tanh", (0, 0)), ("grad.add", (0, 0))))
    v = by_hand(made)
    slope = 1 - v["y"][0, 0].item() ** 2
    path = fill(solution, blanks, [5.0, -5.0 * slope], into=tmp_path / "a.xlsx")
    first, second = marked_with(papers, papers.key.students[0], path, blanks).marks
    assert (first.state, first.mistake) == ("wrong", "")
    assert (second.state, second.mistake) == ("known mistake", mistakes.SIGN)
    assert second.expected == pytest.approx(5 * slope)


def test_nonsense_is_no_known_mistake(network, tmp_path):
    made, papers, solution = network
    blanks = tuple(blank_at(solution, papers, tensor, index) for _, tensor, index, _ in cases(made))
    path = fill(solution, blanks[:1], [77.7], into=tmp_path / "a.xlsx")
    (found,) = marked_with(papers, papers.key.students[0], path, blanks[:1]).marks
    assert (found.state, found.mistake) == ("wrong", "")


EXAMPLES = Path(__file__).parents[3] / "examples"


def test_a_forgotten_bias_is_no_reference_where_the_inputs_are_0_and_1(tmp_path):
    """By chance w · 1 is w: the cell of the weight has that number, and with other inputs it has not."""
    key = hand_out_of(
        f"{EXAMPLES / 'xor.py'}:xor", tmp_path / "in", [f"Student {k}" for k in range(6)], Options(exam=True)
    )
    recognised = 0
    with papers_of(key) as papers:
        for student in key.students:
            blanks = papers.paper(student).key.blanks
            answers = formulas(blanks)
            slips = [k for k, blank in enumerate(blanks) if re.fullmatch(r"[^+]*\*.*\+[A-Z$!']+[0-9$]+", blank.formula)]
            for k in slips:
                answers[k] = answers[k].rpartition("+")[0]
            path = fill(tmp_path / "in" / student.file, blanks, answers)
            found = marked(papers, student, path).marks
            assert not any(REFERENCE in found[k].notes for k in slips)
            recognised += sum(found[k].mistake == NO_BIAS for k in slips)
    assert recognised
