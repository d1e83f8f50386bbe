"""Gradients of a sheet whose forward pass has a slip: they are right, too, where they are those of the mended one."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from excel_export.shared.a1_notation import Place, place
from spreadsheet_autograd.graph.graph import SpreadsheetGraph

REMARK = "right for the forward pass as it must be"


def repairs_of(found: Mapping[str, Any]) -> dict[str, str]:
    """The formulas that mend the forward pass, by their cells, where a gradient is wrong without them."""
    if all(claim["verdict"] != "wrong" for claim in found["claims"]):
        return {}
    return {each["cell"]: each["mended"] for each in found.get("forward", []) if each["mended"]}


def edited_graph(graph: SpreadsheetGraph, edits: Mapping[str, str]) -> SpreadsheetGraph:
    """Return the graph with other formulas in some of its cells; what is left out of it stays so."""
    cells = dict(graph.contents.cells)
    for cell, formula in edits.items():
        at = _place(cell)
        if at in cells:
            cells[at] = cells[at]._replace(formula=formula.removeprefix("="))
    edited = SpreadsheetGraph(replace(graph.contents, cells=cells))
    edited.leave_out({at: why for at, why in graph.left_out.items() if at in edited.formulas})
    return edited


def held_against_both(
    claims: Sequence[Mapping[str, Any]], edited: Sequence[Mapping[str, Any]]
) -> list[Mapping[str, Any]]:
    """The claims, of which those that are wrong are judged as those of the mended forward pass."""
    others = {(claim["cell"], claim["of"]): claim for claim in edited}

    def held(claim: Mapping[str, Any]) -> Mapping[str, Any]:
        other = others.get((claim["cell"], claim["of"]), claim)
        if claim["verdict"] != "wrong" or other["verdict"] not in ("right", "wrong"):
            return claim
        remark = {"remark": REMARK} if other["verdict"] == "right" else {}
        return {**other, "value": claim["value"], **remark}

    return [held(claim) for claim in claims]


def _place(cell: str) -> Place:
    sheet, _, name = cell.rpartition("!")
    return (sheet, *place(name))
