"""The operator in CONTRIBUTING.md works as printed: one file, and nothing else."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

from tests.test_readme import ROOT, blocks

# In a process of its own: no other test shall know this operator.
PROGRAM = """
import sys
import torch
from torch import nn

import excel_export
import softsign


class Module(nn.Module):
    def __init__(self, function, shape):
        super().__init__()
        self.function = function
        self.register_buffer("factors", torch.arange(1.0, 1 + shape.numel()).reshape(shape))

    def forward(self, x):
        return (self.function(x) * self.factors).sum()


for example in softsign.softsign.examples():
    [x] = example.inputs
    print(excel_export.export(Module(example.function, x.shape), (x,), "made.xlsx"))
"""


def test_the_operator_is_one_file(tmp_path: Path):
    [code] = blocks((ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8"), "python")
    assert importlib.util.find_spec("excel_export.ops.softsign") is None, "show another operator that there is none of"
    (tmp_path / "softsign.py").write_text(code, encoding="utf-8")
    (tmp_path / "program.py").write_text(PROGRAM, encoding="utf-8")
    search = os.pathsep.join([str(tmp_path), str(ROOT), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(
        [sys.executable, "program.py"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": search},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.count("tensors agree with PyTorch") == code.count("yield Example("), done.stderr
