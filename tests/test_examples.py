"""Every file of examples/ runs as its first lines say, as a script and on the command line, and agrees with PyTorch."""

import importlib.util
from pathlib import Path

import pytest

from excel_export import verify
from excel_export.cli import main
from tests.support.scripts import ROOT, run_script

EXAMPLES = sorted((ROOT / "examples").glob("*.py"))
each_example = pytest.mark.parametrize("example", EXAMPLES, ids=lambda file: file.stem)


def made_by(example: Path):
    """Give the module and the inputs of the function that a file is named after."""
    spec = importlib.util.spec_from_file_location(example.stem, example)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return getattr(module, example.stem)()


@each_example
def test_the_command_line_writes_it(example, tmp_path):
    workbook = tmp_path / "made.xlsx"
    assert main([f"{example}:{example.stem}", "-o", str(workbook)]) == 0
    assert verify(workbook, *made_by(example)).ok


@each_example
def test_it_runs_as_a_script(example, tmp_path):
    said = run_script(example, tmp_path / "made.xlsx", folder=tmp_path)
    assert "tensors agree with PyTorch" in said
    assert (tmp_path / "made.xlsx").exists()


@each_example
def test_it_has_a_picture_and_says_how_it_is_run(example):
    picture = ROOT / "docs" / "images" / f"example-{example.stem}.png"
    assert 0 < picture.stat().st_size < 150_000
    assert f"python examples/{example.name} [{example.stem}.xlsx]" in example.read_text(encoding="utf-8")
    assert f"({example.name})" in (ROOT / "examples" / "README.md").read_text(encoding="utf-8")
