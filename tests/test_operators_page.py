"""The site's page of operators: each with its file, and formulas of both passes."""

import importlib.util
import re
from functools import cache

import pytest

from excel_export.ops import all_operators
from tests.test_readme import ROOT


@cache
def load():
    spec = importlib.util.spec_from_file_location("make_operators", ROOT / "docs" / "make_operators.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@cache
def page():
    return load().page()


def test_the_page_names_the_file_of_each_operator():
    files = re.findall(r"file: (\S+\.py)<", page())
    assert len(files) == len(all_operators())
    assert all((ROOT / file).is_file() for file in files)
    assert f"{len(files)} operators in {len(set(files))} files" in page()


def test_a_section_shows_the_formulas_of_both_passes():
    section = page().split('<h2 id="relu">')[1].split("<h2")[0]
    assert "<code>F.relu</code>" in section
    assert re.search(r"<td>y</td><td>\w+:\w+</td><td><code>=MAX\(0,\w+\)</code>", section)
    assert re.search(r"<td>∂L/∂input</td><td>\w+:\w+</td><td><code>=IF\(\w+&gt;0,\w+,0\)</code>", section)


@pytest.mark.slow
def test_every_operator_shows_a_forward_and_a_backward_formula():
    make_operators = load()
    for operator in all_operators():
        rows = make_operators.rows(operator, make_operators.example_graph(operator))
        formulas = {name: formula for name, _, formula in rows}
        if operator.name != "dropout":  # in eval mode it adds no cells
            assert any(formula for name, formula in formulas.items() if name.startswith("y")), operator.name
            assert any(formula for name, formula in formulas.items() if name.startswith("∂L/∂")), operator.name
