"""Judges gradients of a sheet with a wrong forward pass: they are also right if they fit the corrected one."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from excel_export.shared.a1_notation import Place, place
from spreadsheet_autograd.graph.graph import SpreadsheetGraph

REMARK = "right for the forward pass as it must be"


def repairs_of(result: Mapping[str, Any]) -> dict[str, str]:
    """Return the corrected formulas of the forward pass, such as {'Sheet1!B3': '=A1*2'}; {} if no claim is wrong.

    `result` is the object that `check --json` prints, here {'claims': [{'verdict': 'wrong', …}, …], 'forward':
    [{'cell': 'Sheet1!B3', 'mended': '=A1*2', …}], …}. Without 'forward' it is {}, too.
    """
    if all(claim["verdict"] != "wrong" for claim in result["claims"]):
        return {}
    return {each["cell"]: each["mended"] for each in result.get("forward", []) if each["mended"]}


def edited_graph(graph: SpreadsheetGraph, edits: Mapping[str, str]) -> SpreadsheetGraph:
    """Return a new graph of the workbook with other formulas in some cells; the old one stays as it is.

    `edits` has a formula, with or without '=', by cell: {'Sheet1!B3': '=A1*2'}. Cells that the file lacks are left out.
    """
    cells = dict(graph.contents.cells)
    for cell, formula in edits.items():
        at = _place(cell)
        if at in cells:
            cells[at] = cells[at]._replace(formula=formula.removeprefix("="))
    edited = SpreadsheetGraph(replace(graph.contents, cells=cells))
    edited.leave_out({at: why for at, why in graph.left_out.items() if at in edited.formulas})
    return edited


def verdicts_after_repair(
    claims: Sequence[Mapping[str, Any]], edited: Sequence[Mapping[str, Any]]
) -> list[Mapping[str, Any]]:
    """Return the claims, with wrong ones replaced by their verdict after the forward pass was corrected.

    A wrong claim that is 'right' or 'wrong' in `edited` is taken from there, with the 'value' of `claims`, and if it is
    right with the 'remark' 'right for the forward pass as it must be'. All others stay.

    Args:
        claims: the claims as in JSON, [{'cell': 'S!B6', 'of': 'S!B3', 'verdict': 'wrong', …}].
        edited: the same claims of the corrected sheet, in any order; some may be missing.
    """
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
