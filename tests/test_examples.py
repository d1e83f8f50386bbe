"""Every file of examples/ runs as its first lines say, as a script and on the command line, and agrees with PyTorch."""

import pytest

from tests.support.long_proofs import only_quick
from tests.support.scripts import ROOT, run_script

EXAMPLES = sorted((ROOT / "examples").glob("*.py"))
QUICK = ("one_neuron", "small_cnn", "xor")
each_example = pytest.mark.parametrize("example", EXAMPLES, ids=lambda file: file.stem)


@pytest.mark.parametrize("example", only_quick([file.stem for file in EXAMPLES], *QUICK))
def test_the_command_line_writes_it(example, made_of):
    made = made_of(f"example {example}")
    assert made.compare(made.path).ok


@pytest.mark.slow
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
