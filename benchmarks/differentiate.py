"""How long does it take to differentiate a sheet of many formulas, and where does the time go?

python benchmarks/differentiate.py [--formulas 100000] [--shape wide deep]

wide: a 2-2-2 network over many rows of examples, whose errors are summed up. deep: one row a step, where each row's
weights come from the row before, so that the last error depends on every row. Both are written by openpyxl. Times are
of the processor, each of one run.
"""

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest import mock

from openpyxl import Workbook

from spreadsheet_autograd.differentiate import gradient_workbook as module

WEIGHTS = (0.15, 0.2, 0.25, 0.3, 0.4, 0.45, 0.5, 0.55)
STAGES = (
    "read_contents", "SpreadsheetGraph", "gradient_sheets", "_WithGradientSheets", "engine_numbers",
    "leave_out_what_differs",
)  # fmt: skip


def wide(count: int) -> tuple[Workbook, str]:
    """Six formulas of a forward pass a row, and their sum."""
    book = Workbook()
    sheet = book.active
    rows = count // 6
    for k, weight in enumerate(WEIGHTS):
        sheet.cell(1, 1 + k, weight)
    for row in range(3, rows + 3):
        sheet.append([])
        numbers = row % 7 / 7, row % 5 / 5, row % 3 / 3
        formulas = (
            f"=1/(1+EXP(-($A$1*A{row}+$B$1*B{row})))", f"=1/(1+EXP(-($C$1*A{row}+$D$1*B{row})))",
            f"=1/(1+EXP(-($E$1*D{row}+$F$1*E{row})))", f"=1/(1+EXP(-($G$1*D{row}+$H$1*E{row})))",
            f"=(C{row}-F{row})^2/2+(C{row}-G{row})^2/2", f"=H{row}/{rows}",
        )  # fmt: skip
        for col, content in enumerate((*numbers, *formulas), start=1):
            sheet.cell(row, col, content)
    sheet["K1"] = f"=SUM(I3:I{rows + 2})"
    return book, "K1"


def deep(count: int, first_row: int = 1) -> tuple[Workbook, str]:
    """A step of learning a row: eight weights, five formulas forward, and eight gradients."""
    book = Workbook()
    sheet = book.active
    rows = count // 21
    for row in range(first_row, first_row + rows):
        before = row - 1
        weights = (
            WEIGHTS
            if row == first_row
            else [f"={w}{before}-0.1*{g}{before}" for w, g in zip("ABCDEFGH", "NOPQRSTU", strict=True)]
        )
        forward = (
            f"=1/(1+EXP(-(0.05*A{row}+0.1*B{row})))", f"=1/(1+EXP(-(0.05*C{row}+0.1*D{row})))",
            f"=1/(1+EXP(-(E{row}*I{row}+F{row}*J{row})))", f"=1/(1+EXP(-(G{row}*I{row}+H{row}*J{row})))",
            f"=(0.01-K{row})^2/2+(0.99-L{row})^2/2",
        )  # fmt: skip
        first, second = f"(K{row}-0.01)*K{row}*(1-K{row})", f"(L{row}-0.99)*L{row}*(1-L{row})"
        backward = [
            f"=({first}*{out_1}{row}+{second}*{out_2}{row})*{h}{row}*(1-{h}{row})*{x}"
            for out_1, out_2, h in (("E", "G", "I"), ("F", "H", "J")) for x in (0.05, 0.1)
        ] + [f"={slope}*{h}{row}" for slope in (first, second) for h in "IJ"]  # fmt: skip
        for col, content in enumerate((*weights, *forward, *backward), start=1):
            sheet.cell(row, col, content)
    return book, f"M{first_row + rows - 1}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--formulas", type=int, default=100_000)
    parser.add_argument("--shape", nargs="+", choices=["wide", "deep"], default=["wide", "deep"])
    options = parser.parse_args()
    for shape in options.shape:
        spent: dict[str, float] = {}
        with (
            tempfile.TemporaryDirectory() as folder,
            mock.patch.multiple(module, **{stage: timed(stage, getattr(module, stage), spent) for stage in STAGES}),
        ):
            source = Path(folder) / "sheet.xlsx"
            book, loss = {"wide": wide, "deep": deep}[shape](options.formulas)
            book.save(source)
            began = time.process_time()
            count = module.differentiate(source, loss, Path(folder) / "out.xlsx")
            total = time.process_time() - began
        print(f"{shape}: {options.formulas:,} formulas, {count:,} derivatives: {total:.1f} s")
        for stage, seconds in spent.items():
            print(f"    {stage:<24}{seconds:>8.1f} s")


def timed(stage: str, function: Callable[..., Any], spent: dict[str, float]) -> Callable[..., Any]:
    def call(*args: Any, **kwargs: Any) -> Any:
        began = time.process_time()
        try:
            return function(*args, **kwargs)
        finally:
            spent[stage] = spent.get(stage, 0.0) + time.process_time() - began

    return call


if __name__ == "__main__":
    main()
