"""What one can read: Excel would show no #### and cut no text, by the file's own widths, fonts and formats.

And each number on a colour has a contrast of 4.5:1 at least, at each end of a scale and
between them.
"""

import re
import zipfile

import pytest
import torch
from hypothesis import HealthCheck, given, seed, settings
from torch import nn

from excel_export import export
from excel_export.lessons.lesson_workbook import write_lesson
from tests.support.cells import cells_of
from tests.support.colours import contrast, faint_cells
from tests.support.engines import sheet_parts
from tests.support.excel_fit import Fit
from tests.support.lessons import LESSONS
from tests.support.long_proofs import only_quick
from tests.support.number_format import general, shown
from tests.support.random_networks import networks
from tests.support.scripts import ROOT

EXAMPLES = sorted(path.stem for path in (ROOT / "examples").glob("*.py"))
SIZES = (1e-300, 1e-12, 4e-5, 0.0009996, 0.0499, 9.996, 99.96, 999.6, 12345.678, 1e6)


def misfits(path, folder, changes=()):
    """What does not fit on any sheet in view: as the file is, and after each change."""
    fit = Fit(path, folder)
    found = dict.fromkeys(map(str, fit.misfits()))
    for change in changes:
        fit.live.type(change)
        found |= dict.fromkeys(map(str, fit.misfits()))
    return list(found)


@pytest.mark.parametrize("name", only_quick(EXAMPLES, "xor"))
def test_an_example_fits(name, made_of, tmp_path):
    assert not misfits(made_of(f"example {name}").path, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("name", LESSONS)
def test_every_lesson_fits(name, tmp_path):
    write_lesson(LESSONS[name], tmp_path / "lesson.xlsx")
    assert not misfits(tmp_path / "lesson.xlsx", tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("path", sorted((ROOT / "workbooks").glob("*.xlsx")), ids=lambda path: path.stem)
def test_what_ships_fits(path, tmp_path):
    assert not misfits(path, tmp_path)


@pytest.mark.slow
def test_random_networks_fit(tmp_path):
    count = 0

    @seed(17)
    @settings(max_examples=20, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(networks())
    def check(case):
        nonlocal count
        count += 1
        module, inputs = case
        export(module, inputs, tmp_path / f"{count}.xlsx")
        assert not misfits(tmp_path / f"{count}.xlsx", tmp_path)

    check()
    assert count >= 20


@pytest.mark.parametrize(("sign", "each"), only_quick([(1, 1), (-1, 1), (-1, 6)], (-1, 6)))
def test_numbers_of_any_size_fit(sign, each, tmp_path):
    """Each size once as an input, and as a weight; among the quick tests, each sixth."""
    torch.manual_seed(0)

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = nn.Linear(3, 2)

        def forward(self, x, y):
            return ((self.layer(x).relu() - y) ** 2).mean()

    inputs = {"x": torch.tensor([[0.5, -1.5, 2.0]]), "y": torch.tensor([[1.0, 0.5]])}
    path = tmp_path / "net.xlsx"
    export(Net(), inputs, path)
    places = [cells_of(path, key)[0] for key in ("x", "layer.weight")]
    changes = [{place: sign * size} for size in SIZES[::each] for place in places]
    assert not misfits(path, tmp_path, changes)


def test_too_narrow_a_column_is_found(made_of, tmp_path):
    """The rule finds what it is for."""
    with zipfile.ZipFile(made_of("example xor").path) as old, zipfile.ZipFile(tmp_path / "narrow.xlsx", "w") as new:
        explain = sheet_parts(old)["Explain"]
        for part in old.namelist():
            data = old.read(part)
            new.writestr(part, re.sub(rb'(<col [^>]*\bwidth=)"[^"]*"', rb'\1"3"', data) if part == explain else data)
    assert Fit(tmp_path / "narrow.xlsx", tmp_path, "Explain").misfits()


@pytest.mark.parametrize(
    ("value", "code", "text"),
    [
        (-2.156, "0.00;-0.00;0", "-2.16"),
        (0, "0.00;-0.00;0", "0"),
        (0.00001, "[<0.01]0.000000;[<100000]0.0000;0.0E+0", "0.000010"),
        (123456, "[<0.01]0.000000;[<100000]0.0000;0.0E+0", "1.2E+5"),
        (-0.5, "[>=0.001]0.0000;[<=-0.001]-0.0000;General", "-0.5000"),
        (-1e300, '"−∞";"−∞"', "−∞"),
        (-0.00034, '"=  "0.0E+0;"=  "-0.0E+0', "=  -3.4E-4"),
        (0.25, "0%", "25%"),
        (0.12, "0.00##;-0.00##;0", "0.12"),
        (9.96e-5, "0.0E+0", "1.0E-4"),
        (0, "[=1]\"✓\";\"–\"", "–"),
        (1.5, ";;;", ""),
    ],
)  # fmt: skip
def test_numbers_are_written_as_excel_does(value, code, text):
    assert shown(value, code) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(3.0, "3"), (-0.1, "-0.1"), (1 / 3, "0.333333333"), (1e-300, "1E-300"), (12345.678, "12345.678")],
)
def test_a_number_without_a_format(value, text):
    assert general(value) == text


def test_the_contrast_of_known_colours():
    assert contrast("000000", "FFFFFF") == pytest.approx(21)
    assert contrast("777777", "FFFFFF") == pytest.approx(4.48, abs=0.005)
    assert contrast("FFFFFF", "FFFFFF") == 1


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["slice-regression", "slice-onehot", "random"])
def test_a_workbook_is_legible(kind, made_of):
    assert not faint_cells(made_of(kind).path)


@pytest.mark.parametrize("example", only_quick(EXAMPLES, "xor"))
def test_an_example_is_legible(example, made_of):
    assert not faint_cells(made_of(f"example {example}").path)
