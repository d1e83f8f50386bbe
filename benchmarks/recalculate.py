"""Time what `excel_export.xlsx.recalculate` spends on a big workbook, and compare compression levels.

    python benchmarks/recalculate.py [--sheets 40] [--rows 4563]

Like a network's workbook, every sheet holds columns of constants and, for each row, four formulas: two
`SUMPRODUCT` of a 3×3 filter with a window (of the sheet before, where there is one), a ReLU and a product.
"""

from __future__ import annotations

import argparse
import random
import resource
import tempfile
import time
import zipfile
from pathlib import Path

from openpyxl import Workbook

from excel_export.xlsx import recalculate

FORMULAS_A_ROW = 4


def make(path: Path, sheets: int, rows: int) -> None:
    draw = random.Random(0)
    workbook = Workbook(write_only=True)
    for number in range(sheets):
        sheet = workbook.create_sheet(f"layer {number}")
        before = f"'layer {number - 1}'!" if number else ""
        for row in range(1, rows + 1):
            numbers = [draw.gauss(0, 1) for _ in range(3)]
            if row <= 3:
                sheet.append(numbers)
                continue
            window = f"{before}A{row - 2}:C{row}"
            sums = [f"=SUMPRODUCT({window},{filter_})" for filter_ in ("$A$1:$C$3", f"{before}$A$1:$C$3")]
            sheet.append([*numbers, *sums, f"=MAX(0,D{row})", f"=E{row}*F{row}"])
    workbook.save(path)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sheets", type=int, default=40)
    parser.add_argument("--rows", type=int, default=4566)
    options = parser.parse_args()
    formulas = options.sheets * (options.rows - 3) * FORMULAS_A_ROW
    print(f"{formulas:,} formulas on {options.sheets} sheets")

    def report(stage: str, start: float, note: str = "") -> None:
        seconds = time.perf_counter() - start
        print(f"{stage:<28} {seconds:7.2f} s {seconds / formulas * 1e6:7.2f} µs a formula  {note}")

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "big.xlsx")
        start = time.perf_counter()
        make(path, options.sheets, options.rows)
        report("openpyxl writes", start)
        original = path.read_bytes()

        for level in (1, 6, 9):
            recalculate.COMPRESS_LEVEL = level
            start = time.perf_counter()
            packed = recalculate.rewritten(original, lambda part, data: data)
            report(f"packed, level {level}", start, f"{len(packed) / 1e6:.1f} MB")
            start = time.perf_counter()
            with Path(folder, "scratch.xlsx").open("wb") as scratch:
                filled, _ = recalculate.with_values(original, scratch)
            report(f"with values, level {level}", start, f"{len(filled) / 1e6:.1f} MB")
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
        print(f"peak memory of this process so far: {peak:.2f} GB")

        path.write_bytes(original)
        start = time.perf_counter()
        with Path(folder, "bare.xlsx").open("wb") as scratch:
            model = recalculate._evaluate(original, scratch)
        report("engine loads and evaluates", start)
        start = time.perf_counter()
        model.evaluate()
        report("engine evaluates again", start)
        with zipfile.ZipFile(path) as workbook:
            sheets = [
                (recalculate._Sheet(index, name), workbook.read(part))
                for index, (name, part) in enumerate(recalculate.sheet_parts(workbook).items())
            ]
        start = time.perf_counter()
        for sheet, xml in sheets:
            sheet.fill(xml, model)
        report("values go into the XML", start, f"{sum(len(xml) for _, xml in sheets) / 1e6:.0f} MB of XML")
        start = time.perf_counter()
        model.save_to_xlsx(str(Path(folder, "saved.xlsx")))
        report("instead: engine saves", start)


if __name__ == "__main__":
    main()
