"""Benchmarks that others run and send us; what they measure is never asserted on."""

import subprocess
import sys

import pytest
import torch

from tests.support.scripts import ROOT, run_script

GPU = ROOT / "benchmarks" / "gpu.py"


@pytest.mark.slow
def test_the_table_for_a_gpu_can_be_made_on_a_cpu(tmp_path):
    said = run_script(
        GPU, "--device", "cpu", "--data", "sample", "--rounds", "1", "--epochs", "1", folder=tmp_path
    ).splitlines()
    assert said[:2] == ["| what | measured |", "|---|---|"]
    rows = dict(line.strip("| ").split(" | ") for line in said[2:])
    assert rows["PyTorch"] == torch.__version__
    assert rows["digits to learn from"] == "4,000"
    for share in ("`fast`, digits right", "`reference`, digits right"):
        assert 0 < float(rows[share].rstrip("%")) <= 100


@pytest.mark.slow
@pytest.mark.skipif(torch.cuda.is_available() or torch.backends.mps.is_available(), reason="there is a GPU")
def test_without_a_gpu_one_line_says_so(tmp_path):
    done = subprocess.run([sys.executable, GPU], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.startswith(f"Error: PyTorch {torch.__version__} finds no GPU here; ")
    assert done.stderr.count("\n") == 1
