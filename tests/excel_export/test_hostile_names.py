"""Names that nobody vouches for: text wherever they stand, read back as they are, or refused in one line."""

import re
import zipfile

import numpy as np
import openpyxl
import pytest
import torch
import torch.nn.functional as F
from lxml import etree
from torch import nn

from excel_export import ExportError, Story, export, read_tensors, verify
from excel_export.book.names import choices
from excel_export.formulas import Reference, Text, gradient_name, link
from tests.support.engines import recalculate
from tests.support.live import Live
from tests.support.many_sheets import many_sheets
from tests.support.sheets import load_sheet

KEPT = [
    "=cmd|' /C calc'!A0", "=1+1", "+1", "-1", "@SUM(A1)", "%0A=1", "'", "it's", "<b>", "</t></is></c>", "a & b",
    "&lt;", "]]>", "<!--", "\u200fright", "\u202eto left", "🙂" * 200, "_x0041_", "_x000D_", "__x0041__", "A1", "R1C1",
    "History", "a", "A", "Network", "Tensors", "true", "#REF!", "1e5", "007", " before", "after ", "a,b;c", "*", "?",
    "~", "{0}", "%s", "漢字", "https://example", "grad", "\u2028", "x" * 10_000,
]  # fmt: skip
REFUSED = ["\t=1", "\r=1", "\n", "a\0b", "\x1b[31m", "\ufffe", "\uffff", "\ud800", "\x7f", '"', "\\", "x" * 40_000]


class Named(nn.Module):
    """A parameter of each name, and nothing else."""

    def __init__(self, names):
        super().__init__()
        self.names = names
        for k, name in enumerate(names):
            self.register_parameter(name, nn.Parameter(torch.tensor([0.5 * k, 1 - k])))

    def forward(self, x):
        return F.mse_loss(torch.cat([getattr(self, name) for name in self.names]) * x, torch.zeros(2 * len(self.names)))


X = torch.tensor([3.0])


@pytest.fixture(scope="module")
def named(tmp_path_factory):
    path = tmp_path_factory.mktemp("named") / "named.xlsx"
    story = Story("=1+1", [*KEPT, *REFUSED[:-1]])
    assert export(Named(KEPT), (X,), path, story=story).ok
    return path


def test_they_come_back_as_they_are(named):
    tensors = read_tensors(named)
    assert {*KEPT, *(f"grad.{name}" for name in KEPT)} <= set(tensors)
    for k, name in enumerate(KEPT):
        assert tensors[name].tolist() == [0.5 * k, 1 - k]


def test_every_part_is_xml_and_every_name_is_text(named):
    with zipfile.ZipFile(named) as book:
        for part in book.namelist():
            etree.fromstring(book.read(part), etree.XMLParser(resolve_entities=False, huge_tree=True))
    texts = set()
    for sheet in openpyxl.load_workbook(named, read_only=True):
        for cell in (cell for row in sheet for cell in row):
            if cell.data_type == "f":
                outside = re.sub(r'"(?:[^"]|"")*"|\'(?:[^\']|\'\')*\'', "", cell.value)
                assert not re.search(r"cmd|\||calc|<b>|🙂", outside), cell.value
                for literal in re.findall(r'"((?:[^"]|"")*)"', cell.value):
                    assert len(literal.replace('""', '"').encode("utf-16-le")) <= 2 * 255, cell.value
            elif isinstance(cell.value, str):
                assert cell.data_type in ("s", "inlineStr"), cell.value
                assert len(cell.value.encode("utf-16-le")) <= 2 * 32_767
                texts.add(cell.value)
    assert set(KEPT) - {"_x0041_", "_x000D_", "__x0041__"} <= texts
    assert "_x005F_x0041_" in texts  # which Excel shows as _x0041_, and _x0041_ as A


@pytest.mark.slow
def test_libreoffice_keeps_them(named, tmp_path):
    saved = recalculate(named, "libreoffice", tmp_path)
    assert verify(saved.path, Named(KEPT), (X,)).ok
    assert saved.value("Start", "B2") == "=1+1"
    assert saved.value("Start", "B3") == KEPT[0]


@pytest.mark.slow
def test_the_chosen_parameter_is_the_one_explained(tmp_path):
    names = ["a", "A", "=b", "b", "xyz", "x*", "x?z", "<3", "~", "1e5", "007", "7", "true", "#REF!", "2 · a", "may-5"]
    names.append("y" * 300)
    export(Named(names), (X,), tmp_path / "out.xlsx")
    labels = choices(names)
    assert len(set(map(str.lower, labels))) == len(names)
    assert labels[2:5] == names[2:5]  # who is told apart anyway keeps the name
    live = Live(tmp_path / "out.xlsx", tmp_path)
    for k, label in enumerate(labels):
        live.type({"explain_tensor": gradient_name(label)})
        assert live.value("explain_label").startswith(gradient_name(label))
        parameter = live.value("explain_number") * len(names) / 9  # of the mean of the squares of three times each
        assert parameter == pytest.approx(0.5 * k) or parameter == pytest.approx(1 - k), label
    live.type({"explain_tensor": "no such name"})
    assert live.value("explain_label").startswith(gradient_name(labels[0]))


@pytest.mark.parametrize("name", REFUSED)
def test_what_a_workbook_cannot_hold_is_refused(name, tmp_path):
    for module in (Named([name]), nn.Sequential()):
        if not isinstance(module, Named):
            module.add_module(name, nn.Linear(1, 1))
        with pytest.raises(ExportError, match="rename it") as caught:
            export(module, (torch.ones(1, 1),), tmp_path / "out.xlsx")
        assert len(str(caught.value).splitlines()) == 1
        assert len(str(caught.value)) < 300
        assert not list(tmp_path.iterdir())


