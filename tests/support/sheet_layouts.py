"""More sheets of backpropagation as students build them, in many layouts; each of them is right."""

from __future__ import annotations

import re
from collections.abc import Callable

from openpyxl.utils import get_column_letter

from tests.support.sheets_by_hand import (
    GIVEN,
    SIGMOID_ROW,
    WEIGHTS,
    Content,
    Sheets,
    blocks_of_matrices,
    column_of_neurons,
    logistic_regression,
    one_row_a_step,
)

_WORD = re.compile(r"(?<![\w∂/$!\[])([A-Za-z_]+\d?|E_total)(?![\w(])")


def hand_in(
    steps: int = 4, rate: float = 0.5, first: int = 23, prefix: str = "∂E_total/∂", table: str = ""
) -> dict[str, Content]:
    """The 2-2-2 hand-in: each weight stands before what it leads to, equations as text stand above."""
    heads = ["t1", "t2", "i1", "i2", "w1", "w2", "w3", "w4", "h1", "a_h1", "h2", "a_h2", "w5", "w6", "w7", "w8",
             "o1", "a_o1", "o2", "a_o2", "E1", "E2", "E_total", *(f"{prefix}w{k}" for k in range(1, 9))]  # fmt: skip
    formulas = {head.replace("∂E/∂", prefix): text for head, text in SIGMOID_ROW.items()}
    column = {head: get_column_letter(k) for k, head in enumerate(heads, 2)}
    cells: dict[str, Content] = {
        "B2": "Backpropagation", "B4": "h1 = w1*i1 + w2*i2", "B5": "a_h1 = σ(h1) = 1/(1+exp(-h1))",
        "B6": "E_total = E1 + E2", "F4": "∂E_total/∂w5 = ∂(E1+E2)/∂w5", "F5": "∂E1/∂w5 = (a_o1 - t1) * …",
        "R3": "Learning Rate", "S3": rate,
    }  # fmt: skip
    cells |= {f"{column[head]}{first - 1}": head for head in heads}
    for row in range(first, first + steps):
        for head in heads:
            at = f"{column[head]}{row}"
            if head in GIVEN:
                cells[at] = GIVEN[head] if row == first else f"={column[head]}{row - 1}"
            elif head in formulas:
                text = formulas[head]

                def reference(match: re.Match[str], row: int = row) -> str:
                    name = match[1]
                    if name not in column:
                        return name
                    return f"{table}[[#This Row],[{name}]]" if table else f"{column[name]}{row}"

                cells[at] = "=" + _WORD.sub(reference, text)
            elif row == first:
                cells[at] = WEIGHTS[int(head[1]) - 1]
            else:
                cells[at] = f"={column[head]}{row - 1}-$S$3*{column[prefix + head]}{row - 1}"
    return cells


def one_hand_in() -> Sheets:
    """The hand-in on one sheet."""
    return {"Sheet1": hand_in(prefix="dE/d")}


def a_table() -> Sheets:
    """The hand-in as a table of Excel's, whose formulas name columns: Steps[[#This Row],[w1]]."""
    cells = hand_in(table="Steps")
    corners = [at for at, content in cells.items() if content in ("t1", "∂E_total/∂w8")]
    return {"Sheet1": cells | {"table Steps": f"{corners[0]}:{corners[-1].rstrip('0123456789')}26"}}


def a_sheet_a_rate() -> Sheets:
    """The same on a sheet for each learning rate."""
    return {f"LR {rate}": hand_in(2, rate) for rate in (0.1, 0.5, 2.0)}


