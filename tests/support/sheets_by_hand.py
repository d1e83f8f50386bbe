"""Sheets of backpropagation as students build them, in several layouts: what stands in each cell.

sheet = relu_column()
sheet["Sheet1"]["B30"] = "=B12*B3"      # a slip
save(sheet, path)
"""

from __future__ import annotations

import re
from pathlib import Path

import openpyxl
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.formula import ArrayFormula
from openpyxl.worksheet.table import Table

Content = float | int | str | tuple[str, str]
"""A number, a text, a formula, or the range and the text of an array formula; at 'table Name', the cells of a table."""
Sheets = dict[str, dict[str, Content]]


def save(sheets: Sheets, path: Path) -> Path:
    """Write the file with openpyxl."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, cells in sheets.items():
        sheet = book.create_sheet(name)
        for at, content in cells.items():
            if at.startswith("table "):
                sheet.add_table(Table(displayName=at.removeprefix("table "), ref=str(content)))
                continue
            sheet[at] = ArrayFormula(*content) if isinstance(content, tuple) else content
    book.save(path)
    return path


def is_quiet(found):
    """Whether all claims of a checked sheet are right, and nothing is wrong in how it learns."""
    return {claim["verdict"] for claim in found["claims"]} == {"right"} and not found["learning"]


SIGMOID_ROW = {
    "h1": "w1*i1+w2*i2", "h2": "w3*i1+w4*i2", "a_h1": "1/(1+EXP(-h1))", "a_h2": "1/(1+EXP(-h2))",
    "o1": "w5*a_h1+w6*a_h2", "o2": "w7*a_h1+w8*a_h2", "a_o1": "1/(1+EXP(-o1))", "a_o2": "1/(1+EXP(-o2))",
    "E1": "0.5*(t1-a_o1)^2", "E2": "0.5*(t2-a_o2)^2", "E_total": "E1+E2",
    "∂E/∂w1": "((a_o1-t1)*a_o1*(1-a_o1)*w5+(a_o2-t2)*a_o2*(1-a_o2)*w7)*a_h1*(1-a_h1)*i1",
    "∂E/∂w2": "((a_o1-t1)*a_o1*(1-a_o1)*w5+(a_o2-t2)*a_o2*(1-a_o2)*w7)*a_h1*(1-a_h1)*i2",
    "∂E/∂w3": "((a_o1-t1)*a_o1*(1-a_o1)*w6+(a_o2-t2)*a_o2*(1-a_o2)*w8)*a_h2*(1-a_h2)*i1",
    "∂E/∂w4": "((a_o1-t1)*a_o1*(1-a_o1)*w6+(a_o2-t2)*a_o2*(1-a_o2)*w8)*a_h2*(1-a_h2)*i2",
    "∂E/∂w5": "(a_o1-t1)*a_o1*(1-a_o1)*a_h1", "∂E/∂w6": "(a_o1-t1)*a_o1*(1-a_o1)*a_h2",
    "∂E/∂w7": "(a_o2-t2)*a_o2*(1-a_o2)*a_h1", "∂E/∂w8": "(a_o2-t2)*a_o2*(1-a_o2)*a_h2",
}  # fmt: skip
_WORD = re.compile(r"(?<![\w∂/$])([a-zA-Z_]+\d|E_total)(?![\w(])")
GIVEN = {"i1": 0.05, "i2": 0.1, "t1": 0.01, "t2": 0.99}
WEIGHTS = (0.15, 0.2, 0.25, 0.3, 0.4, 0.45, 0.5, 0.55)


def one_row_a_step(changed: dict[str, str] | None = None, steps: int = 3, first: int = 4, shift: int = 1) -> Sheets:
    """The assignment: 2-2-2 with sigmoids, a step in a row, the learning rate in B1. `changed` has other formulas."""
    formulas = SIGMOID_ROW | (changed or {})
    heads = [*GIVEN, *(f"w{k}" for k in range(1, 9)), *SIGMOID_ROW]
    column = {head: get_column_letter(k) for k, head in enumerate(heads, shift)}
    cells: dict[str, Content] = {"A1": "learning rate", "B1": 0.5}
    cells |= {f"{column[head]}{first - 1}": head for head in heads}
    for row in range(first, first + steps):
        for head in heads:
            at = f"{column[head]}{row}"
            if head in GIVEN:
                cells[at] = GIVEN[head]
            elif head in formulas:
                cells[at] = "=" + _WORD.sub(lambda match, row=row: f"{column[match[1]]}{row}", formulas[head])
            elif row == first:
                cells[at] = WEIGHTS[int(head[1]) - 1]
            else:
                cells[at] = f"={column[head]}{row - 1}-$B$1*{column[f'∂E/∂{head}']}{row - 1}"
    return {"Sheet1": cells}


def column_of_neurons() -> Sheets:
    """German headings, names on the left; partial derivatives in cells of their own; a ReLU layer with a dead unit."""
    rows: list[tuple[str, Content]] = [
        ("Lernrate", 0.1), ("x1", 0.6), ("x2", -0.4), ("Ziel", 1.5),
        ("w1", 0.5), ("w2", -0.3), ("w3", -0.8), ("w4", 0.9), ("b1", 0.1), ("b2", 0.05), ("v1", 0.7), ("v2", -1.1),
        ("c", 0.2),
        ("z1", "=B5*B2+B6*B3+B9"), ("z2", "=B7*B2+B8*B3+B10"), ("h1", "=MAX(0,B14)"), ("h2", "=MAX(0,B15)"),
        ("y", "=B11*B16+B12*B17+B13"), ("Fehler", "=(B18-B4)^2"),
        ("dE/dy", "=2*(B18-B4)"),
        ("dE/dv1", "=B20*B16"), ("dE/dv2", "=B20*B17"), ("dE/dc", "=B20"),
        ("dE/dh1", "=B20*B11"), ("dE/dh2", "=B20*B12"),
        ("dE/dz1", "=IF(B14>0,B24,0)"), ("dE/dz2", "=IF(B15>0,B25,0)"),
        ("dE/dw1", "=B26*B2"), ("dE/dw2", "=B26*B3"), ("dE/dw3", "=B27*B2"), ("dE/dw4", "=B27*B3"),
        ("dE/db1", "=B26"), ("dE/db2", "=B27"),
    ]  # fmt: skip
    cells: dict[str, Content] = {}
    for k, (name, content) in enumerate(rows, 1):
        cells[f"A{k}"], cells[f"B{k}"] = name, content
    for k, head in enumerate(("w1", "w2", "w3", "w4", "b1", "b2", "v1", "v2", "c"), 5):
        grad = next(row for row, (name, _) in enumerate(rows, 1) if name == f"dE/d{head}")
        cells[f"D{k}"], cells[f"E{k}"] = f"{head} neu", f"=B{k}-$B$1*B{grad}"
    return {"Netz": cells}


def blocks_of_matrices() -> Sheets:
    """A batch of four through 3-4-2 with ReLU and softmax, in array formulas; the updates are array formulas, too."""
    cells: dict[str, Content] = {"A1": "learning rate", "B1": 0.1}

    def numbers(title: str, row: int, col: int, values: list[list[float]]) -> None:
        cells[f"{get_column_letter(col)}{row}"] = title
        for i, line in enumerate(values, 1):
            for j, value in enumerate(line):
                cells[f"{get_column_letter(col + j)}{row + i}"] = value

    def array(title: str, row: int, area: str, formula: str) -> None:
        first = area.partition(":")[0]
        cells[re.sub(r"\d+", str(row), first)] = title
        cells[first] = (area, formula)

    numbers("X", 3, 1, [[0.5, -0.2, 0.1], [0.3, 0.8, -0.5], [-0.6, 0.4, 0.9], [0.2, 0.1, 0.7]])
    numbers("Y", 3, 5, [[1, 0], [0, 1], [1, 0], [0, 1]])
    numbers("W1", 10, 1, [[0.2, -0.4, 0.1, 0.5], [0.7, 0.3, -0.2, 0.4], [-0.1, 0.6, 0.8, -0.3]])
    numbers("W2", 10, 6, [[0.3, -0.5], [0.2, 0.4], [-0.7, 0.1], [0.6, 0.2]])
    array("Z1", 16, "A17:D20", "=MMULT(A4:C7,A11:D13)")
    array("H", 16, "F17:I20", "=IF(A17:D20>0,A17:D20,0)")
    array("Z2", 22, "A23:B26", "=MMULT(F17:I20,F11:G14)")
    array("exp", 22, "D23:E26", "=EXP(A23:B26)")
    cells["G22"] = "P"
    for row in range(23, 27):
        cells[f"G{row}"], cells[f"H{row}"] = f"=D{row}/SUM($D{row}:$E{row})", f"=E{row}/SUM($D{row}:$E{row})"
        cells[f"J{row}"] = f"=-E{row - 19}*LN(G{row})-F{row - 19}*LN(H{row})"
    cells["J22"], cells["L22"], cells["L23"] = "each", "loss", "=AVERAGE(J23:J26)"
    array("dZ2", 29, "A30:B33", "=(G23:H26-E4:F7)/4")
    array("dW2", 29, "D30:E33", "=MMULT(TRANSPOSE(F17:I20),A30:B33)")
    array("dH", 35, "A36:D39", "=MMULT(A30:B33,TRANSPOSE(F11:G14))")
    array("dZ1", 35, "F36:I39", "=IF(A17:D20>0,A36:D39,0)")
    array("dW1", 41, "A42:D44", "=MMULT(TRANSPOSE(A4:C7),F36:I39)")
    array("W1 new", 47, "A48:D50", "=A11:D13-B1*A42:D44")
    array("W2 new", 47, "F48:G51", "=F11:G14-B1*D30:E33")
    return {"Net": cells}


def logistic_regression(rows: int = 12) -> Sheets:
    """A row an example; sums at the top."""
    cells: dict[str, Content] = {
        "A1": "w1", "B1": "w2", "C1": "b", "E1": "η", "A2": 0.3, "B2": -0.2, "C2": 0.1, "E2": 0.5,
        "A5": "x1", "B5": "x2", "C5": "y", "D5": "z", "E5": "p", "F5": "BCE", "G5": "p-y",
    }  # fmt: skip
    last = 5 + rows
    for k, row in enumerate(range(6, last + 1)):
        cells[f"A{row}"], cells[f"B{row}"], cells[f"C{row}"] = (
            (k * 7 % 5) / 4 - 0.4,
            (k * 3 % 7) / 5 - 0.6,
            k * 5 % 3 % 2,
        )
        cells[f"D{row}"] = f"=$A$2*A{row}+$B$2*B{row}+$C$2"
        cells[f"E{row}"] = f"=1/(1+EXP(-D{row}))"
        cells[f"F{row}"] = f"=-(C{row}*LN(E{row})+(1-C{row})*LN(1-E{row}))"
        cells[f"G{row}"] = f"=E{row}-C{row}"
    cells |= {
        "I1": "loss", "I2": f"=SUM(F6:F{last})/COUNT(C6:C{last})",
        "J1": "grad w1", "K1": "grad w2", "L1": "grad b",
        "J2": f"=SUMPRODUCT(G6:G{last},A6:A{last})/{rows}", "K2": f"=SUMPRODUCT(G6:G{last},B6:B{last})/{rows}",
        "L2": f"=SUM(G6:G{last})/{rows}",
        "A3": "=A2-$E$2*J2", "B3": "=B2-$E$2*K2", "C3": "=C2-$E$2*L2",
    }  # fmt: skip
    return {"Logistic": cells}
