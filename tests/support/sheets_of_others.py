"""Right sheets in habits that differ in kind from those of `sheet_layouts`: small, one habit each."""

from __future__ import annotations

from collections.abc import Callable

from openpyxl.utils import get_column_letter

from tests.support.sheets_by_hand import Content, Sheets


def rows_of_examples() -> Sheets:
    """Each example has a row with its own error and gradients; the weights are repeated; sums end an epoch."""
    cells: dict[str, Content] = {"A1": "learning rate", "B1": 0.5}
    heads = ["x1", "x2", "t", "w1", "w2", "b", "y", "err", "dE/dw1", "dE/dw2", "dE/db"]
    for epoch in range(3):
        top = 3 + 6 * epoch
        cells |= {f"{get_column_letter(k)}{top}": head for k, head in enumerate(heads, 1)}
        for k in range(3):
            row = top + 1 + k
            cells |= {f"A{row}": (k * 3 % 5) / 4 - 0.3, f"B{row}": (k * 2 % 5) / 3 - 0.4, f"C{row}": k % 2}
            for own, grad, first in (("D", "I", 0.4), ("E", "J", -0.3), ("F", "K", 0.1)):
                before = f"={own}{row - 6}-$B$1*{grad}{row - 3}" if epoch else first
                cells[f"{own}{row}"] = f"={own}{row - 1}" if k else before
            slope = f"2*(G{row}-C{row})*G{row}*(1-G{row})"
            cells |= {
                f"G{row}": f"=1/(1+EXP(-(D{row}*A{row}+E{row}*B{row}+F{row})))", f"H{row}": f"=(C{row}-G{row})^2",
                f"I{row}": f"={slope}*A{row}", f"J{row}": f"={slope}*B{row}", f"K{row}": f"={slope}",
            }  # fmt: skip
        cells |= {f"{at}{top + 4}": f"=SUM({at}{top + 1}:{at}{top + 3})" for at in "HIJK"}
    return {"Epochs": cells}


def steps_to_the_right() -> Sheets:
    """A column a step; Δw stands in a cell of its own and is added; there is no plain gradient."""
    cells: dict[str, Content] = {"A1": "η", "B1": 0.3}
    names = ["x", "t", "w", "b", "v", "h", "o", "E", "δ_o", "δ_h", "Δw", "Δb", "Δv"]
    cells |= {f"A{row}": name for row, name in enumerate(names, 3)}
    for k, col in enumerate("BCDE"):
        before = chr(ord(col) - 1)
        cells |= {f"{col}2": k, f"{col}3": 0.7, f"{col}4": 0.2}
        for row, step, first in ((5, 13, 0.4), (6, 14, -0.2), (7, 15, 0.8)):
            cells[f"{col}{row}"] = f"={before}{row}+{before}{step}" if k else first
        cells |= {
            f"{col}8": f"=TANH({col}5*{col}3+{col}6)", f"{col}9": f"=1/(1+EXP(-{col}7*{col}8))",
            f"{col}10": f"=({col}4-{col}9)^2/2", f"{col}11": f"=({col}9-{col}4)*{col}9*(1-{col}9)",
            f"{col}12": f"={col}11*{col}7*(1-{col}8^2)",
            f"{col}13": f"=-$B$1*{col}12*{col}3", f"{col}14": f"=-$B$1*{col}12", f"{col}15": f"=-$B$1*{col}11*{col}8",
        }  # fmt: skip
    return {"Steps": cells}


