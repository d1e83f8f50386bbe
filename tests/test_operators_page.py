"""docs/operators.md is what docs/make_operators.py makes of the operators as they are."""

import importlib.util
import re
from functools import cache
from pathlib import Path

import pytest

from excel_export.ops import all_operators
from excel_export.ops._bounds import AT_A_NUMBER

DOCS = Path(__file__).resolve().parent.parent / "docs"


@cache
def load():
    spec = importlib.util.spec_from_file_location("make_operators", DOCS / "make_operators.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def sections(page: str) -> dict[str, str]:
    """The parts of the page by their titles."""
    return {section.partition("\n")[0]: section for section in page.split("\n## ")}


def test_the_page_is_up_to_date():
    made, kept = sections(load().page()), sections((DOCS / "operators.md").read_text(encoding="utf-8"))
    if AT_A_NUMBER != 1:  # the page is of a PyTorch that passes the gradient on at a bound
        made.pop("clamp")
        kept.pop("clamp")
    assert made == kept, "run: python docs/make_operators.py"


def test_the_page_names_the_file_of_each_operator():
    page = (DOCS / "operators.md").read_text(encoding="utf-8")
    files = re.findall(r"^- file: \[.*\]\((.*)\)$", page, re.MULTILINE)
    assert len(files) == len(all_operators())
    assert all((DOCS / file).is_file() for file in files)
    assert f"{len(files)} operators in {len(set(files))} files" in page


@pytest.mark.slow
def test_every_operator_shows_a_forward_and_a_backward_formula():
    make = load()
    for operator in all_operators():
        formulas = {name: formula for name, _, formula in make.rows(operator)}
        if operator.name != "dropout":  # in eval mode it adds no cells
            assert any(formula for name, formula in formulas.items() if name.startswith("y")), operator.name
            assert any(formula for name, formula in formulas.items() if name.startswith("∂L/∂")), operator.name
