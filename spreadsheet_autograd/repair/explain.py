"""Finds the mistakes behind wrong claims, and the claims that are parts of a gradient or mean something else."""

from collections.abc import Collection, Iterator, Sequence
from time import process_time

from excel_export.shared.a1_notation import Place
from excel_export.shared.grouped import grouped
from spreadsheet_autograd.advice import MORE_TIME_FOR_GRADIENTS
from spreadsheet_autograd.find.claims import Claim
from spreadsheet_autograd.find.updates import Update
from spreadsheet_autograd.graph.graph import SpreadsheetGraph
from spreadsheet_autograd.graph.tolerance import nearly_equal
from spreadsheet_autograd.judge.verdicts import RIGHT, UNKNOWN, WRONG, Verdict
from spreadsheet_autograd.repair.edit import Kind, Repair
from spreadsheet_autograd.repair.search import Search
from spreadsheet_autograd.repair.ways import Ways
from spreadsheet_autograd.roles.matches import number_of_claim

NO_TIME = f"no time to tell whether it is a part of it: {MORE_TIME_FOR_GRADIENTS}"


def explain(
    graph: SpreadsheetGraph,
    states: Collection[Place],
    verdicts: Sequence[Verdict],
    updates: Sequence[Update],
    seconds: float,
) -> tuple[list[Verdict], dict[Claim, Repair]]:
    """Find the mistakes behind wrong claims, and drop the claims whose headings mean something else.

    For B6 `=(B4-B2)*B1` in place of `=2*(B4-B2)*B1` the repairs are {B6 by B3: Repair(B6, …)}. A heading such as dz may
    mean the derivative by z or by the input of z. So it counts as wrong only if claims that depend on it are wrong as
    well, and one mistake explains both.

    Args:
        graph: the workbook.
        states: the parameters of all steps.
        verdicts: the verdicts on all claims; some of them are changed.
        updates: the formulas w − rate · gradient.
        seconds: the processor time for the search.

    Returns:
        The verdicts that remain, and the repairs by their claims; claims without a known repair aren't in them.
    """
    end = process_time() + seconds
    short = _doubtful(graph, states, verdicts, updates)
    ways = Ways(graph, states)
    for verdict in _parts(graph, states, verdicts):
        if process_time() >= end:
            verdict.kind, verdict.remark = UNKNOWN, NO_TIME
            continue
        way = ways.way_of(verdict)
        if way and way.kind == Kind.WAY_ALONE:
            verdict.kind, verdict.remark = RIGHT, "a part of it, which the whole adds up"
    repairs = Search(graph, states, verdicts, ways=ways, seconds=end - process_time()).repairs(short)
    at = {repair.cell: repair for repair in repairs.values()}
    for verdict in verdicts:
        if verdict.kind == WRONG and verdict.claim not in repairs and verdict.claim.cell in at:
            repairs[verdict.claim] = at[verdict.claim.cell]  # a part of a gradient whose repair makes it right too
    return [verdict for verdict in verdicts if verdict not in short or verdict.claim in repairs], repairs


def _parts(graph: SpreadsheetGraph, states: Collection[Place], verdicts: Sequence[Verdict]) -> Iterator[Verdict]:
    """Yield the wrong claims that another one by the same parameter reads, as a sum over all examples does."""
    wholes = grouped(verdicts, lambda verdict: graph.repeated(verdict.claim.of))
    for verdict in verdicts:
        if verdict.kind == WRONG:
            cell = verdict.claim.cell
            behind = graph.descendants(cell, states) - {cell}
            if any(each.claim.cell in behind for each in wholes[graph.repeated(verdict.claim.of)]):
                yield verdict


def _doubtful(
    graph: SpreadsheetGraph, states: Collection[Place], verdicts: Sequence[Verdict], updates: Sequence[Update]
) -> list[Verdict]:
    """Return the wrong claims with a heading such as dz, by computed cells; [] if no other claim depends on them."""
    used = {update.cell for update in updates}
    as_said = {verdict.claim.sheet_and_heading for verdict in verdicts if verdict.kind == RIGHT}
    found = [
        verdict
        for verdict in verdicts
        if verdict.kind == WRONG and verdict.claim.is_short and verdict.claim.cell not in used
        and not _is_multiple(verdict)
        and verdict.claim.sheet_and_heading not in as_said
        and graph.is_formula(graph.repeated(verdict.claim.of)) and graph.repeated(verdict.claim.of) not in states
    ]  # fmt: skip
    firm = {verdict.claim.cell for verdict in verdicts if verdict not in found}
    lead = (graph.descendants(verdict.claim.cell, states) for verdict in found)
    return found if not all(map(firm.isdisjoint, lead)) else []


def _is_multiple(verdict: Verdict) -> bool:
    """Return whether a claim is a fixed multiple of the derivative: a wrong sign or factor, and no other meaning."""
    for points, truths in verdict.tries:
        pairs = [
            (number, truth)
            for point, truth in zip(points, truths, strict=True)
            if truth and (number := number_of_claim(point, verdict.claim)) is not None
        ]
        if pairs and all(nearly_equal(number * pairs[0][1], truth * pairs[0][0]) for number, truth in pairs):
            return True
    return False