def test_a_class_may_be_called_anything(tmp_path):
    strange = type("=1+1\n</t>\x1f", (Named,), {})
    assert export(strange(["w"]), (X,), tmp_path / "out.xlsx").ok
    assert load_sheet(tmp_path / "out.xlsx", "Start")["B2"].value == Text("=1+1\n</t>\x1f")
    with pytest.raises(ExportError) as caught:
        export(strange(["w"]), (), tmp_path / "out.xlsx")
    assert "\n" not in str(caught.value)


class Shared(nn.Module):
    """An input, a result and a parameter that would have the same keys."""

    def __init__(self):
        super().__init__()
        self.x = nn.Parameter(torch.tensor([2.0]))
        self.mul = nn.Parameter(torch.tensor([5.0]))
        self.loss = nn.MSELoss()

    def forward(self, x, loss):
        return self.loss(x * self.x, loss) * self.mul.sum() + loss.sum()


class Arguments(nn.Module):
    """Inputs with the names of functions of Python and of results, and two that differ in their case only."""

    def forward(self, input, X, x, Sum, relu, add):
        return F.relu(input * X + x).add(Sum).add(relu).add(add).sum()


def test_inputs_are_called_as_the_arguments_are(tmp_path):
    inputs = {name: torch.tensor(k + 0.5) for k, name in enumerate(("input", "X", "x", "Sum", "relu", "add"))}
    assert export(Arguments(), inputs, tmp_path / "named.xlsx").ok
    tensors = read_tensors(tmp_path / "named.xlsx")
    assert {key: tensors[key].item() for key in inputs} == {key: item.item() for key, item in inputs.items()}
    assert tensors["relu_1"].item() == 0.5 * 1.5 + 2.5
    live = Live(tmp_path / "named.xlsx", tmp_path)
    live.type({"X": 2.5})
    assert live.value("loss") == 0.5 * 2.5 + 2.5 + 3.5 + 4.5 + 5.5


def test_names_that_several_tensors_have(tmp_path):
    module, inputs = Shared(), {"x": torch.tensor([3.0]), "loss": torch.tensor([1.0])}
    report = export(module, inputs, tmp_path / "out.xlsx")
    assert report.ok
    assert len({row.key for row in report.table}) == len(report.table)
    found = read_tensors(tmp_path / "out.xlsx")
    assert (found["x"], found["mul"]) == ([2.0], [5.0])
    assert (found["x_1"], found["loss_1"], found["mul_1"]) == ([3.0], [1.0], [6.0])
    assert found["loss"] == 5 * (6 - 1) ** 2 + 1
    assert found["grad.x"] == [2 * (6 - 1) * 3 * 5]
    assert found["grad.x_1"] == [2 * (6 - 1) * 2 * 5]


class Meeting(nn.Module):
    def __init__(self, inner: str, outer: str) -> None:
        super().__init__()
        self.grad = nn.Module()
        self.grad.register_parameter(inner, nn.Parameter(torch.ones(1)))
        self.register_parameter(outer, nn.Parameter(torch.ones(1)))

    def forward(self, x):
        return F.mse_loss(x * next(self.grad.parameters()) * next(self.parameters()), torch.zeros(1))


@pytest.mark.parametrize(("inner", "outer"), [("weight", "weight"), ("weight", "loss")])
def test_parameters_whose_keys_meet_are_refused(tmp_path, inner, outer):
    with pytest.raises(ExportError, match="has the name of another tensor"):
        export(Meeting(inner, outer), (X,), tmp_path / "out.xlsx")


class Layers(nn.Module):
    def __init__(self, names):
        super().__init__()
        self.names = names
        for k, name in enumerate(names, start=1):
            self.add_module(name, nn.Linear(k, k + 1))

    def forward(self, x):
        for name in self.names:
            x = getattr(self, name)(x)
        return x.sum()


def test_names_of_sheets_are_legal_and_differ(tmp_path):
    names = ["History", "history", "Start", "TENSORS", "check", "inputs", "[x]:*?/", "'q'", "conv", "CONV"]
    names += ["y" * 99, "y" * 98 + "z"]
    with many_sheets(0, 0):
        assert export(Layers(names), (torch.ones(1, 1),), tmp_path / "out.xlsx").ok
    sheets = openpyxl.load_workbook(tmp_path / "out.xlsx", read_only=True).sheetnames
    assert len(sheets) > 2 * len(names)
    assert len({name.lower() for name in sheets}) == len(sheets)
    for name in sheets:
        assert re.fullmatch(r"[^\[\]:*?/\\]{1,31}", name), name
        assert name.lower() != "history"
        assert not name.startswith("'")
        assert not name.endswith("'")


@pytest.mark.parametrize("text", ['"' * 300, "🙂" * 300, "=1+1", "a" * 400, '","', "a\0\ud800"])
def test_a_link_is_one_formula_whatever_it_says(text):
    formula = link(Reference("Sheet", 1, 1), text).text("Other")
    target, label = re.fullmatch(r'HYPERLINK\("((?:[^"]|"")*)","((?:[^"]|"")*)"\)', formula).groups()
    assert target == "#'Sheet'!A1"
    label = label.replace('""', '"')
    assert len(label.encode("utf-16-le")) <= 2 * 255
    assert label[:100] == Text(text)[:100]


def test_texts_are_as_long_as_excel_counts():
    assert len(Text("a" * 40_000)) == 32_767
    assert Text("🙂" * 20_000) == "🙂" * 16_383 + "\ufffd"
    assert np.all([Text(text) == text for text in ("a" * 32_767, "🙂" * 16_383, "")])
