"""Print README's four figures as README gives them: formulas, megabytes, sheets, seconds.

python docs/readme_figures.py

The seconds are the processor's, so that other programs don't count.
"""

import os
import re
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

WORKBOOK = Path(__file__).parents[1] / "workbooks" / "slice-regression.xlsx"


def size() -> str:
    """Return '(157,000 formulas in 2.6 MB)' of the workbook that ships."""
    with zipfile.ZipFile(WORKBOOK) as package:
        sheets = [package.read(name) for name in package.namelist() if name.startswith("xl/worksheets/sheet")]
    formulas = sum(len(re.findall(rb"<f[ >/]", sheet)) for sheet in sheets)
    return f"({round(formulas, -3):,} formulas in {WORKBOOK.stat().st_size / 1e6:.1f} MB)"


def story() -> str:
    """Return '16 sheets': those of its sheets whose name begins with a number."""
    with zipfile.ZipFile(WORKBOOK) as package:
        sheets = re.findall(rb'<sheet [^>]*name="\d+ ', package.read("xl/workbook.xml"))
    return f"{len(sheets)} sheets"


def duration() -> str:
    """Return 'about 10 seconds' for writing that workbook, rounded to 5."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "mnist_adder", "workbook", "-o", f"{folder}/backpropagation.xlsx"]
        before = os.times()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=WORKBOOK.parents[1])
    after = os.times()
    seconds = after.children_user + after.children_system - before.children_user - before.children_system
    return f"about {max(5, 5 * round(seconds / 5))} seconds"


if __name__ == "__main__":
    print(size(), story(), duration(), sep="\n")