def labels_beside_a_zero() -> Sheets:
    """A batch with softmax; a feature is 0 beside one-hot labels; weights in a block, gradients by SUMPRODUCT."""
    cells: dict[str, Content] = {"A1": "lr", "B1": 0.2, "A2": "W", "F2": "dW", "K2": "W next"}
    for k, row in enumerate((3, 4)):
        for j, at in enumerate("ABC"):
            cells[f"{at}{row}"] = round(0.3 * ((k * 3 + j) * 5 % 7) / 3 - 0.4, 3)
            x, d = "AB"[k], "NOP"[j]
            cells[f"{'FGH'[j]}{row}"] = f"=SUMPRODUCT(${x}$7:${x}$10,{d}$7:{d}$10)/4"
            cells[f"{'KLM'[j]}{row}"] = f"={at}{row}-$B$1*{'FGH'[j]}{row}"
    heads = ["x1", "x2", "y1", "y2", "y3", "z1", "z2", "z3", "sum", "p1", "p2", "p3", "CE", "p-y 1", "p-y 2", "p-y 3"]
    cells |= {f"{get_column_letter(k)}6": head for k, head in enumerate(heads, 1)}
    for k, row in enumerate(range(7, 11)):
        cells |= {f"A{row}": (0.5, 0.25, -0.3, 0.8)[k], f"B{row}": (0.4, 0, 1, -0.2)[k]}
        for j in range(3):
            z, p, y, w = "FGH"[j], "JKL"[j], "CDE"[j], "ABC"[j]
            cells |= {
                f"{y}{row}": int(k % 3 == j), f"{z}{row}": f"=$A{row}*{w}$3+$B{row}*{w}$4",
                f"{p}{row}": f"=EXP({z}{row})/$I{row}", f"{'NOP'[j]}{row}": f"={p}{row}-{y}{row}",
            }  # fmt: skip
        cells[f"I{row}"] = f"=EXP(F{row})+EXP(G{row})+EXP(H{row})"
        cells[f"M{row}"] = f"=-SUMPRODUCT(C{row}:E{row},LN(J{row}:L{row}))"
    return {"Softmax": cells | {"O1": "Loss", "P1": "=AVERAGE(M7:M10)"}}


def layer_norm() -> Sheets:
    """x and x̂ are two names; a gradient for each number of a row of columns."""
    heads = ["x", "x-μ", "x̂", "γ", "y", "t", "(y-t)²", "dL/dy", "dL/dγ", "dL/dx̂", "dL/dx"]
    cells: dict[str, Content] = {f"{get_column_letter(k)}3": head for k, head in enumerate(heads, 1)}
    cells |= {"M3": "μ", "M4": "=AVERAGE(A4:A7)", "N3": "σ", "N4": "=SQRT(SUMSQ(B4:B7)/4+0.00001)"}
    cells |= {"O3": "L", "O4": "=SUM(G4:G7)"}
    for k, row in enumerate(range(4, 8)):
        cells |= {
            f"A{row}": (1.2, -0.4, 0.3, 2.1)[k], f"B{row}": f"=A{row}-$M$4", f"C{row}": f"=B{row}/$N$4",
            f"D{row}": (1, 0.8, 1.2, 0.9)[k], f"E{row}": f"=D{row}*C{row}", f"F{row}": (0.5, 0.2, -0.3, 0.9)[k],
            f"G{row}": f"=(E{row}-F{row})^2", f"H{row}": f"=2*(E{row}-F{row})", f"I{row}": f"=H{row}*C{row}",
            f"J{row}": f"=H{row}*D{row}",
            f"K{row}": f"=(J{row}-AVERAGE($J$4:$J$7)-C{row}*SUMPRODUCT($J$4:$J$7,$C$4:$C$7)/4)/$N$4",
        }  # fmt: skip
    return {"Norm": cells}


def pool_of_units_that_are_off() -> Sheets:
    """The largest of two ReLUs; where both are off, both are the largest."""
    cells: dict[str, Content] = {"A2": "z", "D2": "relu", "G2": "pool", "I2": "weight", "K2": "target", "L2": "loss"}
    cells |= {"D8": "d relu", "A8": "d z", "G8": "d pool", "I8": "d weight", "K3": 0.6}
    cells |= {"L3": "=(SUMPRODUCT(G3:G5,I3:I5)-K3)^2", "K8": "d output", "K9": "=2*(SUMPRODUCT(G3:G5,I3:I5)-K3)"}
    for k, row in enumerate(range(3, 6)):
        own = row + 6
        cells |= {
            f"A{row}": (0.5, -0.4, 0.9)[k], f"B{row}": (0.2, 0.8, -0.1)[k], f"D{row}": f"=MAX(0,A{row})",
            f"E{row}": f"=MAX(0,B{row})", f"G{row}": f"=MAX(D{row}:E{row})", f"I{row}": (0.7, -0.5, 0.3)[k],
            f"G{own}": f"=$K$9*I{row}", f"I{own}": f"=$K$9*G{row}", f"D{own}": f"=IF(D{row}=G{row},G{own},0)",
            f"E{own}": f"=IF(E{row}=G{row},G{own},0)", f"A{own}": f"=IF(A{row}>0,D{own},0)",
            f"B{own}": f"=IF(B{row}>0,E{own},0)",
        }  # fmt: skip
    return {"Pool": cells}


