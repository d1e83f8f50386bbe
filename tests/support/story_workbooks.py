"""The workbooks whose stories are looked at: the teaching workbook, examples, lessons, and parts of a network."""

from __future__ import annotations

from tests.support.kinds import EXAMPLE, LESSON
from tests.support.long_proofs import only_quick
from tests.support.scripts import ROOT

TEACHING = "slice-regression alone"
EXAMPLES = sorted(EXAMPLE + path.stem for path in (ROOT / "examples").glob("*.py"))
LESSONS = [
    LESSON + name
    for name in (
        "one-neuron", "two-layers", "two-layers-assignment", "two-layers-mazur", "two-layers-xor", "softmax",
        "convolution", "relu-and-max-pool", "batch", "learning-rules", "recurrence", "attention",
    )
]  # fmt: skip
ALL = [TEACHING, *EXAMPLES, *LESSONS]
QUICK = (
    TEACHING,
    "example attention",
    "example small_cnn",
    "example xor",
    "example oscillation",
    "lesson attention",
    "lesson softmax",
)
EACH = only_quick([*ALL, "part from", "part to", "odd names", "random"], *QUICK)
"""Those that differ in kind are quick."""
