"""How long does it take to check a sheet of many gradients, and where does the time go?

python benchmarks/check.py [--gradients 1100] [--sheet steps parts]

steps: a hand-in of the assignment, a 2-2-2 network of sigmoids with one row a step, eight gradients in each. parts: one
weight, and a row for each example with its part of the gradient. Both are written by openpyxl. Times are of the
processor, each of one run, without the start of the process.
"""

import argparse
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from unittest import mock

from differentiate import deep, timed
from openpyxl import Workbook

from spreadsheet_autograd import check as checking
from spreadsheet_autograd import worker

STAGES = {
    worker: ("read_contents", "SpreadsheetGraph", "hold_against_an_engine"),
    checking: ("find_updates", "find_claims", "choose_losses", "claims_by_derivative", "_judge", "explain",
               "learning_findings"),
}  # fmt: skip


def steps(count: int) -> Workbook:
    """Eight gradients a row."""
    book, _ = deep(count // 8 * 21, first_row=2)
    names = [f"w{k}" for k in range(1, 9)]
    heads = *names, "a_h1", "a_h2", "a_o1", "a_o2", "E_total", *(f"∂E/∂{name}" for name in names)
    for col, head in enumerate(heads, start=1):
        book.active.cell(1, col, head)
    return book


def parts(count: int) -> Workbook:
    """The parts of a gradient, one for each example, and their sum."""
    book = Workbook()
    sheet, last = book.active, count + 2
    for row in (("w", 0.7, "loss", f"=SUMXMY2(B4:B{last},C4:C{last})", "gradient w", f"=SUM(D4:D{last})"), (),
                ("x", "t", "y", "dL/dw")):  # fmt: skip
        sheet.append(row)
    for row in range(4, last + 1):
        sheet.append((row % 5 / 4 + 0.1, row % 3 / 2, f"=$B$1*A{row}", f"=2*(C{row}-B{row})*A{row}"))
    return book


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--gradients", type=int, default=1100)
    parser.add_argument("--sheet", nargs="+", choices=["steps", "parts"], default=["steps", "parts"])
    options = parser.parse_args()
    for name in options.sheet:
        spent: dict[str, float] = {}
        with tempfile.TemporaryDirectory() as folder, ExitStack() as patched:
            path = Path(folder) / "sheet.xlsx"
            {"steps": steps, "parts": parts}[name](options.gradients).save(path)
            for module, stages in STAGES.items():
                own = {stage: timed(stage, getattr(module, stage), spent) for stage in stages}
                patched.enter_context(mock.patch.multiple(module, **own))
            began = time.process_time()
            found = worker.check_here(path, seconds=300)
            total = time.process_time() - began
        right = sum(claim["verdict"] == "right" for claim in found["claims"])
        print(f"{name}: {len(found['claims']):,} gradients, {right:,} right: {total:.1f} s")
        for stage, seconds in spent.items():
            print(f"    {stage:<24}{seconds:>8.2f} s")


if __name__ == "__main__":
    main()