def short_headings() -> Sheets:
    """A gate: df and dg are the derivatives by what goes into the gate, as in many drawings of an LSTM."""
    rows: list[tuple[str, Content]] = [
        ("lr", 0.1), ("x", 0.8), ("y", 0.3), ("w", 0.5), ("u", -0.4), ("v", 0.7),
        ("f", "=1/(1+EXP(-B4*B2))"), ("g", "=TANH(B5*B2)"), ("h", "=B7*B8+B6"), ("Loss", "=(B9-B3)^2"),
        ("dh", "=2*(B9-B3)"), ("df", "=B11*B8*B7*(1-B7)"), ("dg", "=B11*B7*(1-B8^2)"),
        ("gradient", "=B12*B2"), ("gradient", "=B13*B2"), ("gradient", "=B11"),
        ("next w", "=B4-$B$1*B14"), ("next u", "=B5-$B$1*B15"), ("next v", "=B6-$B$1*B16"),
    ]  # fmt: skip
    cells: dict[str, Content] = {}
    for row, (name, content) in enumerate(rows, 1):
        cells |= {f"A{row}": name, f"B{row}": content}
    return {"Gate": cells}


def labels_with_signs() -> Sheets:
    """A support vector machine: labels of -1 and 1, the hinge, and a mask in a column of its own."""
    cells: dict[str, Content] = {"A1": "w", "B1": "b", "D1": "λ", "E1": "η", "A2": 1.4, "B2": 0.1}
    cells |= {
        "D2": 0.05,
        "E2": 0.1,
        "G1": "J",
        "G2": "=D2/2*A2^2+AVERAGE(D6:D13)",
        "H1": "∂/∂w",
        "H2": "=D2*A2+AVERAGE(F6:F13)",
    }
    cells |= {"I1": "∂/∂b", "I2": "=AVERAGE(G6:G13)", "A3": "=A2-$E$2*H2", "B3": "=B2-$E$2*I2"}
    heads = ["x", "y", "score", "hinge", "active", "by w", "by b"]
    cells |= {f"{get_column_letter(k)}5": head for k, head in enumerate(heads, 1)}
    for k, row in enumerate(range(6, 14)):
        cells |= {
            f"A{row}": (k * 5 % 7) / 3 - 1, f"B{row}": 1 if k % 2 else -1, f"C{row}": f"=$A$2*A{row}+$B$2",
            f"D{row}": f"=MAX(0,1-B{row}*C{row})", f"E{row}": f"=IF(B{row}*C{row}<1,1,0)",
            f"F{row}": f"=-E{row}*B{row}*A{row}", f"G{row}": f"=-E{row}*B{row}",
        }  # fmt: skip
    return {"SVM": cells}


def sums_in_one_cell() -> Sheets:
    """A line through points: a step is a row, and a sum over all points one cell; two rates, two blocks."""
    cells: dict[str, Content] = {"H1": "x", "I1": "y"}
    for k in range(6):
        cells |= {f"H{k + 2}": 0.3 * k, f"I{k + 2}": 0.2 + 0.25 * k + (k % 2) * 0.1}
    for top, rate in ((1, 0.1), (12, 0.4)):
        cells |= {f"A{top}": "rate", f"B{top}": rate}
        heads = ["k", "m", "c", "MSE", "dMSE/dm", "dMSE/dc"]
        cells |= {f"{get_column_letter(k)}{top + 1}": head for k, head in enumerate(heads, 1)}
        for k in range(4):
            row = top + 2 + k
            rest = f"$I$2:$I$7-B{row}*$H$2:$H$7-C{row}"
            cells |= {
                f"A{row}": k, f"B{row}": f"=B{row - 1}-$B${top}*E{row - 1}" if k else 0.2,
                f"C{row}": f"=C{row - 1}-$B${top}*F{row - 1}" if k else 0, f"D{row}": f"=SUMPRODUCT(({rest})^2)/6",
                f"E{row}": f"=-2*SUMPRODUCT({rest},$H$2:$H$7)/6", f"F{row}": f"=-2*SUMPRODUCT({rest})/6",
            }  # fmt: skip
    return {"Line": cells}


OTHERS: dict[str, Callable[[], Sheets]] = {
    "rows of examples": rows_of_examples,
    "steps to the right": steps_to_the_right,
    "labels beside a zero": labels_beside_a_zero,
    "layer norm": layer_norm,
    "pool": pool_of_units_that_are_off,
    "short headings": short_headings,
    "labels with signs": labels_with_signs,
    "sums in one cell": sums_in_one_cell,
}
