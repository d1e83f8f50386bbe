"""Copies of formulas are what would be written there; what cells share, every engine reads as each cell's own."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
from openpyxl import load_workbook

from excel_export.authoring import IF, Canvas, Grid, Name, Operand, Reference, equal, sum_of_products, table
from excel_export.compiler.place.emit import emit
from excel_export.compiler.place.network_picture import place
from excel_export.compiler.trace.tracer import trace
from excel_export.formulas import Expression
from excel_export.formulas.copies import Fill, Original
from excel_export.graph.graph import Graph
from excel_export.shared.a1_notation import copies_of
from excel_export.workbook.write import write
from mnist_adder.network.model import HEADS
from mnist_adder.workbook.training_sheet import untrained
from tests.support.engines import each_engine, recalculate, sheet_parts
from tests.support.trainings import CASES

IMAGE = Grid("Here", 2, 2, (4, 4), (1, 0), (0, 1))
KERNEL = Grid("Here", 8, 2, (2, 2), (1, 0), (0, 1), absolute=True)
MAP = Grid("Here", 12, 2, (3, 3), (1, 0), (0, 1))
# Two maps with a gap between them.
MAPS = Grid("Here", 20, 2, (2, 2, 2), (3, 1, 0), (0, 0, 1))


def contents(formulas: Operand, grid: Grid, **more) -> list[str | Fill]:
    return Original(formulas.cells, grid, **more).copy(0).contents


def convolution() -> Operand:
    return sum_of_products(MAP.shape, lambda i, j: (IMAGE[i : i + 2, j : j + 2], KERNEL.whole))


def shared(formulas: Operand, grid: Grid) -> list[tuple[str, str]]:
    fills = dict.fromkeys(item for item in contents(formulas, grid) if isinstance(item, Fill))
    return [(fill.text, fill.area.area) for fill in fills]


def test_a_convolution_is_one_formula():
    assert shared(convolution(), MAP) == [("SUMPRODUCT(B2:C3,$B$8:$C$9)", "B12:D14")]


def test_what_does_not_move_along_is_fixed():
    outer = table((2, 2, 2), lambda o, i, j: IMAGE.at(0, o) * IMAGE.at(i, j))
    assert shared(outer, MAPS) == [("$B$2*B2", "B20:C21"), ("$C$2*B2", "B23:C24")]
    by_row = table((3, 3), lambda i, j: IMAGE.at(i, 0) * IMAGE.at(0, j))
    assert shared(by_row, MAP) == [("$B2*B$2", "B12:D14")]


def test_a_name_is_the_same_in_all_copies():
    assert shared(IMAGE.cells[:3, :3] * Name("rate"), MAP) == [("B2*rate", "B12:D14")]


@pytest.mark.parametrize(
    "formulas",
    [
        IMAGE.cells[:3, :3] * Reference("There", 1, 1).fixed,
        IMAGE.cells[:3, 2::-1],
        IMAGE.cells[::2, ::2].broadcast_to((2, 2)).reshape(4)[[0, 1, 2, 3, 0, 1, 2, 3, 0]].reshape(3, 3),
        table((3, 3), lambda i, j: IMAGE.at(i, j) + (i == 2)),
        table((3, 3), lambda i, j: IMAGE.at(i, j) if j < 2 else -IMAGE.at(i, j)),
        table((3, 3), lambda i, j: IMAGE.at(i, j).to(IMAGE.at(3, 3))),
    ],
)
def test_formulas_that_differ_or_lead_elsewhere_stand_by_themselves(formulas):
    assert shared(formulas, MAP) == []
    assert contents(formulas, MAP) == formulas.texts("Here").ravel().tolist()


def test_copies_that_follow_each_other_share_downwards():
    row = Grid("Here", 30, 2, (3,), (0,), (1,))
    original = Original(row.below(-1).cells - 2, row, in_a_column=4)
    items = [original.copy(down).contents for down in range(4)]
    assert [(fill.text, fill.area.area) for fill in items[0]] == [
        ("B29-2", "B30:B33"),
        ("C29-2", "C30:C33"),
        ("D29-2", "D30:D33"),
    ]
    assert all(item == items[0] for item in items)


@pytest.fixture
def filled(tmp_path) -> Path:
    canvas = Canvas("Here", "336699")
    canvas.fill(IMAGE, np.arange(16.0).reshape(4, 4) ** 1.5, "input")
    canvas.fill(KERNEL, np.array([[1.0, -2.0], [0.5, 3.0]]), "input")
    maps = table((2, 2, 2), lambda o, i, j: MAP.at(0, o) * MAP.at(i, j))
    for down in (0, 40):
        canvas.fill(IMAGE.below(down), np.arange(down, down + 16.0).reshape(4, 4) ** 1.5, "input")
        canvas.fill(KERNEL.below(down), np.array([[1.0, -2.0], [0.5, 3.0]]), "input")
        canvas.fill(MAP.below(down), Original(convolution().cells, MAP).copy(down), "value")
        canvas.fill(MAPS.below(down), Original(maps, MAPS).copy(down), "value")
    write([canvas], {}, tmp_path / "filled.xlsx", "Fills")
    return tmp_path / "filled.xlsx"


@each_engine
def test_every_engine_follows_them(engine, filled, tmp_path):
    found = recalculate(filled, engine, tmp_path)
    for down in (0, 40):
        image = np.arange(down, down + 16.0).reshape(4, 4) ** 1.5
        expected = image[:3, :3] - 2 * image[:3, 1:] + 0.5 * image[1:, :3] + 3 * image[1:, 1:]
        values = [[found.value("Here", MAP.below(down).at(i, j).area) for j in range(3)] for i in range(3)]
        np.testing.assert_allclose(values, expected, rtol=1e-13)
        for o, i, j in np.ndindex(2, 2, 2):
            value = found.value("Here", MAPS.below(down).at(o, i, j).area)
            assert value == pytest.approx(expected[0, o] * expected[i, j], rel=1e-13)


def test_they_are_in_the_file_once(filled):
    with zipfile.ZipFile(filled) as package:
        xml = package.read(sheet_parts(package)["Here"]).decode()
    groups = re.findall(r'<f t="shared" ref="([^"]+)" si="(\d+)">([^<]+)</f>', xml)
    assert [area for area, _, _ in groups] == ["B12:D14", "B20:C21", "B23:C24", "B52:D54", "B60:C61", "B63:C64"]
    assert len({number for _, number, _ in groups}) == 6
    assert xml.count('<f t="shared" si=') == 2 * (9 + 8) - 6
    sheet = load_workbook(filled)["Here"]
    assert sheet["C53"].value == "=SUMPRODUCT(C43:D44,$B$48:$C$49)"


def traced(name: str) -> Graph:
    if name in CASES:
        return trace(CASES[name].module, CASES[name].given[0])
    image, number, digit = torch.zeros(1, 1, 14, 14), torch.zeros(1), torch.zeros(1, dtype=torch.long)
    return trace(untrained(name), (image, number, digit))


def each_written(copy, grid):
    """The formula of each cell, without signs that fix rows and columns."""
    for item, index in zip(copy.contents, np.ndindex(grid.shape), strict=True):
        if isinstance(item, Fill):
            cell = grid.at(*index)
            item = copies_of(item.text)(cell.row - item.area.row, cell.col - item.area.col)
        yield item.replace("$", "")


@pytest.mark.parametrize("name", [*HEADS, *CASES])
@pytest.mark.parametrize("down", [1, 1234])
def test_copies_are_what_is_written_there(name, down):
    graph = traced(name)
    first, below = place(graph, first_row=5), place(graph, first_row=5 + down)
    written, expected = emit(graph, first), emit(graph, below)
    formulas = 0
    for grid, item in written.items():
        there = expected[grid.below(down)]
        if isinstance(item, Expression):
            assert isinstance(there, Expression)
            texts = [*each_written(Original(item, grid).copy(down), grid.below(down))]
            assert texts == [text.replace("$", "") for text in there.texts("Network").ravel()]
            formulas += len(texts)
    assert formulas >= 12


PAIR = Grid("Here", 3, 2, (2,), (1,), (0,))
AT = Grid("Here", 7, 9, (), (), ())
HERE, AWAY = Reference("Here", 7, 2), Reference("Away", 7, 2, height=3)


@pytest.mark.parametrize(
    ("formula", "text"),
    [
        (HERE + 7, "B17+7"),
        (HERE.fixed * AWAY.fixed, "$B$17*'Away'!$B$7:$B$9"),
        (IF(equal(HERE, "{7} %d"), Name("seven7"), HERE.to(HERE.at(2, 1))), 'IF(B17="{7} %d",seven7,B17:C19)'),
        (2 * Name("alone"), "2*alone"),
        (
            HERE * AWAY + sum_of_products((), lambda: (PAIR.whole, PAIR.whole)),
            "B17*'Away'!B7:B9+SUMPRODUCT(B13:B14,B13:B14)",
        ),
    ],
)
def test_only_the_rows_of_the_own_sheet_move(formula, text):
    assert Original(formula, AT).copy(10).contents == [text]
