"""Defined names: which are legal, and which values get one."""

from __future__ import annotations

import re

from excel_export.graph import Graph, Value

LEARNING_RATE, LOSS, LOSS_AFTER = "learning_rate", "loss", "loss_after"
_LEGAL = re.compile(r"[A-Za-z_][A-Za-z0-9_.]*")
# What a spreadsheet reads as a cell: A1 and R1C1 references in any of their forms.
_CELL = re.compile(r"[A-Za-z]{1,3}\d+|[Rr](\d*)([Cc]\d*)?|[Cc]\d*")


def input_names(graph: Graph) -> dict[Value, str]:
    """Return the name of each input that is a single number, where its own name is a legal one."""
    taken = {LEARNING_RATE, LOSS, LOSS_AFTER, "true", "false"}
    single = [value for value in graph.of_kind("input") if value.data.size == 1]
    return {value: value.name for value in single if is_legal(value.name) and value.name.lower() not in taken}


def is_legal(name: str) -> bool:
    """Whether a spreadsheet accepts it as a defined name."""
    return bool(_LEGAL.fullmatch(name)) and not _CELL.fullmatch(name) and len(name) <= 255