def named_cells(sheet: str, rows: list[tuple[str, Content]], *, across: int = 0) -> Sheets:
    """Names in one column, values in the next; formulas are written with the names."""
    cells: dict[str, Content] = {}
    where = {}
    for k, (name, _) in enumerate(rows):
        column, row = (k // across * 3 + 1, k % across + 2) if across else (1, k + 2)
        where[name] = f"{get_column_letter(column + 1)}{row}"
        cells[f"{get_column_letter(column)}{row}"] = name
    for name, content in rows:
        if isinstance(content, str) and content.startswith("="):
            content = _WORD.sub(lambda match: where.get(match[1], match[1]), content)
        cells[where[name]] = content
    return {sheet: cells}


def chain_rule_cell_by_cell() -> Sheets:
    """Each factor of the chain rule in a cell of its own, in three columns."""
    rows: list[tuple[str, Content]] = [
        ("x1", 0.35), ("x2", 0.9), ("t1", 0.5), ("w1", 0.1), ("w2", 0.8), ("w3", 0.4), ("w4", 0.6), ("w5", 0.3),
        ("w6", 0.9), ("eta", 1.0),
        ("h1", "=w1*x1+w2*x2"), ("h2", "=w3*x1+w4*x2"), ("a1", "=1/(1+EXP(-h1))"), ("a2", "=1/(1+EXP(-h2))"),
        ("o1", "=w5*a1+w6*a2"), ("y1", "=1/(1+EXP(-o1))"), ("E", "=(t1-y1)^2/2"),
        ("∂E/∂y1", "=-(t1-y1)"), ("∂y1/∂o1", "=y1*(1-y1)"), ("∂o1/∂w5", "=a1"), ("∂o1/∂w6", "=a2"),
        ("∂o1/∂a1", "=w5"), ("∂o1/∂a2", "=w6"), ("∂a1/∂h1", "=a1*(1-a1)"), ("∂a2/∂h2", "=a2*(1-a2)"),
        ("∂h1/∂w1", "=x1"), ("∂h1/∂w2", "=x2"), ("∂h2/∂w3", "=x1"), ("∂h2/∂w4", "=x2"),
    ]  # fmt: skip
    sheet = named_cells("Tabelle1", rows, across=10)["Tabelle1"]
    at = {content: name for name, content in sheet.items() if isinstance(content, str) and not content.startswith("=")}

    def value(name: str) -> str:
        label = at[name]
        column, row = label.rstrip("0123456789"), label.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
        return chr(ord(column) + 1) + row

    products = {
        "w5": ("∂E/∂y1", "∂y1/∂o1", "∂o1/∂w5"), "w6": ("∂E/∂y1", "∂y1/∂o1", "∂o1/∂w6"),
        "w1": ("∂E/∂y1", "∂y1/∂o1", "∂o1/∂a1", "∂a1/∂h1", "∂h1/∂w1"),
        "w2": ("∂E/∂y1", "∂y1/∂o1", "∂o1/∂a1", "∂a1/∂h1", "∂h1/∂w2"),
        "w3": ("∂E/∂y1", "∂y1/∂o1", "∂o1/∂a2", "∂a2/∂h2", "∂h2/∂w3"),
        "w4": ("∂E/∂y1", "∂y1/∂o1", "∂o1/∂a2", "∂a2/∂h2", "∂h2/∂w4"),
    }  # fmt: skip
    for k, (name, factors) in enumerate(products.items(), 2):
        sheet[f"K{k}"], sheet[f"L{k}"] = f"∂E/∂{name}", "=" + "*".join(map(value, factors))
        sheet[f"N{k}"], sheet[f"O{k}"] = f"{name} new", f"={value(name)}-{value('eta')}*L{k}"
    return {"Tabelle1": sheet}


def german() -> Sheets:
    """German headings, a step in a row, one neuron with tanh and one without."""
    heads = ["Schritt", "x", "Ziel", "w1", "b1", "w2", "b2", "z", "a", "y", "Fehler", "Ableitung nach w1",
             "Ableitung nach b1", "Ableitung nach w2", "Ableitung nach b2"]  # fmt: skip
    cells: dict[str, Content] = {"A1": "Lernrate", "B1": 0.2}
    cells |= {f"{get_column_letter(k)}3": head for k, head in enumerate(heads, 1)}
    for k, row in enumerate(range(4, 8)):
        cells[f"A{row}"], cells[f"B{row}"], cells[f"C{row}"] = k, 0.7 - 0.3 * k, 0.4 + 0.2 * k
        if k == 0:
            cells |= {"D4": 0.5, "E4": -0.1, "F4": 1.2, "G4": 0.3}
        else:
            for parameter, gradient in zip("DEFG", "LMNO", strict=True):
                cells[f"{parameter}{row}"] = f"={parameter}{row - 1}-$B$1*{gradient}{row - 1}"
        cells |= {
            f"H{row}": f"=D{row}*B{row}+E{row}", f"I{row}": f"=TANH(H{row})", f"J{row}": f"=F{row}*I{row}+G{row}",
            f"K{row}": f"=(J{row}-C{row})^2",
            f"L{row}": f"=2*(J{row}-C{row})*F{row}*(1-I{row}^2)*B{row}",
            f"M{row}": f"=2*(J{row}-C{row})*F{row}*(1-I{row}^2)",
            f"N{row}": f"=2*(J{row}-C{row})*I{row}", f"O{row}": f"=2*(J{row}-C{row})",
        }  # fmt: skip
    return {"Übung": cells}


def relu_and_softmax() -> Sheets:
    """3-4-2 with ReLU, softmax and cross-entropy for one example; sums of products over ranges, no array formulas."""
    cells: dict[str, Content] = {"A1": "lr", "B1": 0.05, "A3": "x", "A4": 1.0, "A5": -0.5, "A6": 2.0}
    w1 = [[0.2, -0.3, 0.5], [-0.6, 0.4, 0.1], [0.7, 0.2, -0.4], [0.1, 0.9, 0.3]]
    w2 = [[0.5, -0.2, 0.3, 0.8], [-0.4, 0.6, 0.1, -0.3]]
    cells |= {"C3": "W1", "G3": "b1", "I3": "z1", "J3": "h", "L3": "W2", "Q3": "b2", "S3": "z2", "T3": "exp", "U3": "p",
              "V3": "y", "X3": "loss", "X4": "=-SUMPRODUCT(V4:V5,LN(U4:U5))"}  # fmt: skip
    for k, row in enumerate(range(4, 8)):
        for j, value in enumerate(w1[k]):
            cells[f"{'CDE'[j]}{row}"] = value
        cells[f"G{row}"] = 0.1 * k - 0.15
        cells[f"I{row}"] = f"=C{row}*$A$4+D{row}*$A$5+E{row}*$A$6+G{row}"
        cells[f"J{row}"] = f"=MAX(0,I{row})"
    for k, row in enumerate((4, 5)):
        for j, value in enumerate(w2[k]):
            cells[f"{'LMNO'[j]}{row}"] = value
        cells[f"Q{row}"] = (0.05, -0.1)[k]
        cells[f"S{row}"] = f"=L{row}*$J$4+M{row}*$J$5+N{row}*$J$6+O{row}*$J$7+Q{row}"
        cells[f"T{row}"], cells[f"U{row}"] = f"=EXP(S{row})", f"=T{row}/SUM($T$4:$T$5)"
        cells[f"V{row}"] = (0, 1)[k]
    cells |= {"S11": "dL/dz2", "L11": "dL/dW2", "Q11": "dL/db2", "J11": "dL/dh", "I11": "dL/dz1", "C11": "dL/dW1",
              "G11": "dL/db1"}  # fmt: skip
    for row in (12, 13):
        cells[f"S{row}"] = f"=U{row - 8}-V{row - 8}"
        for j, letter in enumerate("LMNO"):
            cells[f"{letter}{row}"] = f"=$S{row}*$J${4 + j}"
        cells[f"Q{row}"] = f"=S{row}"
    for k, row in enumerate(range(12, 16)):
        cells[f"J{row}"] = f"=SUMPRODUCT($S$12:$S$13,{'LMNO'[k]}$4:{'LMNO'[k]}$5)"
        cells[f"I{row}"] = f"=IF(I{row - 8}>0,J{row},0)"
        for j, letter in enumerate("CDE"):
            cells[f"{letter}{row}"] = f"=$I{row}*$A${4 + j}"
        cells[f"G{row}"] = f"=I{row}"
    for first, last, letters in ((20, 24, "CDEG"), (20, 22, "LMNOQ")):
        for row in range(first, last):
            for letter in letters:
                cells[f"{letter}{row}"] = f"={letter}{row - 16}-$B$1*{letter}{row - 8}"
    cells |= {"C19": "W1 new", "G19": "b1 new", "L19": "W2 new", "Q19": "b2 new"}
    return {"Netz": cells}


def convolution() -> Sheets:
    """A 5 × 5 picture, one kernel of 3 × 3, ReLU, a linear layer and the squared error."""
    cells: dict[str, Content] = {"A1": "Image", "G1": "kernel", "G6": "bias", "G7": 0.1, "K1": "conv", "O1": "relu",
                                 "S1": "V", "W1": "out", "W4": "target", "W5": 0.8, "W7": "Loss"}  # fmt: skip
    for i in range(5):
        for j in range(5):
            cells[f"{'ABCDE'[j]}{2 + i}"] = float((i * 3 + j * 5) % 7) / 6
    for i in range(3):
        for j in range(3):
            cells[f"{'GHI'[j]}{2 + i}"] = ((i * 4 + j * 7) % 9 - 4) / 5
            top, left = 2 + i, "ABCDE"[j]
            cells[f"{'KLM'[j]}{2 + i}"] = f"=SUMPRODUCT({left}{top}:{'ABCDE'[j + 2]}{top + 2},$G$2:$I$4)+$G$7"
            cells[f"{'OPQ'[j]}{2 + i}"] = f"=MAX({'KLM'[j]}{2 + i},0)"
            cells[f"{'STU'[j]}{2 + i}"] = ((i * 5 + j * 2) % 8 - 3) / 7
    cells |= {"W2": "=SUMPRODUCT(O2:Q4,S2:U4)", "W8": "=(W2-W5)^2"}
    cells |= {"W11": "dL/dout", "W12": "=2*(W2-W5)", "S11": "dL/dV", "O11": "dL/drelu", "K11": "dL/dconv",
              "G11": "dL/dkernel", "G16": "dL/dbias", "G17": "=SUM(K12:M14)"}  # fmt: skip
    for i in range(3):
        for j in range(3):
            row, k, o, s = 12 + i, "KLM"[j], "OPQ"[j], "STU"[j]
            cells[f"{s}{row}"] = f"=$W$12*{o}{2 + i}"
            cells[f"{o}{row}"] = f"=$W$12*{s}{2 + i}"
            cells[f"{k}{row}"] = f"={o}{row}*({k}{2 + i}>0)"
            top, left = 2 + i, "ABCDE"[j]
            cells[f"{'GHI'[j]}{row}"] = f"=SUMPRODUCT({left}{top}:{'ABCDE'[j + 2]}{top + 2},$K$12:$M$14)"
    return {"Conv": cells}


def attention() -> Sheets:
    """One head of attention over three tokens, in array formulas."""
    cells: dict[str, Content] = {}

    def numbers(title: str, row: int, col: int, values: list[list[float]]) -> None:
        cells[f"{get_column_letter(col)}{row}"] = title
        for i, line in enumerate(values, 1):
            for j, value in enumerate(line):
                cells[f"{get_column_letter(col + j)}{row + i}"] = value

    def array(title: str, area: str, formula: str) -> None:
        first = area.partition(":")[0]
        cells[re.sub(r"\d+", lambda match: str(int(match[0]) - 1), first)] = title
        cells[first] = (area, formula)

    numbers("X", 1, 1, [[0.3, -0.8], [1.1, 0.4], [-0.5, 0.9]])
    numbers("Wq", 1, 4, [[0.5, 0.2], [-0.3, 0.7]])
    numbers("Wk", 1, 7, [[0.1, -0.6], [0.8, 0.3]])
    numbers("Wv", 1, 10, [[-0.4, 0.9], [0.6, 0.25]])
    numbers("T", 1, 13, [[0.2, 0.1], [0.0, 0.5], [-0.3, 0.7]])
    array("Q", "A7:B9", "=MMULT(A2:B4,D2:E3)")
    array("K", "D7:E9", "=MMULT(A2:B4,G2:H3)")
    array("V", "G7:H9", "=MMULT(A2:B4,J2:K3)")
    array("S", "J7:L9", "=MMULT(A7:B9,TRANSPOSE(D7:E9))/SQRT(2)")
    array("exp(S)", "N7:P9", "=EXP(J7:L9)")
    cells["R6"] = "A"
    for row in (7, 8, 9):
        for j in range(3):
            cells[f"{'RST'[j]}{row}"] = f"={'NOP'[j]}{row}/SUM($N{row}:$P{row})"
    array("O", "V7:W9", "=MMULT(R7:T9,G7:H9)")
    cells |= {"Y6": "loss", "Y7": "=SUMXMY2(V7:W9,M2:N4)/6"}
    array("dO", "V13:W15", "=2*(V7:W9-M2:N4)/6")
    array("dA", "R13:T15", "=MMULT(V13:W15,TRANSPOSE(G7:H9))")
    array("dV", "G13:H15", "=MMULT(TRANSPOSE(R7:T9),V13:W15)")
    cells["J12"] = "dS"
    for row in (13, 14, 15):
        for j in range(3):
            a, da = f"{'RST'[j]}{row - 6}", f"{'RST'[j]}{row}"
            cells[f"{'JKL'[j]}{row}"] = f"={a}*({da}-SUMPRODUCT($R{row - 6}:$T{row - 6},$R{row}:$T{row}))"
    array("dQ", "A13:B15", "=MMULT(J13:L15,D7:E9)/SQRT(2)")
    array("dK", "D13:E15", "=MMULT(TRANSPOSE(J13:L15),A7:B9)/SQRT(2)")
    array("dWq", "A19:B20", "=MMULT(TRANSPOSE(A2:B4),A13:B15)")
    array("dWk", "D19:E20", "=MMULT(TRANSPOSE(A2:B4),D13:E15)")
    array("dWv", "G19:H20", "=MMULT(TRANSPOSE(A2:B4),G13:H15)")
    return {"Attention": cells}


def two_sheets() -> Sheets:
    """The forward pass on one sheet, the gradients on another; three neurons with tanh in columns."""
    forward: dict[str, Content] = {
        "A1": "x", "B1": "w", "C1": "b", "D1": "z", "E1": "a", "F1": "v", "H1": "y", "I1": "target", "J1": "MSE",
        "A2": 0.4, "A3": -0.7, "A4": 1.3, "I2": 0.25,
        "H2": "=SUMPRODUCT(E2:E4,F2:F4)", "J2": "=(H2-I2)^2",
    }  # fmt: skip
    backward: dict[str, Content] = {
        "A1": "dMSE/dy", "A2": "=2*(Forward!H2-Forward!I2)", "B1": "dMSE/dv", "C1": "dMSE/da", "D1": "dMSE/dz",
        "E1": "dMSE/dw", "F1": "dMSE/db",
    }  # fmt: skip
    for row, (w, b, v) in enumerate(((0.5, 0.1, 0.9), (-1.1, 0.2, 0.6), (0.8, -0.3, -0.7)), 2):
        forward |= {f"B{row}": w, f"C{row}": b, f"F{row}": v, f"D{row}": f"=A{row}*B{row}+C{row}",
                    f"E{row}": f"=TANH(D{row})"}  # fmt: skip
        backward |= {
            f"B{row}": f"=$A$2*Forward!E{row}", f"C{row}": f"=$A$2*Forward!F{row}",
            f"D{row}": f"=C{row}*(1-Forward!E{row}^2)", f"E{row}": f"=D{row}*Forward!A{row}", f"F{row}": f"=D{row}",
        }  # fmt: skip
    return {"Forward": forward, "Backward": backward}


def learning_rule(rule: str) -> Sheets:
    """A line through one point after the other, a step in a row: with momentum, Adam or weight decay."""
    cells: dict[str, Content] = {"A1": "learning rate", "B1": 0.1, "C1": "beta1", "D1": 0.9, "E1": "beta2", "F1": 0.99,
                                 "G1": "lambda", "H1": 0.01, "I1": "epsilon", "J1": 1e-8}  # fmt: skip
    heads = ["t", "x", "target", "w", "b", "y", "loss", "dL/dw", "dL/db"]
    if rule == "momentum":
        heads += ["velocity w", "velocity b"]
    if rule == "adam":
        heads += ["m w", "m b", "v w", "v b", "m̂ w", "m̂ b", "v̂ w", "v̂ b"]
    cells |= {f"{get_column_letter(k)}3": head for k, head in enumerate(heads, 1)}
    for k, row in enumerate(range(4, 9)):
        before = row - 1
        cells |= {
            f"A{row}": k + 1, f"B{row}": 0.5 + 0.4 * k, f"C{row}": 1.0 - 0.3 * k,
            f"F{row}": f"=D{row}*B{row}+E{row}", f"G{row}": f"=0.5*(F{row}-C{row})^2",
            f"H{row}": f"=(F{row}-C{row})*B{row}", f"I{row}": f"=F{row}-C{row}",
        }  # fmt: skip
        for own, grad, m, v, mh, vh in (("D", "H", "J", "L", "N", "P"), ("E", "I", "K", "M", "O", "Q")):
            first = {"D": 0.7, "E": -0.2}[own]
            if rule == "momentum":
                cells[f"{m}{row}"] = f"=$D$1*{m}{before}+{grad}{row}" if k else f"={grad}{row}"
                cells[f"{own}{row}"] = f"={own}{before}-$B$1*{m}{before}" if k else first
            elif rule == "decay":
                cells[f"{own}{row}"] = f"={own}{before}-$B$1*({grad}{before}+$H$1*{own}{before})" if k else first
            else:
                cells[f"{m}{row}"] = f"=$D$1*{m}{before}+(1-$D$1)*{grad}{row}" if k else f"=(1-$D$1)*{grad}{row}"
                cells[f"{v}{row}"] = f"=$F$1*{v}{before}+(1-$F$1)*{grad}{row}^2" if k else f"=(1-$F$1)*{grad}{row}^2"
                cells[f"{mh}{row}"], cells[f"{vh}{row}"] = f"={m}{row}/(1-$D$1^A{row})", f"={v}{row}/(1-$F$1^A{row})"
                cells[f"{own}{row}"] = f"={own}{before}-$B$1*{mh}{before}/(SQRT({vh}{before})+$J$1)" if k else first
    return {rule: cells}


LAYOUTS: dict[str, Callable[[], Sheets]] = {
    "row": one_row_a_step,
    "hand-in": one_hand_in,
    "a sheet a rate": a_sheet_a_rate,
    "table": a_table,
    "matrices": blocks_of_matrices,
    "column": column_of_neurons,
    "cell by cell": chain_rule_cell_by_cell,
    "german": german,
    "softmax": relu_and_softmax,
    "convolution": convolution,
    "logistic": lambda: logistic_regression(100),
    "attention": attention,
    "two sheets": two_sheets,
    "momentum": lambda: learning_rule("momentum"),
    "adam": lambda: learning_rule("adam"),
    "decay": lambda: learning_rule("decay"),
}
