"""Time what it takes to write the cells of a big workbook, and to give its formulas their values.

    python benchmarks/recalculate.py [--sheets 40] [--rows 4566]

Like a network's workbook, every sheet holds columns of constants and, for each row, four formulas: two
`SUMPRODUCT` of a 3×3 filter with a window (of the sheet before, where there is one), a ReLU and a product.
"""

from __future__ import annotations

import argparse
import io
import random
import resource
import tempfile
import time
from pathlib import Path

from excel_export.authoring import Canvas
from excel_export.workbook.recalculate import with_values
from excel_export.workbook.write import bare_workbook

FORMULAS_A_ROW = 4


def make(sheets: int, rows: int) -> list[Canvas]:
    draw = random.Random(0)
    canvases = []
    for number in range(sheets):
        canvas = Canvas(f"layer {number}", "0B5394")
        before = f"'layer {number - 1}'!" if number else ""
        for row in range(1, rows + 1):
            line = [draw.gauss(0, 1) for _ in range(3)]
            if row > 3:
                window = f"{before}A{row - 2}:C{row}"
                line += [f"SUMPRODUCT({window},{filter_})" for filter_ in ("$A$1:$C$3", f"{before}$A$1:$C$3")]
                line += [f"MAX(0,D{row})", f"E{row}*F{row}"]
            canvas.cells[row] = {col: (content, "value") for col, content in enumerate(line, start=1)}
        canvases.append(canvas)
    return canvases


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

    canvases = make(options.sheets, options.rows)
    start = time.perf_counter()
    workbook = bare_workbook(canvases, {}, "big")
    report("cells written", start, f"{sum(len(sheet.rows.bare) for sheet in workbook.sheets) / 1e6:.0f} MB of XML")
    del canvases
    for packed in (False, True):
        content, start = io.BytesIO(), time.perf_counter()
        workbook.save(content, packed=packed)
        report("packed" if packed else "not packed", start, f"{len(content.getvalue()) / 1e6:.1f} MB")
    start = time.perf_counter()
    for sheet in workbook.sheets:
        for _ in sheet.rows.filled(lambda row, col: (b"", b"0.3333333333333333")):
            pass
    report("values go into the XML", start)
    with tempfile.TemporaryDirectory() as folder:
        path, start, shares = Path(folder, "big.xlsx"), time.perf_counter(), []
        with path.open("wb") as file:
            with_values(workbook, file, progress=lambda share: shares or shares.append(time.perf_counter()))
        report("with values", start, f"{path.stat().st_size / 1e6:.1f} MB; of it the engine {shares[0] - start:.2f} s")
    print(f"peak memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.2f} GB")


if __name__ == "__main__":
    main()
