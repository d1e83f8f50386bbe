"""docs/operators.md is what docs/make_operators.py makes of the operators as they are."""

import importlib.util
import re
from pathlib import Path

from excel_export.ops import all_operators

DOCS = Path(__file__).resolve().parent.parent / "docs"


def load():
    spec = importlib.util.spec_from_file_location("make_operators", DOCS / "make_operators.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_is_up_to_date():
    assert load().page() == (DOCS / "operators.md").read_text(encoding="utf-8"), "run: python docs/make_operators.py"


def test_the_page_names_the_file_of_each_operator():
    page = (DOCS / "operators.md").read_text(encoding="utf-8")
    files = re.findall(r"^- file: \[.*\]\((.*)\)$", page, re.MULTILINE)
    assert len(files) == len(all_operators())
    assert all((DOCS / file).is_file() for file in files)
    assert f"{len(files)} operators in {len(set(files))} files" in page


def test_every_operator_shows_a_forward_and_a_backward_formula():
    make = load()
    for operator in all_operators():
        formulas = {name: formula for name, _, formula in make.rows(operator)}
        if operator.name != "dropout":  # in eval mode it adds no cells
            assert any(formula for name, formula in formulas.items() if name.startswith("y")), operator.name
            assert any(formula for name, formula in formulas.items() if name.startswith("∂L/∂")), operator.name
